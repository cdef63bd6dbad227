namespace Weir.Inference.Batching;

/// <summary>What must be the same for two sequences to share blocks: nobody sees another tenant's prefixes, not even by
/// their timing, and no block outlives the weights that it was computed with.</summary>
internal readonly record struct PrefixKey(string Tenant, string Adapter, string Model);

/// <summary>One block of tokens after the blocks of its parents. Without a KV block it is pending: its owner is about
/// to compute it.</summary>
internal sealed class PrefixNode(PrefixNode? parent, PrefixKey key, int[] tokens, int hash)
{
    public PrefixNode? Parent => parent;
    public PrefixKey Key => key;
    public int[] Tokens => tokens;
    public int Hash => hash;

    /// <summary>The KV block that holds it; -1 while pending.</summary>
    public int Block { get; set; } = -1;
    public bool IsReady => Block >= 0;

    /// <summary>Who computes it while it is pending; null where that one left.</summary>
    public object? Owner { get; set; }

    /// <summary>Living sequences whose tokens lead through it.</summary>
    public int Users { get; set; }
    public long LastUsed { get; set; }
    public LinkedListNode<PrefixNode>? Idle { get; set; }

    public int ChildCount { get; set; }

    /// <summary>Another child of the same parent with the same hash.</summary>
    public PrefixNode? NextOfHash { get; set; }
}

/// <summary>
/// The prefix cache: a radix tree whose edges are whole blocks of tokens, with a root for each <see cref="PrefixKey"/>.
/// Tokens are compared, not only their hashes. A node lives while sequences lead through it; afterwards, if its block
/// was computed, it stays until the block is wanted: the least recently used leaf goes first. Not thread-safe.
/// </summary>
internal sealed class PrefixTree(BlockPool pool, int blockTokens)
{
    private readonly Dictionary<PrefixKey, PrefixNode> _roots = [];
    private readonly Dictionary<(PrefixNode Parent, int Hash), PrefixNode> _children = [];
    private readonly LinkedList<PrefixNode> _idleLeaves = new(); // least recently used first
    private long _clock;

    /// <summary>Blocks that no sequence uses; all of them can be evicted.</summary>
    public int IdleBlocks { get; private set; }

    /// <summary>Blocks that the tree holds, used or idle.</summary>
    public int Blocks { get; private set; }

    /// <summary>The root of the key, entered: <see cref="Leave"/> it in the end.</summary>
    public PrefixNode EnterRoot(PrefixKey key)
    {
        if (!_roots.TryGetValue(key, out var root)) _roots[key] = root = new PrefixNode(null, key, [], 0);
        root.Users++;
        return root;
    }

    /// <summary>How many blocks of these tokens are ready from the beginning on; looks only.</summary>
    public int CountReady(PrefixKey key, ReadOnlySpan<int> tokens)
    {
        if (!_roots.TryGetValue(key, out var node)) return 0;
        int count = 0;
        while (tokens.Length >= blockTokens && Find(node, tokens[..blockTokens]) is { IsReady: true } child)
        {
            node = child;
            tokens = tokens[blockTokens..];
            count++;
        }
        return count;
    }

    /// <summary>The node of these tokens below its parent, which the caller has entered; a new one is pending and
    /// belongs to <paramref name="owner"/>.</summary>
    public PrefixNode Enter(PrefixNode parent, ReadOnlySpan<int> tokens, object owner)
    {
        var node = Find(parent, tokens);
        if (node is null)
        {
            node = new PrefixNode(parent, parent.Key, tokens.ToArray(), HashOf(tokens)) { Owner = owner };
            node.NextOfHash = _children.GetValueOrDefault((parent, node.Hash));
            _children[(parent, node.Hash)] = node;
            parent.ChildCount++;
        }
        else if (node is { IsReady: true, Users: 0 })
        {
            IdleBlocks--;
            RemoveIdle(node);
        }
        node.Users++;
        return node;
    }

    /// <summary>The pending node's block has been computed; the tree holds it from now on.</summary>
    public void Fill(PrefixNode node, int block)
    {
        pool.Share(block);
        node.Block = block;
        node.Owner = null;
        Blocks++;
    }

    /// <summary>A sequence ends or gives up its place. Nodes are left from the deepest to the root.</summary>
    public void Leave(PrefixNode node, object owner)
    {
        if (ReferenceEquals(node.Owner, owner)) node.Owner = null;
        node.LastUsed = ++_clock;
        if (--node.Users > 0) return;
        if (node.IsReady)
        {
            IdleBlocks++;
            if (node.ChildCount == 0) node.Idle = _idleLeaves.AddLast(node);
        }
        else if (node.ChildCount == 0) Remove(node); // children of a pending node are in use, and so would it be
    }

    /// <summary>Gives one idle block back to the pool; false where every block is in use.</summary>
    public bool Evict()
    {
        if (_idleLeaves.First?.Value is not { } leaf) return false;
        RemoveIdle(leaf);
        IdleBlocks--;
        Blocks--;
        pool.Release(leaf.Block);
        leaf.Block = -1;
        Remove(leaf);
        return true;
    }

    private void Remove(PrefixNode node)
    {
        if (node.Parent is not { } parent)
        {
            _roots.Remove(node.Key);
            return;
        }
        var key = (parent, node.Hash);
        var first = _children[key];
        if (first != node)
        {
            while (first.NextOfHash != node) first = first.NextOfHash!;
            first.NextOfHash = node.NextOfHash;
        }
        else if (node.NextOfHash is { } next) _children[key] = next;
        else _children.Remove(key);
        if (--parent.ChildCount > 0 || parent.Users > 0) return;
        if (parent.IsReady) AddIdle(parent);
        else Remove(parent);
    }

    // A parent was used at about the time of its last child, so its place is near the front.
    private void AddIdle(PrefixNode node)
    {
        var after = _idleLeaves.First;
        while (after is not null && after.Value.LastUsed < node.LastUsed) after = after.Next;
        node.Idle = after is null ? _idleLeaves.AddLast(node) : _idleLeaves.AddBefore(after, node);
    }

    private void RemoveIdle(PrefixNode node)
    {
        if (node.Idle is null) return;
        _idleLeaves.Remove(node.Idle);
        node.Idle = null;
    }

    private PrefixNode? Find(PrefixNode parent, ReadOnlySpan<int> tokens)
    {
        if (parent.ChildCount == 0) return null;
        var node = _children.GetValueOrDefault((parent, HashOf(tokens)));
        while (node is not null && !tokens.SequenceEqual(node.Tokens)) node = node.NextOfHash;
        return node;
    }

    private static int HashOf(ReadOnlySpan<int> tokens)
    {
        var hash = new HashCode(); // keyed by a secret of the process, so that nobody can aim for collisions
        foreach (var token in tokens) hash.Add(token);
        return hash.ToHashCode();
    }
}
