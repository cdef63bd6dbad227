using System.Buffers;

namespace Weir.Inference.Batching;

/// <summary>A sequence as the <see cref="BatchScheduler"/> sees it: its tokens, how many of them are in the KV cache, and
/// the blocks that hold them. Everything here belongs to the thread of the loop.</summary>
internal class BatchSequence : IDisposable
{
    private int[] _tokens;

    /// <param name="tenant">Whose turn it takes, and whose prefixes it may share.</param>
    /// <param name="prompt">At least one token.</param>
    public BatchSequence(string tenant, ReadOnlySpan<int> prompt)
    {
        Tenant = tenant;
        _tokens = ArrayPool<int>.Shared.Rent(prompt.Length + 64);
        prompt.CopyTo(_tokens);
        Length = prompt.Length;
    }

    public string Tenant { get; }

    /// <summary>Whether its blocks may come from the prefix cache and go there.</summary>
    public bool SharesPrefix { get; init; } = true;

    /// <summary>Whether logits of every prompt token are wanted, which bounds how many are read in one step.</summary>
    public bool WantsPromptLogits { get; init; }
    public bool WantsHidden { get; init; }

    /// <summary>Draft tokens to try at most in a step; 0 for none.</summary>
    public int MaxDrafts { get; init; }

    /// <summary>Tokens that it can come to have, prompt included.</summary>
    public int MaxLength { get; init; } = int.MaxValue;

    /// <summary>Place in the order of arrival: the lower, the older.</summary>
    public long Order { get; set; }

    /// <summary>Tokens known: prompt and answer.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Tokens that still have to go through the model before the next one can be chosen.</summary>
    public int Pending => Length - Computed;

    /// <summary>Prompt tokens that were taken from others. What it finds again of its own after a preemption does not
    /// count.</summary>
    public int Cached { get; set; }
    public bool WasPreempted { get; set; }

    /// <summary>Block table and how much of it is used.</summary>
    public int[] Blocks { get; private set; } = [];
    public int BlockCount { get; private set; }

    /// <summary>How many of its blocks the prefix tree knows.</summary>
    public int Published { get; set; }

    /// <summary>Nodes of the prefix tree that its tokens lead through, a node a block.</summary>
    public List<PrefixNode> Path { get; } = [];
    public PrefixNode? Root { get; set; }

    public bool IsRunning { get; set; }

    /// <summary>Tokens of this step; 0 where it rests. Drafts come on top.</summary>
    public int Planned { get; set; }
    public Drafting Drafts { get; } = new();

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Length);

    public void Append(int token)
    {
        if (Length == _tokens.Length)
        {
            var larger = ArrayPool<int>.Shared.Rent(Length * 2);
            _tokens.AsSpan().CopyTo(larger);
            ArrayPool<int>.Shared.Return(_tokens);
            _tokens = larger;
        }
        _tokens[Length++] = token;
    }

    public void AddBlock(int block)
    {
        if (BlockCount == Blocks.Length)
        {
            var larger = ArrayPool<int>.Shared.Rent(Math.Max(16, BlockCount * 2));
            Blocks.AsSpan().CopyTo(larger);
            if (Blocks.Length > 0) ArrayPool<int>.Shared.Return(Blocks);
            Blocks = larger;
        }
        Blocks[BlockCount++] = block;
    }

    public int RemoveLastBlock() => Blocks[--BlockCount];

    /// <summary>Gives the arrays back; the scheduler must have let go of it.</summary>
    public void Dispose()
    {
        if (_tokens.Length > 0) ArrayPool<int>.Shared.Return(_tokens);
        if (Blocks.Length > 0) ArrayPool<int>.Shared.Return(Blocks);
        (_tokens, Blocks) = ([], []);
        (Length, BlockCount) = (0, 0);
        GC.SuppressFinalize(this);
    }
}
