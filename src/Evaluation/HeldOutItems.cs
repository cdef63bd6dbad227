using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;

namespace Weir.Evaluation;

/// <summary>Reads what an evaluation asks: a <c>.jsonl</c> file (plain or <c>.zst</c>), or the held-out shards of a
/// dataset folder.</summary>
internal static class HeldOutItems
{
    /// <summary>At most <paramref name="perKind"/> items of each kind, in file order, each with an expected
    /// answer.</summary>
    public static IReadOnlyList<ChatRecord> Chat(string path, int perKind)
    {
        var taken = new Dictionary<string, int>();
        var items = new List<ChatRecord>();
        foreach (var record in Read(path, DatasetJson.Lines.ChatRecord))
        {
            var item = WithAnswer(record);
            if (item is null) continue;
            var kind = item.Kind ?? "all";
            var count = taken.GetValueOrDefault(kind);
            if (count >= perKind) continue;
            taken[kind] = count + 1;
            items.Add(item);
        }
        if (items.Count == 0)
            throw new UserErrorException($"{path} holds no question with an answer. Each line needs 'messages' and "
                + $"'answer'.");
        return items;
    }

    /// <summary>Held-out documents until <paramref name="maximumBytes"/> of text.</summary>
    public static IReadOnlyList<TextRecord> Text(string path, long maximumBytes)
    {
        var documents = new List<TextRecord>();
        long bytes = 0;
        foreach (var record in Read(path, DatasetJson.Lines.TextRecord))
        {
            if (string.IsNullOrEmpty(record.Text)) continue;
            documents.Add(record);
            bytes += record.Text.Length;
            if (bytes >= maximumBytes) break;
        }
        return documents;
    }

    private static ChatRecord? WithAnswer(ChatRecord record)
    {
        if (record.Messages is null || record.Messages.Count == 0) return null;
        if (record.Answer is not null) return record;
        if (record.Messages[^1].Role != "assistant" || record.Messages.Count < 2) return null;
        return record with { Messages = [.. record.Messages.SkipLast(1)], Answer = record.Messages[^1].Content };
    }

    private static IEnumerable<T> Read<T>(string path, JsonTypeInfo<T> type)
    {
        foreach (var file in FilesOf(path))
        {
            using Stream raw = File.OpenRead(file);
            using Stream stream = file.EndsWith(".zst", StringComparison.Ordinal)
                ? new ZstdSharp.DecompressionStream(raw) : raw;
            using var reader = new StreamReader(stream);
            int number = 0;
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (line.Length == 0) continue;
                T? record;
                try
                {
                    record = JsonSerializer.Deserialize(line, type);
                }
                catch (JsonException e)
                {
                    throw new UserErrorException($"{file}:{number} is not a record of the expected kind: {e.Message}",
                        inner: e);
                }
                if (record is not null) yield return record;
            }
        }
    }

    private static IEnumerable<string> FilesOf(string path)
    {
        if (File.Exists(path)) return [path];
        var manifestPath = Path.Combine(path, "manifest.json");
        if (!File.Exists(manifestPath))
            throw new UserErrorException($"{path} is neither a .jsonl file nor a dataset folder (it has no "
                + $"manifest.json).");
        var manifest = JsonSerializer.Deserialize(File.ReadAllText(manifestPath), DatasetJson.Pretty.DatasetManifest)!;
        SchemaVersion.Require(manifest.Schema, DatasetManifest.SchemaName, manifestPath);
        return manifest.Shards.Where(s => s.Split == "heldout").Select(s => Path.Combine(path, s.Path));
    }
}
