using System.Text;

namespace Weir.Text.Tokenizers.Models;

/// <summary>The byte-level text form of GPT-2: each byte is written as one printable character, so that tokens (which
/// may end within a character) can stand in JSON. Printable Latin-1 bytes stand for themselves, the other 68 for U+0100
/// and up.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharacterOfByte = BuildCharacters();
    private static readonly short[] ByteOfCharacter = BuildBytes();

    /// <summary>Bytes in the order in which GPT-2 numbers their symbols: those that stand for themselves, then the
    /// rest.</summary>
    public static IEnumerable<byte> InVocabularyOrder() =>
        Enumerable.Range(0, 256).OrderBy(b => StandsForItself(b) ? 0 : 1).ThenBy(b => b).Select(b => (byte)b);

    public static string Symbol(byte value) => CharacterOfByte[value].ToString();

    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes) text.Append(CharacterOfByte[b]);
        return text.ToString();
    }

    /// <summary>The bytes of a token's text form, or null when a character is not of the alphabet.</summary>
    public static byte[]? ToBytes(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] >= ByteOfCharacter.Length || ByteOfCharacter[text[i]] < 0) return null;
            bytes[i] = (byte)ByteOfCharacter[text[i]];
        }
        return bytes;
    }

    private static bool StandsForItself(int b) =>
        b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static char[] BuildCharacters()
    {
        var characters = new char[256];
        var next = '\u0100';
        for (var b = 0; b < 256; b++) characters[b] = StandsForItself(b) ? (char)b : next++;
        return characters;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[CharacterOfByte.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++) bytes[CharacterOfByte[b]] = (short)b;
        return bytes;
    }
}
