using Weir.Inference.Batching;

namespace Weir.Inference.Tests.Batching;

public sealed class PrefixTreeTests
{
    private const int Block = 4;
    private readonly BlockPool _pool = new(8);
    private readonly PrefixTree _tree;

    public PrefixTreeTests() => _tree = new PrefixTree(_pool, Block);

    [Fact]
    public void Blocks_are_taken_and_given_back_by_their_last_holder()
    {
        int a = _pool.Take(), b = _pool.Take();
        Assert.NotEqual(a, b);
        _pool.Share(a);
        _pool.Release(a);
        Assert.Equal(6, _pool.FreeCount);
        _pool.Release(a);
        Assert.Equal(7, _pool.FreeCount);
        Assert.Throws<InvalidOperationException>(() => _pool.Release(a));
        Assert.Throws<InvalidOperationException>(() => _pool.Share(a));
        for (int i = 0; i < 7; i++) _pool.Take();
        Assert.Throws<InvalidOperationException>(() => _pool.Take());
    }

    [Fact]
    public void A_key_opens_only_its_own_prefixes()
    {
        int[] tokens = [1, 2, 3, 4, 5, 6, 7, 8];
        var key = new PrefixKey("a", "", "m");
        Insert(key, tokens);
        Assert.Equal(2, _tree.CountReady(key, tokens));
        Assert.Equal(1, _tree.CountReady(key, [1, 2, 3, 4, 5, 6, 7, 9]));
        Assert.Equal(0, _tree.CountReady(key, [1, 2, 3]));
        Assert.Equal(0, _tree.CountReady(key with { Tenant = "b" }, tokens));
        Assert.Equal(0, _tree.CountReady(key with { Adapter = "l" }, tokens));
        Assert.Equal(0, _tree.CountReady(key with { Model = "n" }, tokens));
    }

    [Fact]
    public void The_leaf_that_was_used_longest_ago_is_evicted_first()
    {
        var key = new PrefixKey("a", "", "m");
        Insert(key, [1, 1, 1, 1, 2, 2, 2, 2]);
        Insert(key, [1, 1, 1, 1, 3, 3, 3, 3]);
        Insert(key, [1, 1, 1, 1, 2, 2, 2, 2]); // used again
        Assert.Equal((3, 3), (_tree.IdleBlocks, _tree.Blocks));
        Assert.True(_tree.Evict());
        Assert.Equal(1, _tree.CountReady(key, [1, 1, 1, 1, 3, 3, 3, 3]));
        Assert.Equal(2, _tree.CountReady(key, [1, 1, 1, 1, 2, 2, 2, 2]));
        Assert.True(_tree.Evict());
        Assert.True(_tree.Evict());
        Assert.False(_tree.Evict());
        Assert.Equal((0, 0, 8), (_tree.IdleBlocks, _tree.Blocks, _pool.FreeCount));
    }

    [Fact]
    public void What_a_sequence_uses_is_not_evicted()
    {
        var key = new PrefixKey("a", "", "m");
        Insert(key, [1, 1, 1, 1, 2, 2, 2, 2]);
        var owner = new object();
        var root = _tree.EnterRoot(key);
        var node = _tree.Enter(root, [1, 1, 1, 1], owner);
        Assert.True(node.IsReady);
        Assert.True(_tree.Evict());
        Assert.False(_tree.Evict());
        _tree.Leave(node, owner);
        _tree.Leave(root, owner);
        Assert.True(_tree.Evict());
    }

    [Fact]
    public void A_pending_node_is_free_to_take_when_its_owner_leaves()
    {
        var key = new PrefixKey("a", "", "m");
        object first = new(), second = new();
        var rootOfFirst = _tree.EnterRoot(key);
        var node = _tree.Enter(rootOfFirst, [1, 1, 1, 1], first);
        Assert.Same(first, node.Owner);
        var rootOfSecond = _tree.EnterRoot(key);
        Assert.Same(node, _tree.Enter(rootOfSecond, [1, 1, 1, 1], second));
        _tree.Leave(node, first);
        _tree.Leave(rootOfFirst, first);
        Assert.Null(node.Owner);
        Assert.False(node.IsReady);
        _tree.Leave(node, second);
        _tree.Leave(rootOfSecond, second);
        Assert.Equal(0, _tree.CountReady(key, [1, 1, 1, 1]));
        Assert.Equal((0, 0), (_tree.IdleBlocks, _tree.Blocks));
    }

    [Fact]
    public void Guesses_are_what_followed_before_and_their_number_follows_success()
    {
        var drafts = new Drafting();
        int[] tokens = [1, 2, 3, 4, 5, 6, 7, 9, 1, 2, 3];
        drafts.Find(tokens, 8);
        Assert.Equal([4, 5], drafts.Tokens.ToArray());
        drafts.Learn(2);
        drafts.Find(tokens, 8);
        Assert.Equal([4, 5, 6, 7], drafts.Tokens.ToArray());
        drafts.Find(tokens, 1);
        Assert.Equal([4], drafts.Tokens.ToArray());
        drafts.Find([1, 2, 3, 4], 8);
        Assert.Equal(0, drafts.Count);
        for (int i = 0; i < 4; i++)
        {
            drafts.Find(tokens, 8);
            drafts.Learn(0);
        }
        drafts.Find(tokens, 8);
        Assert.Equal(0, drafts.Count); // it rests for a while
    }

    private void Insert(PrefixKey key, int[] tokens)
    {
        var owner = new object();
        var nodes = new List<PrefixNode> { _tree.EnterRoot(key) };
        for (int at = 0; at + Block <= tokens.Length; at += Block)
        {
            var node = _tree.Enter(nodes[^1], tokens.AsSpan(at, Block), owner);
            nodes.Add(node);
            if (node.IsReady) continue;
            int block = _pool.Take();
            _tree.Fill(node, block);
            _pool.Release(block); // the sequence lets go, the tree keeps it
        }
        for (int i = nodes.Count - 1; i >= 0; i--) _tree.Leave(nodes[i], owner);
    }
}
