using Weir.Data.Curation;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Tests.Curation;

public sealed class CuratorTests
{
    private static string Corpus(int from, int count) =>
        string.Concat(Enumerable.Range(from, count).Select(i =>
            Scratch.Line($"Document {i}: 第{i}篇 " + new string((char)('a' + i % 26), i % 300))));

    [Fact]
    public async Task What_is_read_is_kept_or_dropped_for_a_reason()
    {
        using var scratch = new Scratch();
        scratch.Write("in/a.jsonl", Scratch.Line("e\u0301tude\u0000 one") + Scratch.Line("étude  one\n")
            + Scratch.Line(" \n ") + Scratch.Line("hi") + "{broken\n"
            + """{"messages":[{"role":"user","content":"q"}],"answer":"a"}""" + "\n"
            + Scratch.Line("another document", "own-id"));
        scratch.Write("in/b.txt", "a plain document");
        scratch.Write("in/c.pdf", "?");
        var recipe = Scratch.Recipe("in") with { Form = DatasetForms.Text, MinimumCharacters = 5, HeldOutShare = 0 };
        var result = await scratch.Curate(recipe);

        var report = result.Manifest.Report!;
        Assert.Equal((7, 3), (report.DocumentsRead, report.DocumentsKept));
        Assert.Equal([("duplicate", 1L), ("empty", 1L), ("other_form", 1L), ("too_short", 1L)],
            report.Dropped.Select(d => (d.Key, d.Value)));
        Assert.Equal([("bad_json", 1L)], report.Errors.Select(d => (d.Key, d.Value)));
        Assert.Contains("a.jsonl:5", Assert.Single(report.ErrorSamples));
        Assert.Equal(1, result.UnreadFiles[".pdf"]);
        var records = scratch.Records("out", "train");
        Assert.Equal(["étude one", "another document", "a plain document"], records.Select(r => r.Text));
        Assert.Equal(("own-id", "a.jsonl:7"), (records[1].Id, records[1].Source));
        Assert.Equal(32, records[0].Id!.Length);
    }

    [Fact]
    public async Task The_manifest_tells_shards_sources_and_rights_by_digest()
    {
        using var scratch = new Scratch();
        scratch.Write("in/a.jsonl.zst", Corpus(0, 500));
        scratch.Write("in/b.jsonl", Corpus(500, 100));
        var recipe = Scratch.Recipe("in") with { Sources = [new RecipeSource("in", "CC0-1.0", "us", "any use")] };
        await scratch.Curate(recipe, options: new CurationOptions { ShardBytes = 20_000 });

        var manifest = DatasetFolder.Open(scratch["out"]).Manifest;
        Assert.Equal(DatasetForms.Text, manifest.Form);
        Assert.Equal(Digest.OfText(manifest.Recipe.ToJsonString()), manifest.RecipeDigest);
        Assert.Equal(["in/a.jsonl.zst", "in/b.jsonl"], manifest.Sources.Select(s => s.Path));
        Assert.Equal(Digest.OfFile(scratch["in/a.jsonl.zst"]), manifest.Sources[0].Digest);
        Assert.All(manifest.Sources, s => Assert.Equal(("CC0-1.0", "us", "any use"), (s.Licence, s.Owner, s.Rights)));
        Assert.Equal(600, manifest.Sources.Sum(s => s.Documents));
        Assert.True(manifest.Shards.Count(s => s.Split == "train") > 3);
        foreach (var shard in manifest.Shards)
        {
            Assert.Equal(Digest.OfFile(scratch["out/" + shard.Path]), shard.Digest);
            Assert.Equal(new FileInfo(scratch["out/" + shard.Path]).Length, shard.Bytes);
        }
        Assert.Equal(manifest.Report!.BytesKept, manifest.Shards.Sum(s => s.TextBytes));
        Assert.Equal(600, scratch.Records("out", "train").Count + scratch.Records("out", "heldout").Count);
    }

    [Fact]
    public async Task Two_runs_and_any_number_of_threads_give_the_same_bytes()
    {
        using var scratch = new Scratch();
        scratch.Write("in/a.jsonl.zst", Corpus(0, 3000));
        scratch.Write("in/b.jsonl.gz", Corpus(1000, 3000));
        scratch.Write("in/c.txt", "plain");
        var recipe = Scratch.Recipe("in") with { HeldOutShare = 0.1, HeldOutMaximum = 50 };
        foreach (var (name, threads) in ((string, int)[])[("one", 1), ("again", 1), ("two", 2), ("seven", 7)])
            await scratch.Curate(recipe, name, new CurationOptions
            {
                Threads = threads, ShardBytes = 50_000, Limits = new ReadLimits(BlockBytes: 5000),
            });
        var expected = scratch.FileDigests("one");
        Assert.Contains("manifest.json", expected.Keys);
        foreach (var name in (string[])["again", "two", "seven"]) Assert.Equal(expected, scratch.FileDigests(name));
    }

    [Fact]
    public async Task No_document_changes_sides_when_others_are_added_or_the_order_changes()
    {
        using var scratch = new Scratch();
        scratch.Write("small.jsonl", Corpus(0, 1000));
        scratch.Write("more.jsonl", Corpus(1000, 1000));
        await scratch.Curate(Scratch.Recipe("small.jsonl") with { HeldOutShare = 0.1 }, "first");
        await scratch.Curate(Scratch.Recipe("more.jsonl", "small.jsonl") with { HeldOutShare = 0.1 }, "second");
        HashSet<string> heldOut = [.. scratch.Records("first", "heldout").Select(r => r.Text!)];
        HashSet<string> later = [.. scratch.Records("second", "heldout").Select(r => r.Text!)];
        Assert.InRange(heldOut.Count, 60, 140);
        Assert.Subset(later, heldOut);
        Assert.Empty(later.Intersect(scratch.Records("first", "train").Select(r => r.Text!)));

        await scratch.Curate(Scratch.Recipe("small.jsonl") with { HeldOutShare = 0.1, Seed = 5 }, "seeded");
        Assert.NotEqual(heldOut, scratch.Records("seeded", "heldout").Select(r => r.Text!).ToHashSet());
    }

