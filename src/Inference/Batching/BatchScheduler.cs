namespace Weir.Inference.Batching;

/// <summary>Limits of a scheduler.</summary>
/// <param name="Parallel">Sequences that run at the same time.</param>
/// <param name="BatchTokens">Tokens of one step.</param>
/// <param name="PrefixCache">Whether blocks are shared.</param>
internal sealed record BatchLimits(int Parallel, int BatchTokens, bool PrefixCache = true)
{
    /// <summary>Tokens of a step while answers are being written: a longer step would make their readers wait.</summary>
    public int MixedTokens { get; init; } = BatchTokens;

    /// <summary>Prompt tokens a step where logits of all of them are wanted.</summary>
    public int ScoredTokens { get; init; } = 16;

    /// <summary>A step of so many rows costs hardly more than one of a single row, so drafts fill it up to here and
    /// not further.</summary>
    public int DraftRows { get; init; } = 8;
}

/// <summary>
/// Decides what each step computes. It has no clock, no threads and no randomness: the same calls give the same steps.
/// A step is planned so:
/// 1. Admit waiting sequences while there is a place and room in the KV cache; the tenant with the fewest running first.
/// 2. Each sequence that writes its answer gets one row, the oldest first.
/// 3. Rows that are cheap anyway are filled with drafts, if no prompt is being read.
/// 4. The rest of the step goes to prompts: the tenant that had the least first, and within it the shortest remainder,
///    so that first tokens come early. A prompt takes what others have computed of it; what another is about to
///    compute it waits for.
/// 5. Where blocks run out, idle cached ones are evicted; then the youngest sequence gives up its own and is computed
///    again later. The oldest is never the one, and any sequence fits alone, so there is always progress.
/// </summary>
internal sealed class BatchScheduler(BatchLimits limits, BlockPool pool, int blockTokens)
{
    private readonly List<BatchSequence> _running = [];
    private readonly List<BatchSequence> _waiting = []; // in order of arrival
    private readonly List<BatchSequence> _prompts = [];
    private readonly TenantTurns _turns = new();
    private PrefixTree _tree = new(pool, blockTokens);
    private BlockPool _pool = pool;
    private long _arrivals;

    /// <summary>Stands for adapter and weights in the key of the prefix cache.</summary>
    public (string Adapter, string Model) Source { get; set; } = ("", "");

    public IReadOnlyList<BatchSequence> Running => _running;
    public IReadOnlyList<BatchSequence> Waiting => _waiting;
    public PrefixTree Tree => _tree;
    public BlockPool Pool => _pool;
    public long Preemptions { get; private set; }

    /// <summary>Blocks that running sequences hold.</summary>
    public int UsedBlocks => _pool.Count - _pool.FreeCount - _tree.IdleBlocks;

    /// <summary>Positions that one sequence can have at most.</summary>
    public int Capacity => _pool.Count * blockTokens;

    public void Add(BatchSequence sequence)
    {
        sequence.Order = _arrivals++;
        _turns.Enter(sequence.Tenant);
        _waiting.Add(sequence);
    }

    /// <summary>The sequence has ended, or its client is gone.</summary>
    public void Remove(BatchSequence sequence)
    {
        if (sequence.IsRunning)
        {
            Free(sequence);
            _running.Remove(sequence);
            sequence.IsRunning = false;
        }
        else if (!_waiting.Remove(sequence)) return;
        _turns.Leave(sequence.Tenant);
    }

    /// <summary>Fills <paramref name="step"/> with the sequences of the next step; each tells by
    /// <see cref="BatchSequence.Planned"/> and its drafts what to compute of it. Empty only where nothing is
    /// there.</summary>
    public void Plan(List<BatchSequence> step)
    {
        step.Clear();
        Admit();
        foreach (var sequence in _running)
        {
            sequence.Planned = 0;
            sequence.Drafts.Clear();
        }
        int rows = PlanAnswers();
        PlanPrompts(rows);
        foreach (var sequence in _running)
            if (sequence.Planned > 0) step.Add(sequence);
    }

