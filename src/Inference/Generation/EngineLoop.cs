using Weir.Formats.Bcl;
using Weir.Inference.Batching;
using Weir.Inference.Sampling;

namespace Weir.Inference.Generation;

/// <summary>What the engine's thread does in a step, and what it has counted. Only <see cref="Stats"/> and the
/// histograms may be asked from outside.</summary>
internal sealed class EngineLoop
{
    private readonly EngineLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<Sequence, string, Exception?> _finish;
    private readonly List<BatchSequence> _step = [];
    private readonly List<Sequence> _leaving = [];
    private readonly List<(Sequence Sequence, Exception Error)> _failures = [];
    private readonly RateMeter _generatedRate, _promptRate;
    private readonly long _started;
    private readonly BatchScheduler _scheduler;
    private ServedModel _model;
    private SamplerScratch _scratch;
    private int[] _tokens;
    private BatchSegment[] _segments;
    private long _generated, _prompted, _cached, _drafted, _accepted, _steps;
    private volatile EngineStats _stats = new();

    public EngineLoop(ServedModel model, EngineLimits limits, TimeProvider time,
        Action<Sequence, string, Exception?> finish)
    {
        _model = model;
        _limits = limits;
        _time = time;
        _finish = finish;
        _started = time.GetTimestamp();
        (_generatedRate, _promptRate) = (new RateMeter(time), new RateMeter(time));
        _tokens = new int[limits.BatchTokens];
        _segments = new BatchSegment[limits.BatchTokens];
        _scratch = new SamplerScratch(model.Runner.VocabularySize);
        var pool = new BlockPool(model.Runner.BlockCount);
        _scheduler = new BatchScheduler(
            new BatchLimits(limits.Parallel, limits.BatchTokens, limits.PrefixCache), pool, model.Runner.BlockTokens)
        {
            Source = ("", model.Hash),
        };
        Publish();
    }

    public BatchScheduler Scheduler => _scheduler;
    public Histogram TimeToFirstToken { get; } = new();
    public Histogram InterTokenLatency { get; } = new();

    public EngineStats Stats()
    {
        lock (_generatedRate)
            return _stats with
            {
                TokensPerSecond = _generatedRate.PerSecond(), PromptTokensPerSecond = _promptRate.PerSecond(),
                UptimeSeconds = _time.GetElapsedTime(_started).TotalSeconds,
            };
    }

    public void Add(Sequence sequence)
    {
        // One whose client left while it waited stands here until the next sweep.
        if (!sequence.HasLeft) _scheduler.Add(sequence);
        else sequence.Dispose();
    }

    /// <summary>Lets go of sequences whose clients have left.</summary>
    public void Sweep()
    {
        _leaving.Clear();
        foreach (var sequence in _scheduler.Running) NoteLeaving((Sequence)sequence);
        foreach (var sequence in _scheduler.Waiting) NoteLeaving((Sequence)sequence);
        foreach (var sequence in _leaving) _scheduler.Remove(sequence);
        if (_leaving.Count > 0) Publish();
        foreach (var sequence in _leaving) Close(sequence, "client_gone", null);
    }

    public void EndAll(Exception error)
    {
        _leaving.Clear();
        foreach (var sequence in _scheduler.Running) _leaving.Add((Sequence)sequence);
        foreach (var sequence in _scheduler.Waiting) _leaving.Add((Sequence)sequence);
        foreach (var sequence in _leaving) _scheduler.Remove(sequence);
        Publish();
        foreach (var sequence in _leaving) Close(sequence, "engine_stopped", error);
    }

    public void Restart(ServedModel model)
    {
        _model = model;
        _scratch = new SamplerScratch(model.Runner.VocabularySize);
        _scheduler.Restart(new BlockPool(model.Runner.BlockCount), "", model.Hash);
        Publish();
    }

    /// <summary>One step; false where there is nothing to do.</summary>
    public bool Step()
    {
        if (_scheduler.Running.Count == 0 && _scheduler.Waiting.Count == 0) return false;
        _scheduler.Plan(_step);
        foreach (var sequence in _step) Enter((Sequence)sequence);
        if (_step.Count == 0) throw new InvalidOperationException("There are sequences, and none can go on.");
        int count = Lay();
        try
        {
            _model.Runner.Forward(_tokens.AsSpan(0, count), _segments.AsSpan(0, _step.Count));
        }
        catch (OutOfMemoryException e)
        {
            // These requests end with it; the engine and the others live on.
            foreach (var sequence in _step) _scheduler.Remove(sequence);
            Publish();
            foreach (var sequence in _step) Close((Sequence)sequence, "error", e);
            return true;
        }
        _steps++;
        Collect();
        return true;
    }

    // A sequence is taken in when it is first computed. Its client may have left at this very moment; then the sweep
    // that follows takes it out again.
    private static void Enter(Sequence sequence) => sequence.TryEnter();

