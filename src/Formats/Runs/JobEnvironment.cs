using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Formats.Runs;

/// <summary>Contract 2: what the platform tells a job. <c>WEIR_RUN</c> is its run folder; <c>WEIR_INPUTS</c> is JSON
/// <c>{"name": {"path": "...", "digest": "sha256:...", "kind": "dataset"}}</c> of what was staged in. Outside a job
/// both are absent, and paths mean what they say.</summary>
public sealed class JobEnvironment
{
    private readonly Dictionary<string, (string Path, string Digest, string Kind)> _inputs = [];

    private JobEnvironment(string? runPath, string? inputsJson)
    {
        RunPath = runPath;
        if (inputsJson is null) return;
        foreach (var (name, value) in JsonNode.Parse(inputsJson)?.AsObject() ?? [])
            _inputs[name] = ((string)value!["path"]!, (string)value["digest"]!, (string)value["kind"]!);
    }

    public static JobEnvironment Current { get; } = FromProcess();

    public static JobEnvironment FromProcess()
    {
        try
        {
            return new JobEnvironment(Environment.GetEnvironmentVariable("WEIR_RUN"),
                Environment.GetEnvironmentVariable("WEIR_INPUTS"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new UserErrorException("WEIR_INPUTS is not the JSON of contract 2. Unset it to run outside a job.",
                inner: e);
        }
    }

    /// <summary>Null outside a job.</summary>
    public string? RunPath { get; }

    public bool IsJob => RunPath is not null;

    /// <summary><c>input:NAME</c> or <c>input:NAME/rest</c> is a staged input; anything else is a path, relative to
    /// <paramref name="baseFolder"/>.</summary>
    public string Resolve(string path, string baseFolder)
    {
        if (!path.StartsWith("input:", StringComparison.Ordinal)) return Path.GetFullPath(path, baseFolder);
        var rest = path["input:".Length..];
        var slash = rest.IndexOf('/');
        var name = slash < 0 ? rest : rest[..slash];
        if (!_inputs.TryGetValue(name, out var input))
            throw new UserErrorException($"'{path}': this job has no input named '{name}'. Its inputs: "
                + $"{string.Join(", ", _inputs.Keys)}.");
        return slash < 0 ? input.Path : Path.Combine(input.Path, rest[(slash + 1)..]);
    }

    /// <summary>The staged inputs as run records name them, for <c>run.json</c>.</summary>
    public IReadOnlyList<ArtifactRef> InputRefs() =>
        [.. _inputs.Select(i => new ArtifactRef(i.Key, i.Value.Kind, i.Value.Digest, []))];

    /// <summary>The run folder of this job, or <paramref name="chosen"/>, or a new one under <c>./runs</c>.</summary>
    public string RunFolderFor(string verb, string? chosen) => RunPath ?? chosen
        ?? Path.Combine("runs", $"{verb}-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}");

    /// <summary>The exit code of a verb that was told to stop after it has saved its state.</summary>
    public int InterruptedExitCode => IsJob ? ExitCodes.Requeue : ExitCodes.Interrupted;
}