    /// <summary>The step's tokens of this sequence are in the KV cache, and <paramref name="accepted"/> drafts after
    /// them; whole blocks can be shared from now on.</summary>
    public void Commit(BatchSequence sequence, int accepted)
    {
        _turns.Serve(sequence.Tenant, sequence.Planned + sequence.Drafts.Count);
        sequence.Computed += sequence.Planned + accepted;
        sequence.Drafts.Learn(accepted);
        sequence.Planned = 0;
        if (sequence.Root is null) return;
        while (sequence.Published * blockTokens + blockTokens <= sequence.Computed) Publish(sequence);
    }

    /// <summary>New weights: every running sequence gives its place up and is computed again, and nothing cached
    /// stays.</summary>
    public void Restart(BlockPool blocks, string adapter, string model)
    {
        while (_running.Count > 0) Preempt(_running[^1]);
        _pool = blocks;
        _tree = new PrefixTree(blocks, blockTokens);
        Source = (adapter, model);
    }

    private void Admit()
    {
        while (_running.Count < limits.Parallel && _waiting.Count > 0)
        {
            var next = NextWaiting();
            if (_running.Count > 0 && !HasRoom(next)) return;
            _waiting.Remove(next);
            Enter(next);
        }
    }

    // The oldest of the tenant with the fewest running; of equal tenants the one that had the least.
    private BatchSequence NextWaiting()
    {
        BatchSequence? best = null;
        int bestRunning = 0;
        foreach (var candidate in _waiting)
        {
            if (best?.Tenant == candidate.Tenant) continue;
            int running = 0;
            foreach (var sequence in _running)
                if (sequence.Tenant == candidate.Tenant) running++;
            if (best is not null && (running > bestRunning || (running == bestRunning
                && _turns.Served(candidate.Tenant) >= _turns.Served(best.Tenant)))) continue;
            (best, bestRunning) = (candidate, running);
        }
        return best!;
    }

    /// <summary>Whether its tokens, and the next block of everyone, fit beside what the running ones still
    /// need.</summary>
    private bool HasRoom(BatchSequence sequence)
    {
        int ready = Shares(sequence) ? _tree.CountReady(KeyOf(sequence), Matchable(sequence)) : 0;
        int wanted = Needed(sequence.Length) - ready + 1;
        foreach (var other in _running) wanted += Math.Max(0, Needed(other.Length) - other.BlockCount) + 1;
        // What is ready may be idle, and then is no room for others any more.
        return wanted <= _pool.FreeCount + Math.Max(0, _tree.IdleBlocks - ready);
    }

    private void Enter(BatchSequence sequence)
    {
        int at = _running.Count;
        while (at > 0 && _running[at - 1].Order > sequence.Order) at--;
        _running.Insert(at, sequence);
        sequence.IsRunning = true;
        if (!Shares(sequence)) return;
        var node = sequence.Root = _tree.EnterRoot(KeyOf(sequence));
        for (var rest = Matchable(sequence); rest.Length >= blockTokens; rest = rest[blockTokens..])
            sequence.Path.Add(node = _tree.Enter(node, rest[..blockTokens], sequence));
        Adopt(sequence);
    }

    /// <summary>One row for each sequence that writes, and drafts; returns how many rows.</summary>
    private int PlanAnswers()
    {
        int rows = 0;
        bool reading = false;
        for (int i = 0; i < _running.Count; i++) // the young are at the end, where preemption takes them away
        {
            var sequence = _running[i];
            reading |= sequence.Pending > 1;
            if (sequence.Pending != 1 || rows >= limits.BatchTokens) continue;
            if (!Reserve(sequence, sequence.Computed + 1)) continue;
            sequence.Planned = 1;
            rows++;
        }
        if (!reading && rows > 0) PlanDrafts(rows);
        return rows;
    }

