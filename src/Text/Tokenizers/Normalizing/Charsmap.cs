using System.Buffers.Binary;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Normalizing;

/// <summary>SentencePiece's precompiled character map: at each place the longest sequence that it knows is replaced.
/// Layout (little-endian): the trie's size in bytes (u32); the trie, a double array of u32 units; then the
/// replacements, each ended by a zero byte. Of a unit, bits 0-7 are the label (with bit 31), bit 8 says that a value
/// hangs on it, and bits 10-30 are the offset to its children, shifted by 8 when bit 9 is set.</summary>
internal sealed class Charsmap
{
    /// <summary>NFKC's longest takes 33 bytes.</summary>
    private const int MaxReplacement = 256;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <exception cref="UserErrorException">The sizes contradict each other.</exception>
    public Charsmap(ReadOnlySpan<byte> bytes, string where)
    {
        if (bytes.Length < 4) throw Bad(where);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size % 4 != 0 || size > (uint)bytes.Length - 4) throw Bad(where);
        _units = new uint[size / 4];
        for (var i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + i * 4)..]);
        _replacements = bytes[(4 + (int)size)..].ToArray();
        for (var at = 0; at < _replacements.Length;)
        {
            var length = _replacements.AsSpan(at).IndexOf((byte)0);
            if (length is < 0 or > MaxReplacement) throw Bad(where);
            at += length + 1;
        }
    }

    public string Apply(string text)
    {
        var source = Encoding.UTF8.GetBytes(text);
        var result = new List<byte>(source.Length + 16);
        for (var at = 0; at < source.Length;)
        {
            var replacement = Find(source.AsSpan(at), out var length);
            if (length == 0)
            {
                Rune.DecodeFromUtf8(source.AsSpan(at), out _, out length);
                replacement = source.AsSpan(at, length);
            }
            result.AddRange(replacement);
            at += length;
        }
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(result));
    }

    /// <summary>The replacement of the longest known sequence that the text begins with, and that sequence's length: 0
    /// when there is none.</summary>
    private ReadOnlySpan<byte> Find(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        ReadOnlySpan<byte> replacement = default;
        if (_units.Length == 0) return replacement;
        var node = OffsetOf(_units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            // An index beyond the array is a damaged map; it knows nothing then.
            if (text[i] == 0 || node >= (uint)_units.Length) break;
            var unit = _units[node];
            if ((unit & 0x800000FF) != text[i]) break;
            node ^= OffsetOf(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (node >= (uint)_units.Length) break;
            var start = _units[node] & 0x7FFFFFFF;
            if (start >= (uint)_replacements.Length) break;
            var rest = _replacements.AsSpan((int)start);
            replacement = rest[..rest.IndexOf((byte)0)];
            length = i + 1;
        }
        return replacement;
    }

    private static uint OffsetOf(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);

    private static UserErrorException Bad(string where) => new(
        $"{where}: the precompiled character map of the tokenizer is damaged. Fetch the file again.");
}
