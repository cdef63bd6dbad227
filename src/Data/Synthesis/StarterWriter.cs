using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Weir.Data.Running;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Formats.Datasets;

namespace Weir.Data.Synthesis;

/// <summary>What to write: the whole of what the bytes depend on.</summary>
internal sealed record StarterPlan(long Seed, int Items, StarterSplit Split, StarterMix Mix)
{
    public const int ItemsPerDocument = 8;

    public int Documents => Math.Max(1, Items / ItemsPerDocument);

    public JsonObject ToJson() => new()
    {
        ["seed"] = Seed, ["items"] = Items, ["split"] = StarterCorpus.NameOf(Split), ["mix"] = Mix.ToString(),
    };
}

/// <summary>Writes a corpus as <c>chat.jsonl</c> and <c>text/documents.jsonl</c>.</summary>
internal static class StarterWriter
{
    /// <param name="progress">Called after each record with the number of records written.</param>
    /// <exception cref="Formats.Bcl.UserErrorException">A file cannot be written; the message names it.</exception>
    public static CorpusCensus Write(StarterPlan plan, string folder, Action<int> progress, CancellationToken cancel)
    {
        var census = new CorpusCensus();
        int written = 0;
        WriteLines(Path.Combine(folder, "chat.jsonl"), StarterCorpus.Chat(plan.Seed, plan.Items, plan.Split, plan.Mix),
            DatasetJson.Lines.ChatRecord, record =>
            {
                census.Add(record);
                progress(++written);
            }, cancel);
        WriteLines(Path.Combine(folder, "text", "documents.jsonl"),
            StarterCorpus.Text(plan.Seed, plan.Documents, plan.Split),
            DatasetJson.Lines.TextRecord, record =>
            {
                census.Add(record);
                progress(++written);
            }, cancel);
        return census;
    }

    private static void WriteLines<T>(string path, IEnumerable<T> records, JsonTypeInfo<T> form, Action<T> done,
        CancellationToken cancel)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20) { NewLine = "\n" };
            foreach (var record in records)
            {
                cancel.ThrowIfCancellationRequested();
                file.WriteLine(JsonSerializer.Serialize(record, form));
                done(record);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(path, e);
        }
    }
}
