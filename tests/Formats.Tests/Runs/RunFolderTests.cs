using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;

namespace Weir.Formats.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_is_recorded_from_start_to_end()
    {
        using (var run = RunFolder.Open(_folder, "train", new JsonObject { ["a"] = 1 }, 7, []))
        {
            Assert.Equal(RunStates.Running, RunFolder.TryRead(_folder)!.State);
            run.Metric(1, "loss", 2.5);
            run.Metric(2, "loss", double.NaN);
            File.WriteAllText(Path.Combine(run.OutputsPath, "x.txt"), "x");
            run.Done([ArtifactTree.Scan("x", ArtifactKinds.Files, run.OutputsPath)], new JsonObject { ["loss"] = 2.5 });
        }
        var record = RunFolder.TryRead(_folder)!;
        Assert.Equal(RunStates.Done, record.State);
        Assert.Equal(7, record.Seed);
        Assert.Equal(2.5, (double)record.Summary["loss"]!);
        Assert.Single(record.Outputs[0].Files);
        Assert.Single(File.ReadAllLines(Path.Combine(_folder, "metrics.jsonl")));
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp"));
    }

    [Fact]
    public void A_folder_digest_depends_on_names_and_bytes_only()
    {
        var one = Directory.CreateDirectory(Path.Combine(_folder, "one")).FullName;
        var two = Directory.CreateDirectory(Path.Combine(_folder, "two")).FullName;
        foreach (var folder in (string[])[one, two])
        {
            Directory.CreateDirectory(Path.Combine(folder, "sub"));
            File.WriteAllText(Path.Combine(folder, "sub", "b.txt"), "b");
            File.WriteAllText(Path.Combine(folder, "a.txt"), "a");
        }
        File.WriteAllText(Path.Combine(two, "half.tmp"), "an unfinished file is not part of it");
        Assert.Equal(ArtifactTree.Scan("x", "files", one).Digest, ArtifactTree.Scan("y", "files", two).Digest);
        File.WriteAllText(Path.Combine(two, "a.txt"), "A");
        Assert.NotEqual(ArtifactTree.Scan("x", "files", one).Digest, ArtifactTree.Scan("y", "files", two).Digest);
    }

    [Fact]
    public void A_file_that_fails_half_way_leaves_the_old_one_and_no_rest()
    {
        var path = Path.Combine(_folder, "f.txt");
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("disk full");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }
}
