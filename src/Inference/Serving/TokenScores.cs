using Weir.Formats.OpenAi;
using Weir.Inference.Kernels;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Serving;

/// <summary>Collects natural log-probabilities of a sequence's tokens, prompt and answer, in order.</summary>
/// <param name="top">How many of the likeliest tokens are noted beside each.</param>
internal sealed class TokenScores(int top)
{
    private readonly List<(int Id, double? Logprob, (int Id, double Logprob)[] Top)> _tokens = [];

    public int Count => _tokens.Count;

    /// <summary>A token that nothing predicts: the first of a prompt.</summary>
    public void AddUnscored(int id) => _tokens.Add((id, null, []));

    /// <summary>The token that followed on these logits, which are left as they are.</summary>
    public void Add(int id, ReadOnlySpan<float> logits)
    {
        double total = Elementwise.LogSumExp(logits);
        var likeliest = new (int Id, double Logprob)[top];
        for (int rank = 0; rank < top; rank++)
        {
            int best = -1;
            for (int i = 0; i < logits.Length; i++)
                if ((best < 0 || logits[i] > logits[best]) && !Among(likeliest.AsSpan(0, rank), i)) best = i;
            likeliest[rank] = (best, logits[best] - total);
        }
        _tokens.Add((id, logits[id] - total, likeliest));
    }

    /// <summary>In the form of the wire.</summary>
    /// <param name="tokenizer">Gives the tokens' texts.</param>
    /// <param name="from">Tokens to leave out at the beginning: the prompt that is not echoed.</param>
    public LogprobList ToList(Tokenizer tokenizer, int from)
    {
        string TextOf(int id) => tokenizer.Decode([id], skipSpecial: false);
        var tokens = new List<string>();
        var offsets = new List<int>();
        int offset = 0;
        foreach (var (id, _, _) in _tokens.Skip(from))
        {
            tokens.Add(TextOf(id));
            offsets.Add(offset);
            offset += tokens[^1].EnumerateRunes().Count();
        }
        var tops = top == 0 ? null
            : _tokens.Skip(from).Select(t => t.Logprob is null ? null : TopOf(t.Top, TextOf)).ToList();
        return new LogprobList(tokens, [.. _tokens.Skip(from).Select(t => t.Logprob)], offsets, tops);
    }

    // Tokens may share a text (parts of a character); the likeliest of them keeps it.
    private static Dictionary<string, double> TopOf((int Id, double Logprob)[] top, Func<int, string> textOf)
    {
        var byText = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (id, logprob) in top) byText.TryAdd(textOf(id), logprob);
        return byText;
    }

    private static bool Among(ReadOnlySpan<(int Id, double Logprob)> chosen, int id)
    {
        foreach (var item in chosen)
            if (item.Id == id) return true;
        return false;
    }
}
