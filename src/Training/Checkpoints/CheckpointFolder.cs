using System.Globalization;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Safetensors;

namespace Weir.Training.Checkpoints;

/// <summary>A checkpoint that was read and found whole: its state and the means to read its tensors.</summary>
internal sealed class LoadedCheckpoint(TrainingState state, SafetensorsFile tensors) : IDisposable
{
    public TrainingState State => state;
    public Func<string, float[]> Tensors => tensors.ReadFloat32;
    public void Dispose() => tensors.Dispose();
}

/// <summary>
/// The checkpoints of a run: folders <c>step-NNNNNNNNN</c> with <c>state.json</c> and <c>state.safetensors</c> (masters
/// and optimiser, float32). One appears by a rename when all of it is on disk; the last two are kept, so that a damaged
/// one costs an interval and not the run.
/// </summary>
internal sealed class CheckpointFolder(string path)
{
    private const int Kept = 2;
    private const string Prefix = "step-";

    public void Save(TrainingState state, IReadOnlyList<NamedTensor> tensors)
    {
        Directory.CreateDirectory(path);
        foreach (var left in Directory.GetDirectories(path, "*.tmp")) Directory.Delete(left, recursive: true);
        var target = Path.Combine(path, Prefix + state.Step.ToString("D9", CultureInfo.InvariantCulture));
        var temporary = target + ".tmp";
        Directory.CreateDirectory(temporary);
        var weights = Path.Combine(temporary, "state.safetensors");
        SafetensorsFile.Write(weights, tensors);
        AtomicFile.WriteAllText(Path.Combine(temporary, "state.json"), JsonSerializer.Serialize(
            state with { TensorsDigest = Digest.OfFile(weights) }, CheckpointJson.Default.TrainingState));
        // An earlier attempt may have saved at the same step.
        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        Directory.Move(temporary, target);
        foreach (var old in Newest().Skip(Kept)) Directory.Delete(old, recursive: true);
    }

    /// <summary>The newest whole checkpoint; null where there is none. <paramref name="warn"/> is told of each that was
    /// passed over.</summary>
    public LoadedCheckpoint? LoadNewest(Action<string> warn)
    {
        foreach (var folder in Newest())
        {
            try
            {
                return Load(folder);
            }
            catch (Exception e) when (e is UserErrorException or IOException or InvalidDataException
                or JsonException or UnauthorizedAccessException)
            {
                warn($"The checkpoint {folder} is damaged and passed over: {e.Message}");
            }
        }
        return null;
    }

    private static LoadedCheckpoint Load(string folder)
    {
        var path = Path.Combine(folder, "state.json");
        var state = JsonSerializer.Deserialize(File.ReadAllText(path), CheckpointJson.Default.TrainingState)
            ?? throw new InvalidDataException($"{path} is empty.");
        SchemaVersion.Require(state.Schema, TrainingState.SchemaName, path);
        var tensors = Path.Combine(folder, "state.safetensors");
        if (Digest.OfFile(tensors) != state.TensorsDigest)
            throw new InvalidDataException($"{tensors} is not what was written.");
        return new LoadedCheckpoint(state, SafetensorsFile.Open(tensors));
    }

    private IEnumerable<string> Newest() => Directory.Exists(path)
        ? Directory.GetDirectories(path, Prefix + "*").Where(d => !d.EndsWith(".tmp", StringComparison.Ordinal))
            .OrderByDescending(d => d, StringComparer.Ordinal)
        : [];
}