    [Fact]
    public async Task Held_out_documents_over_the_maximum_go_nowhere()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(0, 1000));
        await scratch.Curate(Scratch.Recipe("a.jsonl") with { HeldOutShare = 0.1 }, "all");
        var capped = await scratch.Curate(Scratch.Recipe("a.jsonl") with { HeldOutShare = 0.1, HeldOutMaximum = 20 },
            "capped");
        Assert.Equal(scratch.Records("all", "train").Select(r => r.Text),
            scratch.Records("capped", "train").Select(r => r.Text));
        var few = scratch.Records("capped", "heldout").Select(r => r.Text!).ToHashSet();
        Assert.Equal(20, few.Count);
        var every = scratch.Records("all", "heldout").Select(r => r.Text!).ToHashSet();
        Assert.Subset(every, few);
        Assert.Equal(every.Count - 20, capped.Manifest.Report!.Dropped["heldout_surplus"]);
        Assert.Equal(1000, capped.Manifest.Report.DocumentsKept + capped.Manifest.Report.Dropped.Values.Sum());
        Assert.False(File.Exists(scratch["capped/.heldout-candidates"]));
    }

    [Fact]
    public async Task A_source_can_force_its_split_and_duplicates_never_stand_in_both()
    {
        using var scratch = new Scratch();
        scratch.Write("train.jsonl", Corpus(0, 100));
        scratch.Write("heldout.jsonl", Corpus(90, 30));
        var recipe = Scratch.Recipe() with
        {
            Sources = [new RecipeSource("train.jsonl", Split: "train"),
                new RecipeSource("heldout.jsonl", Split: "heldout")],
        };
        var result = await scratch.Curate(recipe);
        Assert.Equal(["train.jsonl", "heldout.jsonl"], result.Manifest.Sources.Select(s => s.Path));
        Assert.Equal(100, scratch.Records("out", "train").Count);
        Assert.Equal(20, scratch.Records("out", "heldout").Count);
        Assert.Equal(10, result.Manifest.Report!.Dropped["duplicate"]);
    }

    [Fact]
    public async Task Chat_records_keep_their_turns_and_bad_ones_are_dropped_by_reason()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", """
            {"kind":"k","template":"t","answer":"a",
            """ + """
             "messages":[{"role":"system","content":""},{"role":"user","content":"q\u0007"}]}

            """ + """
            {"messages":[{"role":"user","content":"q2"},{"role":"assistant","content":"a2"}]}
            {"messages":[{"role":"user","content":"q2"}],"answer":"a2"}
            {"messages":[{"role":"user","content":"no answer"}]}
            {"messages":[{"role":"tool","content":"q"}],"answer":"a"}
            {"messages":[{"role":"user","content":"q"}],"answer":" "}
            {"text":"running text"}
            """);
        var result = await scratch.Curate(Scratch.Recipe("a.jsonl") with { HeldOutShare = 0 });
        Assert.Equal(DatasetForms.Chat, result.Manifest.Form);
        Assert.Equal([("duplicate", 1L), ("empty", 1L), ("no_answer", 1L), ("other_form", 1L), ("unknown_role", 1L)],
            result.Manifest.Report!.Dropped.Select(d => (d.Key, d.Value)));
        var records = scratch.Records("out", "train");
        Assert.Equal(2, records.Count);
        Assert.Equal(("k", "t", "q", "a"),
            (records[0].Kind, records[0].Template, records[0].Messages![1].Content, records[0].Answer));
        Assert.Equal(2, records[1].Messages!.Count);
    }

    [Fact]
    public async Task A_dataset_as_source_becomes_a_parent_and_keeps_its_split()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", Corpus(0, 300));
        await scratch.Curate(Scratch.Recipe("a.jsonl") with { HeldOutShare = 0.2 }, "first");
        var result = await scratch.Curate(Scratch.Recipe("first") with { HeldOutShare = 0.5, Seed = 9 }, "second");
        Assert.Equal([ArtifactTree.Scan("", "", scratch["first"]).Digest], result.Manifest.Parents);
        Assert.Equal(scratch.Records("first", "heldout").Select(r => r.Text),
            scratch.Records("second", "heldout").Select(r => r.Text));
    }

    [Fact]
    public async Task Nothing_to_keep_is_an_error_with_the_reasons()
    {
        using var scratch = new Scratch();
        scratch.Write("a.jsonl", "{bad\n" + Scratch.Line(" "));
        var error = await Assert.ThrowsAsync<UserErrorException>(() => scratch.Curate(Scratch.Recipe("a.jsonl")));
        Assert.Contains("empty 1, bad_json 1", error.Message);
        Assert.Contains("a.jsonl:1", error.Message);
        Assert.False(File.Exists(scratch["out/manifest.json"]));
    }

    [Fact]
    public void A_full_disk_is_an_error_that_names_the_path_and_the_cure()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full (Linux)");
        using var scratch = new Scratch();
        File.CreateSymbolicLink(scratch["train-00000.jsonl.zst"], "/dev/full");
        using var writer = new JsonlShardWriter(scratch.Path, "train", 1000);
        var error = Assert.Throws<UserErrorException>(() =>
        {
            for (int i = 0; i < 1000; i++) writer.Append("{}"u8, 0);
        });
        Assert.Contains(scratch["train-00000.jsonl.zst"], error.Message);
        Assert.Contains("Free some space", error.Message);
    }
}
