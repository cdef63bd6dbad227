using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Decoding;

/// <summary>How keys and values are kept.</summary>
internal enum KvType
{
    F16,
    /// <summary>For comparisons: nothing is rounded.</summary>
    F32,
    /// <summary>Bytes with a float16 scale for each 32 dimensions of a position.</summary>
    Q8,
}

/// <summary>
/// Keys and values of all sequences, in blocks of <see cref="BlockTokens"/> positions; which block belongs to whom is
/// for the caller to know. For a layer and KV head a block is a tile: keys as [dimension][position], so that scores of
/// sixteen positions are made at once, and values as [position][dimension], dimensions filled up with zeros to a
/// multiple of 16 (of 32 for Q8). Tiles of a layer and head follow each other.
/// </summary>
internal sealed unsafe class KvStore : IDisposable
{
    /// <summary>Positions of a block: the lanes of a register.</summary>
    public const int BlockTokens = 16;

    private const int ScaleDimensions = 32;
    private readonly NativeBuffer _memory;
    private readonly int _kvHeads, _layers, _headSize;
    private readonly long _keyBytes, _tileBytes;

    /// <exception cref="UserErrorException">There is not enough memory.</exception>
    public KvStore(ModelConfig config, int blocks, KvType type)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        Type = type;
        Blocks = blocks;
        _layers = config.LayerCount;
        _kvHeads = config.KeyValueHeadCount;
        _headSize = config.HeadSize;
        ValueStride = PaddedSize(config, type);
        _keyBytes = TileBytes(config, type) / 2;
        _tileBytes = 2 * _keyBytes;
        long bytes = BytesOf(config, blocks, type);
        try
        {
            _memory = new NativeBuffer(bytes);
        }
        catch (OutOfMemoryException e)
        {
            throw new UserErrorException($"There are no {bytes >> 20:N0} MB of memory for the KV cache. Give a smaller "
                + "--context or --parallel, or --kv-type q8_0.", inner: e);
        }
    }

    public KvType Type { get; }
    public int Blocks { get; }
    public long Bytes => _memory.Bytes;

    /// <summary>Floats of a position's values.</summary>
    public int ValueStride { get; }

    public static long BytesOf(ModelConfig config, int blocks, KvType type) =>
        TileBytes(config, type) * blocks * config.LayerCount * config.KeyValueHeadCount;

    /// <summary>Keeps the key and value of a position.</summary>
    /// <param name="layer">Of the model.</param>
    /// <param name="head">KV head.</param>
    /// <param name="block">Which block.</param>
    /// <param name="slot">Position within the block.</param>
    /// <param name="key">Floats of the head's size.</param>
    /// <param name="value">The same.</param>
    public void Write(int layer, int head, int block, int slot, float* key, float* value)
    {
        byte* keys = Tile(layer, head, block), values = keys + _keyBytes;
        if (Type == KvType.F32)
        {
            for (int d = 0; d < _headSize; d++) ((float*)keys)[d * BlockTokens + slot] = key[d];
            for (int d = 0; d < _headSize; d++) ((float*)values)[slot * ValueStride + d] = value[d];
            return;
        }
        if (Type == KvType.F16)
        {
            WriteHalves(key, (Half*)keys + slot, BlockTokens);
            WriteHalves(value, (Half*)values + slot * ValueStride, 1);
            return;
        }
        float* padded = stackalloc float[ScaleDimensions];
        sbyte* quants = stackalloc sbyte[ScaleDimensions];
        Half* keyScales = (Half*)(keys + ValueStride * BlockTokens);
        Half* valueScales = (Half*)(values + ValueStride * BlockTokens);
        int parts = ValueStride / ScaleDimensions;
        for (int part = 0; part < parts; part++)
        {
            int start = part * ScaleDimensions, count = Math.Min(ScaleDimensions, _headSize - start);
            keyScales[part * BlockTokens + slot] = Quantise(key + start, count, padded, quants);
            for (int d = 0; d < count; d++) ((sbyte*)keys)[(start + d) * BlockTokens + slot] = quants[d];
            valueScales[slot * parts + part] = Quantise(value + start, count, padded, quants);
            for (int d = 0; d < count; d++) ((sbyte*)values)[slot * ValueStride + start + d] = quants[d];
        }
    }

    /// <summary>The keys of a block as float32: [dimension][position].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadKeys(int layer, int head, int block, float* into)
    {
        byte* keys = Tile(layer, head, block);
        if (Type == KvType.F32)
        {
            new ReadOnlySpan<float>(keys, _headSize * BlockTokens).CopyTo(
                new Span<float>(into, _headSize * BlockTokens));
            return;
        }
        if (Type == KvType.F16)
        {
            HalfFloats.ToSingles(new ReadOnlySpan<Half>(keys, _headSize * BlockTokens),
                new Span<float>(into, _headSize * BlockTokens));
            return;
        }
        Half* scales = (Half*)(keys + ValueStride * BlockTokens);
        for (int d = 0; d < _headSize; d++)
        {
            Half* ofPart = scales + d / ScaleDimensions * BlockTokens;
            Q8Tiles.Scale((sbyte*)keys + d * BlockTokens, ofPart, into + d * BlockTokens);
        }
    }

    /// <summary>The values of a block as float32: [position][<see cref="ValueStride"/>].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadValues(int layer, int head, int block, float* into)
    {
        byte* values = Tile(layer, head, block) + _keyBytes;
        if (Type == KvType.F32)
        {
            new ReadOnlySpan<float>(values, ValueStride * BlockTokens).CopyTo(
                new Span<float>(into, ValueStride * BlockTokens));
            return;
        }
        if (Type == KvType.F16)
        {
            HalfFloats.ToSingles(new ReadOnlySpan<Half>(values, ValueStride * BlockTokens),
                new Span<float>(into, ValueStride * BlockTokens));
            return;
        }
        int parts = ValueStride / ScaleDimensions;
        Half* scales = (Half*)(values + ValueStride * BlockTokens);
        for (int i = 0; i < BlockTokens * parts; i++)
            Q8Tiles.Scale((sbyte*)values + i * ScaleDimensions, (float)scales[i], into + i * ScaleDimensions);
    }

    public void CopyBlock(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)from, (uint)Blocks, nameof(from));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)to, (uint)Blocks, nameof(to));
        for (int layer = 0; layer < _layers; layer++)
            for (int head = 0; head < _kvHeads; head++)
                Buffer.MemoryCopy(Tile(layer, head, from), Tile(layer, head, to), _tileBytes, _tileBytes);
    }

    public void Dispose() => _memory.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteHalves(float* x, Half* target, int step)
    {
        int d = 0;
        ushort* halves = stackalloc ushort[Vector256<ushort>.Count];
        for (; d + Vector256<ushort>.Count <= _headSize; d += Vector256<ushort>.Count)
        {
            HalfFloats.Narrow(Vector512.Load(x + d)).Store(halves);
            for (int i = 0; i < Vector256<ushort>.Count; i++) ((ushort*)target)[(d + i) * step] = halves[i];
        }
        for (; d < _headSize; d++) target[d * step] = (Half)x[d];
    }

    private byte* Tile(int layer, int head, int block) =>
        _memory.Pointer + ((long)(layer * _kvHeads + head) * Blocks + block) * _tileBytes;

    private static int PaddedSize(ModelConfig config, KvType type)
    {
        int unit = type == KvType.Q8 ? ScaleDimensions : BlockTokens;
        return (config.HeadSize + unit - 1) / unit * unit;
    }

    /// <summary>Of keys and values, each as large as the padded values.</summary>
    private static long TileBytes(ModelConfig config, KvType type)
    {
        long elements = (long)PaddedSize(config, type) * BlockTokens;
        long bytes = type switch
        {
            KvType.F32 => elements * 4,
            KvType.F16 => elements * 2,
            _ => elements + elements / ScaleDimensions * 2,
        };
        return 2 * ((bytes + 63) / 64 * 64);
    }

    private static Half Quantise(float* x, int count, float* padded, sbyte* quants)
    {
        for (int i = 0; i < ScaleDimensions; i++) padded[i] = i < count ? x[i] : 0;
        return (Half)ActivationPanels.QuantiseBytes(padded, quants, out _, out _);
    }
}
