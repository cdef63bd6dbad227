namespace Weir.Inference.Batching;

/// <summary>The KV blocks of a runner by number: which are free, and how many hold each of the others. A block goes back
/// to the free list when its last holder lets go.</summary>
internal sealed class BlockPool
{
    private readonly int[] _references;
    private readonly int[] _free;

    public BlockPool(int count)
    {
        _references = new int[count];
        _free = new int[count];
        // The lowest number is taken first.
        for (int i = 0; i < count; i++) _free[i] = count - 1 - i;
        FreeCount = count;
    }

    public int Count => _references.Length;
    public int FreeCount { get; private set; }

    public int References(int block) => _references[block];

    /// <summary>A free block with one holder. There must be one: ask <see cref="FreeCount"/> before.</summary>
    public int Take()
    {
        if (FreeCount == 0) throw new InvalidOperationException("No block is free.");
        int block = _free[--FreeCount];
        _references[block] = 1;
        return block;
    }

    /// <summary>One more holder of a block that has one already.</summary>
    public void Share(int block)
    {
        if (_references[block] == 0) throw new InvalidOperationException($"Block {block} is free.");
        _references[block]++;
    }

    public void Release(int block)
    {
        if (_references[block] == 0) throw new InvalidOperationException($"Block {block} is free already.");
        if (--_references[block] == 0) _free[FreeCount++] = block;
    }
}
