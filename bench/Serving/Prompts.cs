namespace Weir.Bench.Serving;

/// <summary>One chat request: what precedes it, which may be shared with others, and what it asks.</summary>
internal sealed record Question(string? System, string User, int MaxTokens, int Seed);

/// <summary>Writes prompts of plain English words: no prompt begins like another, unless it is meant to, so that no
/// cache can help. The same numbers give the same prompts.</summary>
internal static class Prompts
{
    private static readonly string[] Words =
        ("time year people way day man thing woman life child world school state family student group country problem "
        + "hand part place case week company system program question work government number night point home water "
        + "room mother area money story fact month lot right study book eye job word business issue side kind head "
        + "house service friend father power hour game line end member law car city community name president team "
        + "minute idea body information back parent face others level office door health person art war history party "
        + "result change morning reason research girl guy moment air teacher force education").Split(' ');

    /// <summary>A question of so many words.</summary>
    public static Question Alone(int words, int maxTokens, int seed) =>
        new(null, Write(words, seed), maxTokens, seed);

    /// <summary>A question after a text that all questions of the same <paramref name="prefixSeed"/> share.</summary>
    public static Question AfterPrefix(int prefixWords, int prefixSeed, int words, int maxTokens, int seed) =>
        new(Write(prefixWords, prefixSeed), Write(words, seed), maxTokens, seed);

    private static string Write(int words, int seed)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));
    }
}