    /// <summary>Lays the step's tokens out side by side; returns how many.</summary>
    private int Lay()
    {
        int count = 0;
        for (int i = 0; i < _step.Count; i++)
        {
            var sequence = (Sequence)_step[i];
            int own = sequence.Planned + sequence.Drafts.Count;
            sequence.Tokens.Slice(sequence.Computed, sequence.Planned).CopyTo(_tokens.AsSpan(count));
            sequence.Drafts.Tokens.CopyTo(_tokens.AsSpan(count + sequence.Planned));
            _segments[i] = new BatchSegment(count, own, sequence.Computed, sequence.Blocks, RowsOf(sequence),
                sequence.WantsHidden);
            count += own;
        }
        return count;
    }

    private static int RowsOf(Sequence sequence)
    {
        if (sequence.WantsPromptLogits) return sequence.Planned + sequence.Drafts.Count;
        return sequence.Planned == sequence.Pending && sequence.WantsTokens ? 1 + sequence.Drafts.Count : 0;
    }

    private void Collect()
    {
        long now = _time.GetTimestamp();
        int row = 0, generated = 0, prompted = 0;
        _leaving.Clear();
        _failures.Clear();
        for (int i = 0; i < _step.Count; i++)
        {
            var sequence = (Sequence)_step[i];
            var segment = _segments[i];
            int before = sequence.Generated, computed = sequence.Planned;
            Read(sequence, segment, row);
            int accepted = 0, drafts = sequence.Drafts.Count;
            if (sequence.Planned == sequence.Pending)
            {
                if (sequence.WantsTokens)
                    accepted = Choose(sequence, row + segment.LogitRows - 1 - drafts);
                else sequence.EndPrompt();
            }
            row += segment.LogitRows;
            if (before == 0) prompted += computed;
            (_drafted, _accepted) = (_drafted + drafts, _accepted + accepted);
            int made = sequence.Generated - before;
            if (made > 0) Note(sequence, before, made, now);
            generated += made;
            _scheduler.Commit(sequence, accepted);
            if (sequence.HasEnded) _leaving.Add(sequence);
        }
        _generated += generated;
        lock (_generatedRate)
        {
            _generatedRate.Add(generated);
            _promptRate.Add(prompted);
        }
        foreach (var sequence in _leaving) _scheduler.Remove(sequence);
        foreach (var (sequence, _) in _failures) _scheduler.Remove(sequence);
        Publish();
        foreach (var sequence in _leaving) Close(sequence, sequence.FinishReason!, null);
        foreach (var (sequence, error) in _failures) Close(sequence, "error", error);
    }

    private void Read(Sequence sequence, BatchSegment segment, int row)
    {
        if (sequence.WantsPromptLogits) sequence.ScorePrompt(sequence.Computed, sequence.Planned, _model.Runner, row);
        if (sequence.Pooling is not { } pooling) return;
        for (int i = 0; i < segment.Count; i++)
            pooling.Add(segment.FirstPosition + i, _model.Runner.Hidden(segment.Start + i));
    }

    /// <summary>Chooses a token, and one more for each draft that came true; returns how many did.</summary>
    private int Choose(Sequence sequence, int row)
    {
        var drafts = sequence.Drafts.Tokens;
        for (int i = 0; ; i++)
        {
            int token;
            try
            {
                token = sequence.Choose(_model.Runner.Logits(row + i), _scratch);
            }
            catch (UserErrorException e)
            {
                _failures.Add((sequence, e)); // a grammar that costs too much
                return i;
            }
            if (sequence.HasEnded || i == drafts.Length || drafts[i] != token) return i;
        }
    }

    private void Note(Sequence sequence, int before, int made, long now)
    {
        if (before == 0)
        {
            var after = _time.GetElapsedTime(sequence.Arrived, now);
            TimeToFirstToken.Add(after.TotalSeconds);
            sequence.Ticket.FirstToken(after);
            sequence.Ticket.CachedTokens = Math.Max(sequence.Ticket.CachedTokens, sequence.CachedTokens);
            _prompted += sequence.Prompt.Length;
            _cached += sequence.CachedTokens;
        }
        else
        {
            double each = _time.GetElapsedTime(sequence.LastTokenAt, now).TotalSeconds / made;
            for (int i = 0; i < made; i++) InterTokenLatency.Add(each);
        }
        sequence.LastTokenAt = now;
    }

    private void NoteLeaving(Sequence sequence)
    {
        if (sequence.HasLeft || sequence.Cancelled.IsCancellationRequested) _leaving.Add(sequence);
    }

    /// <summary>Tells the reader; the last thing that is done with a sequence.</summary>
    private void Close(Sequence sequence, string reason, Exception? error)
    {
        // One that left by itself has been told already.
        if (!sequence.HasLeft)
        {
            sequence.TryEnter();
            _finish(sequence, reason, error);
        }
        sequence.Dispose();
    }

    private void Publish() => _stats = new EngineStats
    {
        Running = _scheduler.Running.Count, KvBlocksTotal = _scheduler.Pool.Count,
        KvBlocksUsed = _scheduler.UsedBlocks, KvBlocksCached = _scheduler.Tree.IdleBlocks,
        BlockTokens = _model.Runner.BlockTokens, KvBytes = _model.Runner.KvBytes, TokensGeneratedTotal = _generated,
        PromptTokensTotal = _prompted, CachedTokensTotal = _cached, PreemptionsTotal = _scheduler.Preemptions,
        DraftTokensTotal = _drafted, AcceptedDraftsTotal = _accepted, StepsTotal = _steps,
    };
}
