using System.Text;
using Weir.Formats.OpenAi;
using Weir.Inference.Sampling;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Requests;

/// <summary>Scores of tokens in the forms of the wire.</summary>
internal static class LogprobForms
{
    /// <summary>The form of plain completions. Offsets are in characters (code points).</summary>
    public static LogprobList ToList(IReadOnlyList<TokenScore> scores, int top, Tokenizer tokenizer)
    {
        var tokens = new List<string>(scores.Count);
        var offsets = new List<int>(scores.Count);
        int offset = 0;
        foreach (var score in scores)
        {
            tokens.Add(TextOf(score.Id, tokenizer));
            offsets.Add(offset);
            offset += tokens[^1].EnumerateRunes().Count();
        }
        return new LogprobList(tokens, [.. scores.Select(s => s.Logprob is { } p ? Finite(p) : (double?)null)], offsets,
            top == 0 ? null : [.. scores.Select(s => s.Logprob is null ? null : TopOf(s.Top, tokenizer))]);
    }

    /// <summary>The form of chats.</summary>
    public static ChatLogprobs ToChat(IReadOnlyList<TokenScore> scores, Tokenizer tokenizer) =>
        new([.. scores.Select(s => Ranked(new RankedToken(s.Id, s.Logprob ?? 0), tokenizer) with
        {
            TopLogprobs = [.. s.Top.Select(t => Ranked(t, tokenizer))],
        })]);

    private static ChatLogprob Ranked(RankedToken token, Tokenizer tokenizer)
    {
        var text = TextOf(token.Id, tokenizer);
        // Tokens may be parts of a character, so the bytes are the token's own.
        var bytes = tokenizer.IsSpecial(token.Id) ? Encoding.UTF8.GetBytes(text)
            : tokenizer.TokenBytes(token.Id).ToArray();
        return new ChatLogprob(text, Finite(token.Logprob), [.. bytes.Select(b => (int)b)]);
    }

    // Tokens may share a text (parts of a character); the likeliest of them keeps it.
    private static Dictionary<string, double> TopOf(RankedToken[] top, Tokenizer tokenizer)
    {
        var byText = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (id, logprob) in top) byText.TryAdd(TextOf(id, tokenizer), Finite(logprob));
        return byText;
    }

    // JSON has no infinities; OpenAI writes this for what cannot come.
    private static double Finite(double logprob) => logprob > -9999 ? logprob : -9999;

    private static string TextOf(int id, Tokenizer tokenizer) => tokenizer.Decode([id], skipSpecial: false);
}
