using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Registry.Tests;

public sealed class RegistryPlaneTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-registry-").FullName;
    private readonly RegistryPlane _registry;

    public RegistryPlaneTests() => _registry = RegistryPlane.Open(Data);

    private string Data => Path.Combine(_folder, "data");

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private string Make(string name, params (string Path, string Text)[] files)
    {
        var folder = Path.Combine(_folder, name);
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
        return folder;
    }

    private static RunRecord Run(params ArtifactRef[] inputs) => new()
    {
        Verb = "train", CodeVersion = "1", State = RunStates.Done, Started = DateTimeOffset.UnixEpoch, Inputs = inputs,
    };

    [Fact]
    public void A_folder_put_in_comes_out_the_same_and_is_stored_once()
    {
        var source = Make("a", ("x.txt", "one"), ("sub/y.txt", "one"), ("sub/z.txt", "two"));
        var first = _registry.Artifacts.PutFolder("a", ArtifactKinds.Files, source);
        var second = _registry.Artifacts.PutFolder("again", ArtifactKinds.Files, source);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Single(_registry.Artifacts.List());
        Assert.Equal(2, Directory.GetFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories).Length);
        var target = Path.Combine(_folder, "out");
        _registry.Artifacts.Materialise(first.Digest, target);
        Assert.Equal(first.Digest, ArtifactTree.Scan("a", "files", target).Digest);
        Assert.Equal("two", _registry.Artifacts.ReadText(first.Digest, "sub/z.txt", 100));
    }

    [Fact]
    public void A_damaged_blob_is_noticed_and_nothing_half_written_stays()
    {
        var artifact = _registry.Artifacts.PutFolder("a", ArtifactKinds.Files,
            Make("a", ("x.txt", "good"), ("y.txt", "more")));
        var blob = Directory.GetFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories)[0];
        File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(blob, "bad!");
        var target = Path.Combine(_folder, "out");
        var error = Assert.Throws<UserErrorException>(() => _registry.Artifacts.Materialise(artifact.Digest, target));
        Assert.Contains("damaged", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder, "out*"));
    }

    [Fact]
    public void What_a_killed_platform_left_on_its_way_in_is_removed_at_the_next_start()
    {
        var rest = Path.Combine(Data, "incoming", "half");
        File.WriteAllText(rest, "half a blob");
        RegistryPlane.Open(Data);
        Assert.False(File.Exists(rest));
    }

    [Fact]
    public void A_run_registered_twice_is_one_run_with_one_set_of_edges()
    {
        var input = _registry.Artifacts.PutFolder("in", ArtifactKinds.Files, Make("in", ("a", "1")));
        var output = _registry.Artifacts.PutFolder("out", ArtifactKinds.Model, Make("out", ("b", "2")));
        for (int i = 0; i < 2; i++) _registry.Runs.RegisterRun("r1", Run(input), [output]);
        Assert.Single(_registry.Runs.List());
        Assert.Single(_registry.Runs.EdgesTo("r1"));
        Assert.Single(_registry.Runs.EdgesTo(output.Digest));
        Assert.Equal(output.Digest, _registry.Runs.Find("r1")!.Record.Outputs[0].Digest);
    }

    [Fact]
    public void An_output_that_is_not_stored_registers_nothing()
    {
        var ghost = new ArtifactRef("g", "model", Digest.OfText("ghost"), []);
        Assert.Throws<UserErrorException>(() => _registry.Runs.RegisterRun("r1", Run(), [ghost]));
        Assert.Empty(_registry.Runs.List());
    }

    [Fact]
    public void A_trace_goes_from_a_model_over_runs_and_datasets_to_source_files()
    {
        var manifest = JsonSerializer.Serialize(new DatasetManifest
        {
            Name = "d", Form = DatasetForms.Text, RecipeDigest = "x",
            Sources = [new DatasetSource { Path = "laws.txt", Digest = Digest.OfText("laws"), Documents = 3,
            Licence = "free" }],
        }, DatasetJson.Pretty.DatasetManifest);
        var dataset = _registry.Artifacts.PutFolder("d", ArtifactKinds.Dataset, Make("d", ("manifest.json", manifest)));
        var model = _registry.Artifacts.PutFolder("m", ArtifactKinds.Model, Make("m", ("w", "1")));
        var tuned = _registry.Artifacts.PutFolder("t", ArtifactKinds.Model, Make("t", ("w", "2")));
        _registry.Runs.RegisterRun("curate", Run(), [dataset]);
        _registry.Runs.RegisterRun("pretrain", Run(dataset), [model]);
        _registry.Runs.RegisterRun("tune", Run(dataset, model), [tuned]);
        var steps = _registry.Runs.Trace(tuned.Digest);
        Assert.Equal(tuned.Digest, steps[0].Id);
        Assert.Equal(["curate", "pretrain", "tune"],
            steps.Where(s => s.Kind == LineageKinds.Run).Select(s => s.Id).Order());
        var source = Assert.Single(steps, s => s.Kind == LineageKinds.Source);
        Assert.Equal("laws.txt", source.Title);
        Assert.Contains("free", source.Detail);
        Assert.Equal(steps.Count, steps.Select(s => s.Kind + s.Id).Distinct().Count());
    }

    [Fact]
    public void A_name_counts_its_versions_and_a_digest_keeps_its_own()
    {
        var one = _registry.Artifacts.PutFolder("m", ArtifactKinds.Model, Make("m1", ("w", "1")));
        var two = _registry.Artifacts.PutFolder("m", ArtifactKinds.Model, Make("m2", ("w", "2")));
        Assert.Equal(1, _registry.Versions.Register("town", "model", one.Digest, "r1").Version);
        Assert.Equal(2, _registry.Versions.Register("town", "model", two.Digest, "r2").Version);
        Assert.Equal(1, _registry.Versions.Register("town", "model", one.Digest, "r3").Version);
        Assert.Equal(2, _registry.Versions.List("model").Count);
        Assert.Empty(_registry.Versions.List("dataset"));
    }

    [Theory]
    [InlineData("sha256:../../etc/passwd")]
    [InlineData("md5:0")]
    [InlineData("")]
    public void What_is_no_digest_never_becomes_a_path(string digest) =>
        Assert.Throws<UserErrorException>(() => _registry.Artifacts.Materialise(digest, Path.Combine(_folder, "o")));
}
