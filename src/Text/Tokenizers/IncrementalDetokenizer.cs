using System.Text;

namespace Weir.Text.Tokenizers;

/// <summary>Turns ids into text one by one, as they are generated. What it returns is whole characters: bytes of a
/// character that has not ended wait for the next id. All returned texts together equal
/// <see cref="Tokenizer.Decode(int[], bool)"/>. For one sequence and one thread.</summary>
public sealed class IncrementalDetokenizer(Tokenizer tokenizer)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private bool _hasBegun;

    /// <summary>The text that became complete with this token; empty for a special token or within a
    /// character.</summary>
    public string Push(int id)
    {
        if (tokenizer.IsSpecial(id)) return "";
        var bytes = tokenizer.TokenBytes(id);
        if (_hasBegun || bytes.IsEmpty) return Convert(bytes, flush: false);
        _hasBegun = true;
        return Convert(bytes[tokenizer.LeadingSpaceLength(bytes)..], flush: false);
    }

    /// <summary>The rest at the end of the sequence: U+FFFD when it ends within a character, otherwise empty. What
    /// comes next is another sequence.</summary>
    public string Flush()
    {
        _hasBegun = false;
        return Convert([], flush: true);
    }

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        var count = _decoder.GetCharCount(bytes, flush);
        if (count == 0 && bytes.IsEmpty) return "";
        Span<char> characters = count <= 256 ? stackalloc char[256] : new char[count];
        return characters[.._decoder.GetChars(bytes, characters, flush)].ToString();
    }
}
