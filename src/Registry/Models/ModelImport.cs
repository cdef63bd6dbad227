using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Registry.Blobs;
using Weir.Registry.Lineage;

namespace Weir.Registry.Models;

/// <summary>Takes a model in that was made elsewhere. Done twice it is one artifact and one version.</summary>
internal sealed class ModelImport(ArtifactStore artifacts, RunRegistry runs, VersionRegistry versions,
    ModelRegistry models, Func<long> freeBytes, TimeProvider time)
{
    /// <summary>Left free on the disk, for databases and logs.</summary>
    private const long ReserveBytes = 64 << 20;
    private const string Verb = "model import";

    /// <exception cref="UserErrorException">It cannot be taken in; the message says why and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is registered.</exception>
    public void Run(ImportState state, CancellationToken ct)
    {
        var request = state.Request;
        var started = time.GetUtcNow();
        // 1. Can it be read, and what is it?
        state.Enter(ImportStates.Checking, 0);
        var found = FoundModel.At(request.Path);
        var name = request.Name ?? found.SuggestedName;
        // 2. Which blobs is it?
        state.Enter(ImportStates.Hashing, found.Card.Bytes);
        var files = new List<(SourceFile File, string Digest)>();
        foreach (var file in found.Files) files.Add((file, file.Read(copy: null, state.Read, ct)));
        var digest = ArtifactTree.DigestOf(files.Select(f => new FileEntry(f.File.Path, f.Digest, f.File.Bytes)));
        // 3. May it have that name, and does it fit?
        RequireName(name, digest, isGiven: request.Name is not null);
        var missing = files.Where(f => !artifacts.Holds(f.Digest)).Sum(f => f.File.Bytes);
        RequireSpace(missing);
        // 4. Store what is new.
        state.Enter(ImportStates.Storing, missing);
        var artifact = artifacts.PutFiles(name, ArtifactKinds.Model, files, state.Read, ct);
        // 5. Register it: card, verdict, where it came from, and last the version that makes it visible.
        var card = found.Card with
        {
            Licence = request.Licence ?? found.Card.Licence ?? models.CardOf(artifact.Digest)?.Licence,
            SourcePath = request.Path,
        };
        models.Describe(artifact.Digest, card);
        if (models.VerdictOf(artifact.Digest) is null) models.Judge(artifact.Digest, GateVerdict.Imported);
        var runId = $"import-{artifact.Digest["sha256:".Length..][..16]}";
        runs.RegisterRun(runId, RecordOf(request, card, started), [artifact], new DatasetSource
        {
            Path = request.Path, Digest = artifact.Digest, Bytes = card.Bytes, Licence = card.Licence,
        });
        var version = versions.Register(name, "model", artifact.Digest, runId);
        state.Finish(version, card, models.VerdictOf(artifact.Digest)!);
    }

    /// <summary>A name counts the versions of one model. So other people's weights become no version of what was
    /// trained here, and a name that nobody chose makes no version of anything.</summary>
    private void RequireName(string name, string digest, bool isGiven)
    {
        var others = versions.Of(name);
        if (others.Count == 0 || others.Any(v => v.Digest == digest && v.Kind == "model")) return;
        if (others[0].Kind != "model")
            throw new UserErrorException($"The name '{name}' is taken by a {others[0].Kind}. Choose another with "
                + "--name.");
        if (others.Any(v => v.RunId is null || runs.Find(v.RunId)?.Record.Verb != Verb))
            throw new UserErrorException($"The name '{name}' is taken by a model that was made here. Choose another "
                + "with --name.");
        if (!isGiven)
            throw new UserErrorException($"The name '{name}' is taken by another model. Choose another with --name, "
                + $"or give --name {name} to make this its version {others[0].Version + 1}.");
    }

    private void RequireSpace(long missing)
    {
        long free = freeBytes();
        if (missing > 0 && free < missing + ReserveBytes)
            throw new UserErrorException($"The disk of the data folder has {free:N0} bytes left, and the model needs "
                + $"{missing:N0} besides {ReserveBytes:N0} of reserve. Free some space, then import it again.");
    }

    private RunRecord RecordOf(ImportRequest request, ModelCard card, DateTimeOffset started) => new()
    {
        Verb = Verb, CodeVersion = CodeVersion.Current, State = RunStates.Done, Started = started,
        Ended = time.GetUtcNow(),
        Config = new JsonObject { ["path"] = request.Path, ["name"] = request.Name, ["licence"] = request.Licence },
        Summary = new JsonObject
        {
            ["family"] = card.Family, ["parameters"] = card.Parameters, ["bytes"] = card.Bytes,
            ["quantisation"] = card.Quantisation, ["licence"] = card.Licence,
        },
    };
}

/// <summary>The state of one import, the only thing of it that changes; read from any thread.</summary>
internal sealed class ImportState(ImportView view) : IDisposable
{
    private readonly Lock _gate = new();
    private ImportView _view = view;

    public string Id { get; } = view.Id;

    public ImportRequest Request { get; } = view.Request;

    /// <summary>Of whoever asks for the import to be given up.</summary>
    public CancellationTokenSource GivenUp { get; } = new();

    public ImportView View
    {
        get
        {
            lock (_gate) return _view;
        }
    }

    public void Enter(string state, long bytes) =>
        Change(v => v with { State = state, BytesDone = 0, BytesTotal = bytes });

    public void Read(int bytes) => Change(v => v with { BytesDone = v.BytesDone + bytes });

    public void Finish(VersionView version, ModelCard card, GateVerdict gate) =>
        Change(v => v with { State = ImportStates.Done, Version = version, Card = card, Gate = gate });

    public void Fail(string error) => Change(v => v with { State = ImportStates.Failed, Error = error });

    public void GiveUp() => Change(v => v with { State = ImportStates.Cancelled });

    public void Dispose() => GivenUp.Dispose();

    private void Change(Func<ImportView, ImportView> change)
    {
        lock (_gate) _view = change(_view);
    }
}