    private void PlanDrafts(int rows)
    {
        int spare = Math.Min(limits.DraftRows, limits.BatchTokens) - rows;
        int each = Math.Max(1, spare / rows);
        for (int i = 0; i < _running.Count && spare > 0; i++)
        {
            var sequence = _running[i];
            if (sequence.Planned == 0 || sequence.MaxDrafts == 0) continue;
            int place = Math.Min(FreePositions(sequence), sequence.MaxLength) - sequence.Length;
            sequence.Drafts.Find(sequence.Tokens,
                Math.Min(Math.Min(each, spare), Math.Min(sequence.MaxDrafts, place)));
            while (sequence.BlockCount < Needed(sequence.Length + sequence.Drafts.Count))
                sequence.AddBlock(_pool.Take());
            spare -= sequence.Drafts.Count;
        }
    }

    // Drafts are not worth an eviction.
    private int FreePositions(BatchSequence sequence) => (sequence.BlockCount + _pool.FreeCount) * blockTokens;

    private void PlanPrompts(int rows)
    {
        int rest = (rows > 0 ? Math.Min(limits.MixedTokens, limits.BatchTokens) : limits.BatchTokens) - rows;
        _prompts.Clear();
        foreach (var sequence in _running)
            if (sequence.Pending > 1) _prompts.Add(sequence);
        if (rest <= 0 || _prompts.Count == 0) return;
        // The oldest has a quarter for itself, so that a stream of short prompts cannot hold it up for ever.
        rest -= Give(_prompts[0], Math.Max(1, rest / 4));
        while (rest > 0 && _prompts.Count > 0)
        {
            var next = NextPrompt();
            _prompts.Remove(next);
            rest -= Give(next, rest);
        }
    }

    /// <summary>Adds up to <paramref name="most"/> tokens of a prompt to the step; returns how many.</summary>
    private int Give(BatchSequence prompt, int most)
    {
        if (!prompt.IsRunning || (prompt.Planned == 0 && Waits(prompt))) return 0;
        int count = Math.Min(prompt.Pending - prompt.Planned, most);
        if (prompt.WantsPromptLogits) count = Math.Min(count, limits.ScoredTokens - prompt.Planned);
        int planned = prompt.Computed + prompt.Planned;
        if (!Reserve(prompt, planned + count))
            count = Math.Min(count, prompt.BlockCount * blockTokens - planned);
        if (count <= 0) return 0;
        prompt.Planned += count;
        return count;
    }

    /// <summary>Of the tenant that had the least, counting this step, the prompt with the shortest remainder.</summary>
    private BatchSequence NextPrompt()
    {
        var best = _prompts[0];
        long bestServed = ServedWithStep(best.Tenant);
        for (int i = 1; i < _prompts.Count; i++)
        {
            var candidate = _prompts[i];
            long served = candidate.Tenant == best.Tenant ? bestServed : ServedWithStep(candidate.Tenant);
            if (served > bestServed || (served == bestServed && candidate.Pending >= best.Pending)) continue;
            if (served == bestServed && candidate.Tenant != best.Tenant && candidate.Order > best.Order) continue;
            (best, bestServed) = (candidate, served);
        }
        return best;
    }

    private long ServedWithStep(string tenant)
    {
        long served = _turns.Served(tenant);
        foreach (var sequence in _running)
            if (sequence.Planned > 0 && sequence.Tenant == tenant) served += sequence.Planned;
        return served;
    }

    /// <summary>Takes over blocks that are ready; true where the next one is another's to compute.</summary>
    private bool Waits(BatchSequence sequence)
    {
        Adopt(sequence);
        int index = sequence.Computed / blockTokens;
        if (sequence.Computed % blockTokens != 0 || index >= sequence.Path.Count) return false;
        var node = sequence.Path[index];
        if (node.Owner is not null && !ReferenceEquals(node.Owner, sequence) && _running[0] != sequence) return true;
        // Nobody computes it, or the oldest waits for nobody: from here on it is this one's.
        for (int i = index; i < sequence.Path.Count && (i == index || sequence.Path[i].Owner is null); i++)
            if (!sequence.Path[i].IsReady) sequence.Path[i].Owner = sequence;
        return false;
    }

