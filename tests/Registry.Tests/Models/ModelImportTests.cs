using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Quantization;
using Weir.Formats.Runs;

namespace Weir.Registry.Tests.Models;

public sealed class ModelImportTests : IAsyncLifetime
{
    private const long Plenty = 1L << 40;
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-import-").FullName;
    private RegistryPlane _registry = null!;
    private long _freeBytes = Plenty;

    private string Data => Path.Combine(_folder, "data");

    public async ValueTask InitializeAsync()
    {
        _registry = RegistryPlane.Open(Data, () => _freeBytes);
        await _registry.Imports.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.Imports.StopAsync(CancellationToken.None);
        _registry.Imports.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private async Task<ImportView> ImportAsync(string path, string? name = null, string? licence = null)
    {
        var import = _registry.Imports.Submit(new ImportRequest(path, name, licence));
        while (!ImportStates.IsFinal(import.State))
        {
            await Task.Delay(10, Ct);
            import = _registry.Imports.Find(import.Id)!;
        }
        return import;
    }

    private async Task<string> RefusalAsync(string path, string? name = null)
    {
        var import = await ImportAsync(path, name);
        Assert.Equal(ImportStates.Failed, import.State);
        return import.Error!;
    }

    [Fact]
    public async Task A_folder_is_registered_with_its_card_its_verdict_and_where_it_came_from()
    {
        var source = new SampleModel().WriteFolder(At("My Model"),
            ("README.md", "---\nlicense: Apache-2.0\n---\n# M"), (".gitattributes", "x"), ("weights.bin", "x"));
        var import = await ImportAsync(source);
        Assert.Null(import.Error);
        Assert.Equal(("my-model", 1), (import.Version!.Name, import.Version.Version));
        Assert.Equal(new ModelCard
        {
            Family = "llama", Parameters = SampleModel.Parameters, Quantisation = "F32", ContextLength = 128,
            VocabularySize = 6, LayerCount = 2, Format = "safetensors", Licence = "Apache-2.0", SourcePath = source,
            Bytes = Directory.GetFiles(source).Where(f => f[^4..] is not (".bin" or "utes")).Sum(f =>
                new FileInfo(f).Length),
        }, import.Card);
        Assert.Equal(GateVerdict.Imported, import.Gate);
        var model = _registry.Models.Find("my-model", null)!;
        Assert.Equal(["README.md", "config.json", "model.safetensors", "tokenizer.json"],
            model.Files.Select(f => f.Path));
        Assert.Equal((import.Card, import.Gate), (model.Card, model.Gate));
        var steps = _registry.Runs.Trace(model.Version.Digest);
        Assert.Equal([LineageKinds.Artifact, LineageKinds.Run, LineageKinds.Source], steps.Select(s => s.Kind).Order());
        Assert.Contains("Apache-2.0", steps.Single(s => s.Kind == LineageKinds.Source).Detail);
    }

    [Fact]
    public async Task What_is_registered_is_byte_for_byte_what_was_there()
    {
        var source = new SampleModel().WriteFolder(At("m"));
        var digest = (await ImportAsync(source)).Version!.Digest;
        Assert.Equal(ArtifactTree.Scan("m", ArtifactKinds.Model, source).Digest, digest);
        Directory.Delete(source, recursive: true);
        _registry.Artifacts.Link(digest, At("data/models/linked"));
        Assert.Equal(digest, ArtifactTree.Scan("m", ArtifactKinds.Model, At("data/models/linked")).Digest);
        Assert.All(Directory.GetFiles(At("data/models/linked")), f => Assert.NotNull(new FileInfo(f).LinkTarget));
    }

    [Fact]
    public async Task Links_stay_good_when_the_data_folder_is_moved()
    {
        var digest = (await ImportAsync(new SampleModel().WriteFolder(At("m")))).Version!.Digest;
        _registry.Artifacts.Link(digest, At("data/models/linked"));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Move(Data, At("moved"));
        Assert.Equal(digest, ArtifactTree.Scan("m", ArtifactKinds.Model, At("moved/models/linked")).Digest);
        Directory.Move(At("moved"), Data);
    }

    [Fact]
    public async Task A_gguf_file_tells_its_quantisation_and_licence()
    {
        var import = await ImportAsync(new SampleModel().WriteGguf(At("Tiny-Q8_0.gguf"), licence: "mit"));
        Assert.Equal(("tiny-q8_0", "Q8_0", "gguf", "mit"),
            (import.Version!.Name, import.Card!.Quantisation, import.Card.Format, import.Card.Licence));
        Assert.Equal(["Tiny-Q8_0.gguf"], _registry.Models.Find("tiny-q8_0", 1)!.Files.Select(f => f.Path));
    }

    [Fact]
    public async Task A_model_in_parts_is_taken_by_its_first_one()
    {
        var first = new SampleModel().WriteSplit(_folder, "big");
        var import = await ImportAsync(first);
        Assert.Equal("big", import.Version!.Name);
        Assert.Equal(["big-00001-of-00002.gguf", "big-00002-of-00002.gguf"],
            _registry.Models.Find("big", null)!.Files.Select(f => f.Path));
        Assert.Contains("Give the first one", await RefusalAsync(first.Replace("00001-of", "00002-of")));
        File.Delete(first.Replace("00001-of", "00002-of"));
        Assert.Contains("Fetch that part too", await RefusalAsync(first, "again"));
    }

    [Fact]
    public async Task The_same_files_again_are_the_same_version_and_nothing_is_stored_twice()
    {
        var source = new SampleModel().WriteFolder(At("m"));
        var first = await ImportAsync(source, "m", "mit");
        _freeBytes = 0;
        var second = await ImportAsync(source, "m");
        Assert.Null(second.Error);
        Assert.Equal(first.Version, second.Version);
        Assert.Equal("mit", second.Card!.Licence);
        Assert.Single(_registry.Versions.List("model"));
        Assert.Single(_registry.Runs.List());
    }

    [Fact]
    public async Task A_given_name_counts_versions_and_a_name_that_nobody_chose_does_not()
    {
        await ImportAsync(new SampleModel(1).WriteFolder(At("a/m")));
        var other = new SampleModel(2).WriteFolder(At("b/m"));
        Assert.Contains("--name", await RefusalAsync(other));
        Assert.Equal(2, (await ImportAsync(other, "m")).Version!.Version);
    }

    [Fact]
    public async Task Names_of_what_was_made_here_are_not_taken_over()
    {
        var own = _registry.Artifacts.PutFolder("town", ArtifactKinds.Model, new SampleModel(3).WriteFolder(At("t")));
        _registry.Versions.Register("town", "model", own.Digest, "job-1");
        _registry.Versions.Register("town-text", "dataset", own.Digest, "job-2");
        var source = new SampleModel().WriteFolder(At("m"));
        Assert.Contains("made here", await RefusalAsync(source, "town"));
        Assert.Contains("taken by a dataset", await RefusalAsync(source, "town-text"));
    }

    [Fact]
    public async Task A_verdict_that_was_given_stays()
    {
        var source = new SampleModel().WriteFolder(At("m"));
        var refused = new GateVerdict(GateVerdict.Failed, "policy x", "too bad");
        _registry.Models.Judge(ArtifactTree.Scan("m", "model", source).Digest, refused);
        Assert.Equal(refused, (await ImportAsync(source)).Gate);
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_named_with_figures_and_nothing_stays()
    {
        _freeBytes = 64 << 20;
        var error = await RefusalAsync(new SampleModel().WriteFolder(At("m")));
        Assert.Contains("67,108,864 bytes left", error);
        Assert.Contains("Free some space", error);
        Assert.Empty(Directory.GetFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories));
        Assert.Empty(_registry.Versions.List("model"));
    }

    [Fact]
    public async Task What_is_no_model_is_refused_with_the_reason()
    {
        var empty = Directory.CreateDirectory(At("empty")).FullName;
        Assert.Contains("config.json is missing", await RefusalAsync(empty));
        File.WriteAllText(At("text.gguf"), "This is no model at all.");
        Assert.Contains("text.gguf", await RefusalAsync(At("text.gguf")));
        File.WriteAllText(At("nothing.gguf"), "");
        Assert.Contains("is empty", await RefusalAsync(At("nothing.gguf")));
        new SampleModel().WriteGguf(At("empty/m.gguf"));
        Assert.Contains("empty/m.gguf", await RefusalAsync(empty));
        Assert.Contains("no tokenizer", await RefusalAsync(new SampleModel().WriteGguf(At("dumb.gguf"),
            TensorType.F16, hasTokens: false)));
        File.Delete(Path.Combine(new SampleModel().WriteFolder(At("mute")), "tokenizer.json"));
        Assert.Contains("no tokenizer.json", await RefusalAsync(At("mute")));
        File.WriteAllText(Path.Combine(new SampleModel().WriteFolder(At("cut")), "model.safetensors"), "{}");
        Assert.Contains("model.safetensors", await RefusalAsync(At("cut")));
    }

    [Theory]
    [InlineData("relative/path", null, null, "absolute path")]
    [InlineData("/no/such/model", null, null, "no file or folder")]
    [InlineData("/", "../up", null, "cannot be a name")]
    [InlineData("/", "", null, "cannot be a name")]
    [InlineData("/", null, " ", "licence")]
    [InlineData("/", null, "a\nb", "licence")]
    public void What_cannot_be_carried_out_is_refused_at_the_door(string path, string? name, string? licence,
        string reason) => Assert.Contains(reason, Assert.Throws<UserErrorException>(() =>
            _registry.Imports.Submit(new ImportRequest(path, name, licence))).Message);

    [Fact]
    public async Task An_import_that_is_given_up_leaves_nothing()
    {
        await _registry.Imports.StopAsync(Ct);
        using var imports = RegistryPlane.Open(Data, () => _freeBytes).Imports;
        var source = new SampleModel().WriteFolder(At("m"));
        var import = imports.Submit(new ImportRequest(source));
        Assert.Equal(import.Id, imports.Submit(new ImportRequest(source)).Id);
        imports.Cancel(import.Id);
        await imports.StartAsync(Ct);
        while (!ImportStates.IsFinal(imports.Find(import.Id)!.State)) await Task.Delay(10, Ct);
        await imports.StopAsync(Ct);
        Assert.Equal(ImportStates.Cancelled, imports.Find(import.Id)!.State);
        Assert.Null(imports.Cancel("no-such-id"));
        Assert.Empty(_registry.Artifacts.List());
        Assert.Empty(Directory.GetFiles(Path.Combine(Data, "incoming")));
    }
}
