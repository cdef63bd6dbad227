using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Data.Commands;
using Weir.Data.Synthesis;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Tests.Synthesis;

public sealed class SynthesizeCommandTests
{
    private static Task<int> Run(params string[] arguments) => Run(TestContext.Current.CancellationToken, arguments);

    private static async Task<int> Run(CancellationToken cancel, params string[] arguments) =>
        await new RootCommand { SynthesizeCommand.Create() }.Parse(["synthesize", .. arguments])
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancel);

    [Fact]
    public async Task The_same_arguments_write_the_same_bytes()
    {
        using var scratch = new Scratch();
        foreach (var name in (string[])["a", "b"])
            Assert.Equal(0,
                await Run("--out", scratch[name], "--seed", "7", "--items", "3000", "--json", scratch[name + ".json"]));
        Assert.Equal(0, await Run("--out", scratch["c"], "--seed", "8", "--items", "3000"));
        Assert.Equal(["chat.jsonl", "text/documents.jsonl"], scratch.FileDigests("a").Keys.Order());
        Assert.Equal(scratch.FileDigests("a"), scratch.FileDigests("b"));
        Assert.NotEqual(scratch.FileDigests("a"), scratch.FileDigests("c"));

        var lines = File.ReadAllLines(scratch["a/chat.jsonl"]);
        Assert.Equal(3000, lines.Length);
        Assert.Equal(375, File.ReadAllLines(scratch["a/text/documents.jsonl"]).Length);
        var item = JsonSerializer.Deserialize(lines[0], DatasetJson.Lines.ChatRecord)!;
        Assert.Contains(item.Kind!, StarterCorpus.Kinds);
        Assert.Equal("user", Assert.Single(item.Messages).Role);
        Assert.Equal(["answer", "id", "kind", "messages", "template"],
            JsonNode.Parse(lines[0])!.AsObject().Select(p => p.Key).Order());
        var json = JsonNode.Parse(File.ReadAllText(scratch["a.json"]))!;
        Assert.Equal(3000, (int)json["items"]!);
        Assert.Equal(12, json["kinds"]!.AsObject().Count);
    }

    [Fact]
    public async Task Without_out_the_corpus_is_the_output_starter_of_a_run()
    {
        using var scratch = new Scratch();
        Assert.Equal(0, await Run("--run", scratch["run"], "--seed", "1", "--items", "240", "--split", "heldout"));
        var run = RunFolder.TryRead(scratch["run"])!;
        Assert.Equal((RunStates.Done, "synthesize", 1L), (run.State, run.Verb, run.Seed));
        var output = Assert.Single(run.Outputs);
        Assert.Equal(("starter", ArtifactKinds.Files), (output.Name, output.Kind));
        Assert.Equal(["chat.jsonl", "text/documents.jsonl"], output.Files.Select(f => f.Path));
        Assert.Equal(ArtifactTree.Scan("", "", scratch["run/outputs/starter"]).Digest, output.Digest);
        Assert.Equal(240, (int)run.Summary["items"]!);
        Assert.Equal("heldout", (string)run.Config["split"]!);
        Assert.Contains(File.ReadAllLines(scratch["run/metrics.jsonl"]), l => l.Contains("\"progress\",\"value\":1"));
    }

    [Theory]
    [InlineData("--items", "0", "--items takes a number from 1")]
    [InlineData("--items", "-3", "--items takes a number from 1")]
    [InlineData("--items", "20000000", "--items takes a number from 1")]
    [InlineData("--split", "test", "--split takes train or heldout")]
    [InlineData("--mix", "adding=1", "there is no kind 'adding'")]
    public async Task Wrong_usage_is_said_and_writes_nothing(string option, string value, string says)
    {
        using var scratch = new Scratch();
        var error = await Assert.ThrowsAsync<UserErrorException>(() => Run("--out", scratch["out"], option, value));
        Assert.Equal(ExitCodes.WrongUsage, error.ExitCode);
        Assert.Contains(says, error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_an_error_that_names_it()
    {
        using var scratch = new Scratch();
        var blocked = scratch.Write("file", "not a folder");
        var error = await Assert.ThrowsAsync<UserErrorException>(() => Run("--out", blocked + "/out", "--items", "10"));
        Assert.Contains(blocked, error.Message);
        scratch.Write("full/kept.txt", "someone's work");
        error = await Assert.ThrowsAsync<UserErrorException>(() => Run("--out", scratch["full"], "--items", "10"));
        Assert.Contains("not empty", error.Message);
        Assert.True(File.Exists(scratch["full/kept.txt"]));
    }

    [Fact]
    public void A_full_disk_is_an_error_that_names_the_file_and_the_cure()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full (Linux)");
        using var scratch = new Scratch();
        File.CreateSymbolicLink(scratch["chat.jsonl"], "/dev/full");
        var plan = new StarterPlan(1, 20_000, StarterSplit.Train, StarterMix.Default(StarterSplit.Train));
        var error = Assert.Throws<UserErrorException>(() =>
            StarterWriter.Write(plan, scratch.Path, _ => { }, TestContext.Current.CancellationToken));
        Assert.Contains(scratch["chat.jsonl"], error.Message);
        Assert.Contains("Free some space", error.Message);
    }

    [Fact]
    public async Task Cancelling_in_the_middle_leaves_no_corpus_and_a_rerun_makes_it()
    {
        using var scratch = new Scratch();
        using var cancel = new CancellationTokenSource();
        cancel.CancelAfter(TimeSpan.FromMilliseconds(150));
        Assert.Equal(ExitCodes.Interrupted, await Run(cancel.Token, "--run", scratch["run"], "--items", "5000000"));
        Assert.Equal(RunStates.Interrupted, RunFolder.TryRead(scratch["run"])!.State);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["run/outputs"]));
        Assert.Equal(0, await Run("--run", scratch["run"], "--items", "100"));
        Assert.True(File.Exists(scratch["run/outputs/starter/chat.jsonl"]));
    }
}
