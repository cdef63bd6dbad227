using Weir.Fleet;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Registry;

namespace Weir.Host.Platform;

/// <summary>Joins Fleet to Registry: inputs come out of the blob store, outputs go in, runs are registered with their
/// lineage.</summary>
internal sealed class JobArtifacts(RegistryPlane registry, PlatformOptions options) : IJobArtifacts
{
    public void StageIn(JobInput input, string folder) => registry.Artifacts.Materialise(input.Digest, folder);

    public IReadOnlyList<ArtifactRef> StageOut(JobView job, RunRecord record, string outputsFolder)
    {
        var outputs = record.Outputs
            .Select(o => registry.Artifacts.PutFolder(o.Name, o.Kind, Path.Combine(outputsFolder, o.Name))).ToList();
        registry.Runs.RegisterRun(job.Id, record with { Inputs = InputsOf(job) }, outputs);
        return outputs;
    }

    /// <summary>The folder of a model for an engine; made once a digest.</summary>
    public string MaterialiseModel(string digest)
    {
        var folder = Path.Combine(options.DataFolder, "models", digest["sha256:".Length..][..16]);
        if (!Directory.Exists(folder)) registry.Artifacts.Materialise(digest, folder);
        return folder;
    }

    private static IReadOnlyList<ArtifactRef> InputsOf(JobView job) =>
        [.. job.Spec.Inputs.Select(i => new ArtifactRef(i.Name, i.Kind, i.Digest, []))];
}
