using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Weir.Data.Commands;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Tests.Commands;

public sealed class CommandTests
{
    private static async Task<int> Run(CancellationToken cancel, params string[] arguments)
    {
        var root = new RootCommand { CurateCommand.Create(), TokenizeCommand.Create(), DatasetReportCommand.Create() };
        return await root.Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancel);
    }

    private static Task<int> Run(params string[] arguments) => Run(TestContext.Current.CancellationToken, arguments);

    private static string Corpus(int count) =>
        string.Concat(Enumerable.Range(0, count).Select(i => Scratch.Line($"document number {i}: 水流 {i * 7}")));

    [Fact]
    public async Task Curate_tokenize_and_report_work_in_a_row_and_leave_complete_run_folders()
    {
        using var scratch = new Scratch();
        scratch.Write("in/a.jsonl.zst", Corpus(500));
        Assert.Equal(0, await Run("curate", scratch["in"], "--run", scratch["run1"], "--json", scratch["r1.json"]));
        var run = RunFolder.TryRead(scratch["run1"])!;
        Assert.Equal((RunStates.Done, "curate"), (run.State, run.Verb));
        var dataset = Assert.Single(run.Outputs);
        Assert.Equal(("in", ArtifactKinds.Dataset), (dataset.Name, dataset.Kind));
        Assert.Equal(ArtifactTree.Scan("", "", scratch["run1/outputs/in"]).Digest, dataset.Digest);
        Assert.Equal(500, (long)run.Summary["documentsKept"]!);
        Assert.Equal(500, (long)JsonNode.Parse(File.ReadAllText(scratch["r1.json"]))!["documentsRead"]!);

        scratch.Write("t.yaml", "tokenizer: {train: {vocabulary: 320}}\n"
            + "datasets: [{path: run1/outputs/in, name: corpus}]\n");
        Assert.Equal(0, await Run("tokenize", scratch["t.yaml"], "--run", scratch["run2"], "--json",
            scratch["r2.json"]));
        run = RunFolder.TryRead(scratch["run2"])!;
        Assert.Equal([("tokenizer", ArtifactKinds.Tokenizer), ("corpus", ArtifactKinds.Tokens)],
            run.Outputs.Select(o => (o.Name, o.Kind)));
        Assert.Equal(["corpus", "tokenizer"], Directory.GetFileSystemEntries(scratch["run2/outputs"])
            .Select(Path.GetFileName).Order());
        Assert.True((long)run.Summary["tokens"]! > 500);
        Assert.Contains(File.ReadAllLines(scratch["run2/metrics.jsonl"]), l => l.Contains("\"progress\",\"value\":1"));

        scratch.Write("t2.yaml", "tokenizer: {path: run2/outputs/tokenizer}\n"
            + "datasets: [{path: run1/outputs/in, name: corpus}]\n");
        Assert.Equal(0, await Run("tokenize", scratch["t2.yaml"], "--out", scratch["again"]));
        Assert.Equal(scratch.FileDigests("run2/outputs"), scratch.FileDigests("again"));

        Assert.Equal(0, await Run("report", scratch["again/corpus"], "--json", scratch["m.json"]));
        Assert.Equal(DatasetForms.Tokens, (string)JsonNode.Parse(File.ReadAllText(scratch["m.json"]))!["form"]!);
    }

    [Fact]
    public async Task Out_receives_the_dataset_itself_and_an_occupied_folder_is_refused()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(10));
        Assert.Equal(0, await Run("curate", scratch["a.jsonl"], "--out", scratch["deep/out"]));
        Assert.True(File.Exists(scratch["deep/out/manifest.json"]));
        var error = await Assert.ThrowsAsync<UserErrorException>(() =>
            Run("curate", scratch["a.jsonl"], "--out", scratch["deep/out"]));
        Assert.Equal(ExitCodes.WrongUsage, error.ExitCode);
    }

    [Fact]
    public async Task Strict_fails_on_the_first_error_and_publishes_nothing()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(10) + "{broken\n" + Corpus(10));
        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => Run("curate", scratch["a.jsonl"], "--run", scratch["run"], "--strict"));
        Assert.Equal(ExitCodes.Failed, error.ExitCode);
        Assert.Contains("a.jsonl:11", error.Message);
        Assert.Contains("--strict", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["run/outputs"]));
        var run = RunFolder.TryRead(scratch["run"])!;
        Assert.Equal(RunStates.Failed, run.State);
        Assert.Contains("a.jsonl:11", run.Error);
        Assert.Equal(0, await Run("curate", scratch["a.jsonl"], "--run", scratch["run"]));
        Assert.Equal(RunStates.Done, RunFolder.TryRead(scratch["run"])!.State);
    }

    [Theory]
    [InlineData("curate")]
    [InlineData("tokenize")]
    public async Task Cancelling_in_the_middle_leaves_nothing_half_done_and_a_rerun_starts_clean(string verb)
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(200_000));
        scratch.Write("t.yaml", "tokenizer: {train: {vocabulary: 300, maximumBytes: 10000}}\n"
            + "datasets: [{path: data, name: corpus}]\n");
        if (verb == "tokenize") Assert.Equal(0, await Run("curate", scratch["a.jsonl"], "--out", scratch["data"]));
        var what = verb == "curate" ? scratch["a.jsonl"] : scratch["t.yaml"];
        // What a killed process would have left.
        scratch.Write($"run/outputs/.partial-{(verb == "curate" ? "a" : "parts")}/train-00000.jsonl.zst",
            "rest of a killed process");

        using var cancel = new CancellationTokenSource();
        var watching = Task.Run(() => CancelWhenUnderWay(scratch["run/outputs"], cancel));
        Assert.Equal(ExitCodes.Interrupted, await Run(cancel.Token, verb, what, "--run", scratch["run"]));
        await watching;
        Assert.Empty(Directory.GetFileSystemEntries(scratch["run/outputs"]));
        Assert.Equal(RunStates.Interrupted, RunFolder.TryRead(scratch["run"])!.State);

        Assert.Equal(0, await Run(verb, what, "--run", scratch["run"]));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(scratch["run/outputs"]), f =>
            Path.GetFileName(f).StartsWith(".partial"));
    }

    /// <summary>Under way: a shard has begun (curate), or the tokenizer is there and the shards are not
    /// (tokenize).</summary>
    private static async Task CancelWhenUnderWay(string outputs, CancellationTokenSource cancel)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(1))
        {
            if (!Directory.Exists(outputs)) continue;
            var files = Directory.EnumerateFiles(outputs, "*", SearchOption.AllDirectories).Select(f =>
                new FileInfo(f));
            if (files.Any(f => f.Name is "tokenizer.json"
                || (f.Name.EndsWith("-00000.jsonl.zst") && f.Exists && f.Length is 0 or > 100))) break;
        }
        await cancel.CancelAsync();
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_an_error_that_names_it()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(10));
        var blocked = scratch.Write("file", "not a folder");
        var error = await Assert.ThrowsAsync<UserErrorException>(() =>
            Run("curate", scratch["a.jsonl"], "--out", blocked + "/out"));
        Assert.Contains(blocked, error.Message);
        error = await Assert.ThrowsAsync<UserErrorException>(() =>
            Run("curate", scratch["a.jsonl"], "--run", blocked + "/run"));
        Assert.Contains(blocked, error.Message);
    }

    [Fact]
    public async Task Report_on_something_else_says_what_to_do()
    {
        using var scratch = new Scratch();
        Assert.Contains("weir curate",
            (await Assert.ThrowsAsync<UserErrorException>(() => Run("report", scratch.Path))).Message);
    }
}
