using Weir.Fleet;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Registry;
using Weir.Registry.Models;

namespace Weir.Host.Platform;

/// <summary>Joins Fleet to Registry: inputs come out of the blob store, outputs go in, runs are registered with their
/// lineage.</summary>
internal sealed class JobArtifacts(RegistryPlane registry, PlatformOptions options) : IJobArtifacts
{
    private readonly Lock _gate = new();

    public void StageIn(JobInput input, string folder) => registry.Artifacts.Materialise(input.Digest, folder);

    public IReadOnlyList<ArtifactRef> StageOut(JobView job, RunRecord record, string outputsFolder)
    {
        var outputs = record.Outputs
            .Select(o => registry.Artifacts.PutFolder(o.Name, o.Kind, Path.Combine(outputsFolder, o.Name))).ToList();
        foreach (var model in outputs.Where(o => o.Kind == ArtifactKinds.Model))
            registry.Models.Describe(model.Digest, FoundModel.CardOf(Path.Combine(outputsFolder, model.Name)));
        registry.Runs.RegisterRun(job.Id, record with { Inputs = InputsOf(job) }, outputs);
        return outputs;
    }

    /// <summary>Where an engine finds a model, made once a digest: a folder of links to its blobs, or in it the first
    /// GGUF file.</summary>
    public string MaterialiseModel(string digest)
    {
        if (!Digest.IsValid(digest) || registry.Artifacts.Find(digest) is not { } model)
            throw new UserErrorException($"The registry has no artifact {digest}.");
        var folder = Path.Combine(options.DataFolder, "models", digest["sha256:".Length..][..16]);
        lock (_gate)
            if (!Directory.Exists(folder)) registry.Artifacts.Link(digest, folder);
        bool isFolder = model.Files.Any(f => f.Path == ModelConfigFile.FileName);
        // The parts of a model in several files sort by their numbers.
        return isFolder ? folder : Path.Combine(folder, model.Files.Select(f => f.Path).Min(StringComparer.Ordinal)!);
    }

    private static IReadOnlyList<ArtifactRef> InputsOf(JobView job) =>
        [.. job.Spec.Inputs.Select(i => new ArtifactRef(i.Name, i.Kind, i.Digest, []))];
}
