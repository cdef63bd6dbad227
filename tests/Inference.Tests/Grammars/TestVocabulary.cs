using System.Text;
using System.Text.Json;
using Weir.Inference.Grammars;
using Weir.Inference.Grammars.Vocabularies;

namespace Weir.Inference.Tests.Grammars;

/// <summary>Vocabularies for grammars, and walks through grammars with them.</summary>
internal static class TestVocabulary
{
    /// <summary>All single bytes (token b is byte b), one end token (256), one other special token (257).</summary>
    public static TokenVocabulary Bytes { get; } = Of([]);

    public const int End = 256;

    private static readonly List<int> Closing = [']', '}', '"'];

    /// <summary>The single bytes, the two special tokens, and these texts from 258 on.</summary>
    public static TokenVocabulary Of(IReadOnlyList<byte[]> texts) => new(258 + texts.Count,
        token => token < 256 ? new byte[] { (byte)token } : token < 258 ? default : texts[token - 258], [End], [257]);

    /// <summary>Besides the single bytes: pieces of JSON, of words, of numbers, and of characters.</summary>
    public static TokenVocabulary Random(int seed, int count)
    {
        var random = new Random(seed);
        string[] pieces = ["{", "}", "[", "]", "\"", ":", ",", " ", "\n", "  ", "\\", "\\n", "\\u00", "true", "null",
            "false", "name", "a", "b", "id", "é", "汉", "字", "😀", "0", "1", "9", "-", ".", "e", "5", "red", "x", "_"];
        var texts = new List<byte[]>();
        while (texts.Count < count)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 5); i > 0; i--) text.Append(pieces[random.Next(pieces.Length)]);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            // Some tokens begin or end within a character.
            int from = random.Next(4) == 0 ? random.Next(bytes.Length) : 0;
            int to = random.Next(4) == 0 ? random.Next(from, bytes.Length) + 1 : bytes.Length;
            texts.Add(bytes[from..to]);
        }
        return Of(texts);
    }

    public static Grammar Schema(string schema)
    {
        using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 512 });
        return Grammar.FromJsonSchema(document.RootElement.Clone());
    }

    /// <summary>Whether a text belongs to a grammar, byte by byte.</summary>
    public static bool Accepts(this Grammar grammar, string text) =>
        Accepts(grammar.Compile(Bytes), Encoding.UTF8.GetBytes(text));

    public static bool Accepts(this CompiledGrammar grammar, ReadOnlySpan<byte> text)
    {
        var state = grammar.Start();
        foreach (byte b in text) if (!state.Accept(b)) return false;
        return state.IsComplete;
    }

    public static List<int> Allowed(this GrammarState state)
    {
        var mask = state.AllowedTokens();
        var tokens = new List<int>();
        for (int token = 0; token < mask.Length * 64; token++)
            if ((mask[token >> 6] >> (token & 63) & 1) == 1) tokens.Add(token);
        return tokens;
    }

    /// <summary>Text made of random allowed tokens; after <paramref name="length"/> tokens the walk mostly takes those
    /// that close something, where there are such, so that it ends.</summary>
    public static byte[] Walk(this CompiledGrammar grammar, Random random, int length)
    {
        var state = grammar.Start();
        var text = new List<byte>();
        for (int step = 0; step < 20_000; step++)
        {
            var allowed = state.Allowed();
            Assert.NotEmpty(allowed);
            bool mustEnd = step >= length;
            if (state.IsComplete && (mustEnd || random.Next(4) == 0))
            {
                Assert.True(state.Accept(End));
                Assert.True(state.HasEnded);
                return [.. text];
            }
            allowed.Remove(End);
            if (allowed.Count == 0) continue;
            if (mustEnd && random.Next(4) > 0 && Closing.FindAll(allowed.Contains) is { Count: > 0 } closing)
                allowed = closing;
            int token = allowed[random.Next(allowed.Count)];
            Assert.True(state.Accept(token));
            text.AddRange(grammar.Vocabulary.Bytes(token).Span);
        }
        throw new InvalidOperationException($"The walk does not end: {Encoding.UTF8.GetString([.. text])}");
    }
}
