using System.Globalization;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>The limits of vocabularies, and the ids by text.</summary>
internal static class TokenIndex
{
    /// <summary>More tokens than any known tokenizer has; a limit against hostile files.</summary>
    public const int MaxTokens = 1 << 21;

    /// <summary>The same for merges.</summary>
    public const int MaxMerges = 1 << 22;

    /// <summary>No token is written with more characters (UTF-16 units).</summary>
    public const int MaxTokenLength = 1 << 15;

    /// <exception cref="UserErrorException">There are too many tokens, one is too long, or one stands there
    /// twice.</exception>
    public static Dictionary<string, int> Build(IReadOnlyList<string> tokens, string where)
    {
        if (tokens.Count > MaxTokens)
            throw new UserErrorException($"{where}: {tokens.Count:N0} tokens are more than {MaxTokens:N0}, the limit.");
        var ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            var text = tokens[id];
            if (text.Length > MaxTokenLength)
                throw new UserErrorException(
                    $"{where}: token {id} has {text.Length:N0} characters, and the limit is {MaxTokenLength:N0}.");
            if (!ids.TryAdd(text, id))
                throw new UserErrorException($"{where}: ids {ids[text]} and {id} are the same token '{text}'.");
        }
        return ids;
    }

    /// <summary>The byte of a token that is written like <c>&lt;0x0A&gt;</c>, or null.</summary>
    public static byte? ByteOf(string text) => text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal)
        && text[5] == '>' && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The ids of the 256 byte tokens, or null when one is missing.</summary>
    public static int[]? ByteIds(IReadOnlyDictionary<string, int> ids)
    {
        var found = new int[256];
        for (var value = 0; value < 256; value++)
            if (!ids.TryGetValue($"<0x{value:X2}>", out found[value])) return null;
        return found;
    }

    /// <summary>Appends the ids of the bytes of a character.</summary>
    public static void AddBytes(Rune character, int[] byteIds, List<int> into)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..character.EncodeToUtf8(bytes)]) into.Add(byteIds[value]);
    }
}
