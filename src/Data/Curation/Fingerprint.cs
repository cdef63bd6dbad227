using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Weir.Formats.Datasets;

namespace Weir.Data.Curation;

/// <summary>What makes two documents the same: the first 128 bits of SHA-256 over the cleaned text with every run of
/// white space as one space. Nobody can craft two texts with one fingerprint, and it is the same on every
/// machine.</summary>
internal static class Fingerprint
{
    public static UInt128 OfText(string text)
    {
        var buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        var hash = Hash(buffer.AsSpan(0, Collapse(text, buffer)));
        ArrayPool<char>.Shared.Return(buffer);
        return hash;
    }

    /// <summary>Roles and contents, parted by characters that cleaned text cannot hold.</summary>
    public static UInt128 OfTurns(IReadOnlyList<ChatTurn> turns)
    {
        int length = turns.Sum(t => t.Role.Length + t.Content.Length + 2);
        var buffer = ArrayPool<char>.Shared.Rent(length + 1);
        int filled = 0;
        foreach (var turn in turns)
        {
            turn.Role.CopyTo(buffer.AsSpan(filled));
            filled += turn.Role.Length;
            buffer[filled++] = '\u0001';
            filled += Collapse(turn.Content, buffer.AsSpan(filled));
            buffer[filled++] = '\u0002';
        }
        var hash = Hash(buffer.AsSpan(0, filled));
        ArrayPool<char>.Shared.Return(buffer);
        return hash;
    }

    /// <summary>A number from 0 up to 1 that depends on nothing but the document and the seed; held out is what lies
    /// below the share.</summary>
    public static double Draw(UInt128 fingerprint, long seed)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, fingerprint);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], seed);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }

    private static UInt128 Hash(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(text), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static int Collapse(string text, Span<char> target)
    {
        int filled = 0;
        bool space = false;
        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c)) space = filled > 0;
            else
            {
                if (space) target[filled++] = ' ';
                space = false;
                target[filled++] = c;
            }
        }
        return filled;
    }
}