    private void Adopt(BatchSequence sequence)
    {
        while (sequence.Computed % blockTokens == 0 && sequence.Computed / blockTokens == sequence.BlockCount
            && sequence.BlockCount < sequence.Path.Count && sequence.Path[sequence.BlockCount].IsReady
            && sequence.Pending > 1)
        {
            int block = sequence.Path[sequence.BlockCount].Block;
            _pool.Share(block);
            sequence.AddBlock(block);
            sequence.Computed += blockTokens;
            sequence.Published = sequence.BlockCount;
            if (!sequence.WasPreempted) sequence.Cached += blockTokens;
        }
    }

    /// <summary>A block is full: the tree gets it, or, if it has the same already, the sequence takes that one.</summary>
    private void Publish(BatchSequence sequence)
    {
        int index = sequence.Published++;
        if (index == sequence.Path.Count)
        {
            var parent = index == 0 ? sequence.Root! : sequence.Path[index - 1];
            sequence.Path.Add(_tree.Enter(parent, sequence.Tokens.Slice(index * blockTokens, blockTokens), sequence));
        }
        var node = sequence.Path[index];
        int own = sequence.Blocks[index];
        if (!node.IsReady)
        {
            _tree.Fill(node, own);
            return;
        }
        _pool.Share(node.Block);
        _pool.Release(own);
        sequence.Blocks[index] = node.Block;
    }

    /// <summary>Blocks for so many positions; evicts and preempts for them. False where the sequence was itself the
    /// youngest, or is reading and can wait.</summary>
    private bool Reserve(BatchSequence sequence, int positions)
    {
        while (sequence.BlockCount < Needed(positions))
        {
            if (_pool.FreeCount > 0 || (_tree.Evict() && _pool.FreeCount > 0)) sequence.AddBlock(_pool.Take());
            else if (_running[^1] == sequence)
            {
                // Alone it always fits; with others it is the youngest, and its turn comes again.
                if (_running.Count > 1 && sequence.Pending == 1) Preempt(sequence);
                return false;
            }
            else if (sequence.Pending == 1 || _running[0] == sequence) Preempt(_running[^1]);
            else return false;
        }
        return true;
    }

    /// <summary>Gives up its place; what it has written is kept, and is read again like a prompt.</summary>
    private void Preempt(BatchSequence sequence)
    {
        Preemptions++;
        Free(sequence);
        _running.Remove(sequence);
        sequence.IsRunning = false;
        sequence.WasPreempted = true;
        int at = _waiting.Count;
        while (at > 0 && _waiting[at - 1].Order > sequence.Order) at--;
        _waiting.Insert(at, sequence);
    }

    private void Free(BatchSequence sequence)
    {
        while (sequence.BlockCount > 0) _pool.Release(sequence.RemoveLastBlock());
        for (int i = sequence.Path.Count - 1; i >= 0; i--) _tree.Leave(sequence.Path[i], sequence);
        if (sequence.Root is { } root) _tree.Leave(root, sequence);
        sequence.Path.Clear();
        sequence.Root = null;
        (sequence.Computed, sequence.Published, sequence.Planned) = (0, 0, 0);
        sequence.Drafts.Clear();
    }

    private bool Shares(BatchSequence sequence) => limits.PrefixCache && sequence.SharesPrefix;

    private PrefixKey KeyOf(BatchSequence sequence) => new(sequence.Tenant, Source.Adapter, Source.Model);

    /// <summary>The last token must go through the model, since the next one is chosen from what it gives.</summary>
    private static ReadOnlySpan<int> Matchable(BatchSequence sequence) => sequence.Tokens[..^1];

    private int Needed(int positions) => (positions + blockTokens - 1) / blockTokens;
}
