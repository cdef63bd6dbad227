using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>Float32 working memory of one thread in the attention kernels, grown when needed and kept.</summary>
internal sealed unsafe class AttentionScratch
{
    [ThreadStatic] private static AttentionScratch? s_current;

    private float* _memory;
    private nuint _bytes;
    private float* _next;

    ~AttentionScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>This thread's memory, empty, with room for that many floats and 16 for each block's
    /// alignment.</summary>
    public static AttentionScratch Take(nint floats)
    {
        var scratch = s_current ??= new AttentionScratch();
        nuint bytes = (nuint)floats * sizeof(float);
        if (bytes > scratch._bytes)
        {
            NativeMemory.AlignedFree(scratch._memory);
            scratch._memory = (float*)NativeMemory.AlignedAlloc(bytes, 64);
            scratch._bytes = bytes;
        }
        scratch._next = scratch._memory;
        return scratch;
    }

    /// <summary>Reads one head's vector as float32.</summary>
    public static void Read<T>(byte* from, nint at, int count, float* to) where T : struct, IElement
    {
        int d = 0;
        for (; d <= count - 16; d += 16) T.Load(from, at + d).Store(to + d);
        for (; d < count; d++) to[d] = T.Get(from, at + d);
    }

    /// <summary>A block of zeros on a 64-byte boundary. The sum of all blocks must stay within what was
    /// taken.</summary>
    public float* Block(nint floats)
    {
        var block = _next;
        nint rounded = (floats + 15) / 16 * 16;
        _next += rounded;
        new Span<float>(block, (int)rounded).Clear();
        return block;
    }
}
