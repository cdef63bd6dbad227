using System.Buffers.Binary;

namespace Weir.Formats.Tests.Gguf;

/// <summary>Damages a file as a seed says: bits and bytes changed, numbers made extreme, parts cut, moved or
/// doubled.</summary>
internal static class Mutation
{
    private static readonly ulong[] Extremes =
        [0, 1, 0x7F, 0xFF, 0xFFFF, int.MaxValue, uint.MaxValue, long.MaxValue, ulong.MaxValue, 1UL << 62, 1UL << 40];

    public static byte[] Of(byte[] good, int seed)
    {
        var random = new Random(seed);
        var bytes = (byte[])good.Clone();
        int times = 1 + random.Next(3);
        for (int i = 0; i < times && bytes.Length > 16; i++)
        {
            int at = random.Next(bytes.Length - 8);
            ulong extreme = Extremes[random.Next(Extremes.Length)];
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), extreme); break;
                case 3: BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), (uint)extreme); break;
                case 4: bytes = bytes[..at]; break;
                default:
                    int from = random.Next(bytes.Length), to = Math.Min(bytes.Length, from + random.Next(40));
                    bytes = [.. bytes[..at], .. bytes[from..to], .. bytes[at..]];
                    break;
            }
        }
        return bytes;
    }
}
