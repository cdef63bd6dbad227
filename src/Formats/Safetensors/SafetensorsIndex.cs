using System.Text.Json;
using Weir.Formats.Bcl;

namespace Weir.Formats.Safetensors;

/// <summary><c>model.safetensors.index.json</c>: which file of the same folder holds each tensor of a model in several
/// files.</summary>
internal static class SafetensorsIndex
{
    private const long MaxBytes = 64 << 20;
    private const int MaxFiles = 1000;

    /// <summary>Tensor name to file name, each a plain name of a file in the index's folder.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or is not such an index.</exception>
    public static IReadOnlyDictionary<string, string> Read(DataFile file)
    {
        var path = file.Path;
        if (file.Length > MaxBytes) throw Bad(path, $"it is larger than {MaxBytes} bytes");
        var json = new byte[file.Length];
        file.ReadAt(0, json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map)
                || map.ValueKind != JsonValueKind.Object)
                throw Bad(path, "it has no object 'weight_map'");
            var files = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in map.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String || entry.Value.GetString() is not { } name
                    || !IsPlainName(name))
                    throw Bad(path, $"tensor '{entry.Name}' is not in a .safetensors file of the same folder");
                files.Add(entry.Name, name);
            }
            if (files.Count == 0 || files.Values.Distinct(StringComparer.Ordinal).Count() > MaxFiles)
                throw Bad(path, $"it names no file, or more than {MaxFiles}");
            return files;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Bad(path, "it is no JSON of that form", e);
        }
    }

    public static UserErrorException Bad(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable index of safetensors files: {what}. Fetch or export it again.", inner: inner);

    /// <summary>No folder, no way upwards, no drive.</summary>
    private static bool IsPlainName(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal)
        && name.Length is > 12 and <= 255 && !name.StartsWith('.')
        && !name.Contains("..", StringComparison.Ordinal) && !name.AsSpan().ContainsAny("/\\:\0");
}
