using System.Text.Json.Nodes;
using Weir.Formats.Datasets;

namespace Weir.Data.Synthesis;

/// <summary>Counts what a corpus holds: items and lengths by kind, and how many Han characters and English words a
/// model has to learn.</summary>
public sealed class CorpusCensus
{
    private readonly SortedDictionary<string, KindCount> _kinds = new(StringComparer.Ordinal);
    private readonly HashSet<char> _han = [];
    private readonly HashSet<string> _words = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _wordsBySpan;
    private long _items, _documents, _documentCharacters;

    public CorpusCensus() => _wordsBySpan = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    public int HanCharacters => _han.Count;

    /// <summary>Runs of Latin letters, whatever their case.</summary>
    public int EnglishWords => _words.Count;

    public void Add(ChatRecord record)
    {
        var kind = record.Kind ?? "none";
        if (!_kinds.TryGetValue(kind, out var count)) count = _kinds[kind] = new KindCount();
        foreach (var turn in record.Messages)
        {
            count.QuestionCharacters += turn.Content.Length;
            Learn(turn.Content);
        }
        count.AnswerCharacters += record.Answer?.Length ?? 0;
        Learn(record.Answer ?? "");
        count.Items++;
        _items++;
    }

    public void Add(TextRecord record)
    {
        Learn(record.Text);
        _documents++;
        _documentCharacters += record.Text.Length;
    }

    public JsonObject ToJson() => new()
    {
        ["items"] = _items,
        ["documents"] = _documents,
        ["documentCharacters"] = Mean(_documentCharacters, _documents),
        ["hanCharacters"] = HanCharacters,
        ["englishWords"] = EnglishWords,
        ["kinds"] = new JsonObject(_kinds.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)new JsonObject
        {
            ["items"] = k.Value.Items,
            ["questionCharacters"] = Mean(k.Value.QuestionCharacters, k.Value.Items),
            ["answerCharacters"] = Mean(k.Value.AnswerCharacters, k.Value.Items),
        }))),
    };

    /// <summary>Means of characters an item, one line a kind.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"{"kind",-14}{"items",10}{"question",10}{"answer",10}   (mean characters)";
        foreach (var (kind, count) in _kinds)
            yield return $"{kind,-14}{count.Items,10:N0}{Mean(count.QuestionCharacters, count.Items),10:F1}"
                + $"{Mean(count.AnswerCharacters, count.Items),10:F1}";
        yield return $"{_documents:N0} documents of {Mean(_documentCharacters, _documents):F0} characters on average; "
            + $"{HanCharacters:N0} Han characters and {EnglishWords:N0} English words in all";
    }

    private static double Mean(long sum, long count) => Math.Round(sum / (double)Math.Max(1, count), 1);

    private void Learn(ReadOnlySpan<char> text)
    {
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool letter = i < text.Length && char.IsAsciiLetter(text[i]);
            if (letter && start < 0) start = i;
            if (!letter && start >= 0)
            {
                _wordsBySpan.Add(text[start..i]);
                start = -1;
            }
            if (i < text.Length && text[i] is >= '\u4e00' and <= '\u9fff') _han.Add(text[i]);
        }
    }

    private sealed class KindCount
    {
        public long Items, QuestionCharacters, AnswerCharacters;
    }
}
