using System.Collections.Concurrent;
using Weir.Formats.Bcl;
using Weir.Inference.Batching;

namespace Weir.Inference.Generation;

/// <summary>The queue is full; the client should come back later.</summary>
internal sealed class EngineBusyException(int waiting)
    : Exception($"The engine is busy: {waiting} requests are waiting already. Try again in a moment.");

/// <summary>The engine stopped before the request was finished.</summary>
internal sealed class EngineStoppedException() : Exception("The engine has stopped.");

/// <summary>
/// Serves sequences of one model. One thread goes round: take in what came, plan a step, run it, choose tokens, pass
/// them on. It sleeps while there is nothing to do. Everything that its sequences are is its own; others only put in
/// and read out.
/// </summary>
internal sealed class Engine : IDisposable
{
    public const int MaxWaiting = 256;
    private readonly EngineLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<RequestTicket>? _ended;
    private readonly ConcurrentQueue<Sequence> _inbox = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly EngineLoop _loop;
    private readonly Thread _thread;
    private readonly int _parallel;
    private readonly Lock _gate = new();
    private int _live;
    private long _requests, _refused, _cancelled;
    private volatile bool _sweep, _stopping;
    private PendingSwap? _swap;

    /// <param name="model">The engine owns its runner.</param>
    /// <param name="limits">What it is allowed.</param>
    /// <param name="time">Gives times and rates.</param>
    /// <param name="ended">Called by the loop when the last sequence of a request has ended; must be quick.</param>
    public Engine(ServedModel model, EngineLimits limits, TimeProvider time, Action<RequestTicket>? ended = null)
    {
        Model = model;
        _time = time;
        _ended = ended;
        // Each running sequence has a row in every step, and a prompt always gets some as well.
        int batch = Math.Min(limits.BatchTokens, model.Runner.MaxBatchTokens);
        _parallel = Math.Max(1, Math.Min(limits.Parallel, batch - Math.Min(16, batch / 2)));
        _limits = limits with { BatchTokens = batch, Parallel = _parallel };
        _loop = new EngineLoop(model, _limits, time, Finish);
        _thread = new Thread(Work) { IsBackground = true, Name = "engine" };
        _thread.Start();
    }

    public ServedModel Model { get; private set; }
    public EngineLoop Loop => _loop;
    public bool IsIdle => Volatile.Read(ref _live) == 0;

    /// <summary>Puts a sequence in line. When <paramref name="cancelled"/> fires, it leaves within one step.</summary>
    /// <exception cref="EngineBusyException">Too many are waiting.</exception>
    public Sequence Submit(int[] prompt, GenerationOptions options, CancellationToken cancelled) =>
        Submit(new RequestTicket("", options.Tenant, _time.GetUtcNow()), prompt, [options], cancelled).Sequences[0];

    /// <summary>Puts the sequences of one request in line, all or none. They share one signal.</summary>
    /// <inheritdoc cref="Submit(int[], GenerationOptions, CancellationToken)"/>
    public (Sequence[] Sequences, AnswerSignal Signal) Submit(RequestTicket ticket, int[] prompt,
        IReadOnlyList<GenerationOptions> choices, CancellationToken cancelled)
    {
        var model = Model;
        if (prompt.Length == 0) throw new ArgumentException("A prompt has at least one token.", nameof(prompt));
        if (prompt.Length > model.Positions)
            throw new UserErrorException($"The prompt has {prompt.Length} tokens, and this engine has room for "
                + $"{model.Positions}. Shorten the prompt.");
        Enter(choices.Count);
        var signal = new AnswerSignal();
        ticket.PromptTokens += prompt.Length;
        long now = _time.GetTimestamp();
        var sequences = new Sequence[choices.Count];
        for (int i = 0; i < sequences.Length; i++)
        {
            ticket.Enter();
            sequences[i] = new Sequence(model, prompt, choices[i], ticket, signal, cancelled)
            {
                SharesPrefix = choices[i] is { ScorePrompt: false, Pooling: null },
                WantsPromptLogits = choices[i] is { ScorePrompt: true, Scores: not null },
                WantsHidden = choices[i].Pooling is not null,
                MaxDrafts = _limits.Speculate,
                MaxLength = (int)Math.Min(model.Positions, (long)prompt.Length + choices[i].MaxTokens),
                Arrived = now,
            };
        }
        foreach (var sequence in sequences) _inbox.Enqueue(sequence);
        _wake.Set();
        foreach (var sequence in sequences)
            sequence.Registration = cancelled.UnsafeRegister(static (state, _) =>
            {
                var (engine, one) = ((Engine, Sequence))state!;
                engine.Leave(one);
            }, (this, sequence));
        return (sequences, signal);
    }

    /// <summary>For who entered a ticket by hand, to hold it over several calls.</summary>
    public void Release(RequestTicket ticket)
    {
        if (ticket.Leave(0, "stop")) _ended?.Invoke(ticket);
    }

    /// <summary>Puts other weights in at the end of a step. Sequences that run go on with them; their tokens so far are
    /// read again, and nothing cached stays. Ends when the old runner has been released.</summary>
    public Task SwapAsync(ServedModel model)
    {
        var now = Model;
        if (model.Positions < now.Positions || model.VocabularySize != now.VocabularySize
            || model.Tokenizer.Digest != now.Tokenizer.Digest)
        {
            model.Runner.Dispose();
            throw new UserErrorException("The other weights have another tokenizer or less context than those that "
                + "are served. Start an engine of their own for them.");
        }
        var swap = new PendingSwap(model);
        lock (_gate)
        {
            if (!_stopping && _swap is null)
            {
                _swap = swap;
                _wake.Set();
                return swap.Done.Task;
            }
        }
        model.Runner.Dispose();
        if (_stopping) throw new EngineStoppedException();
        throw new UserErrorException("Other weights are being put in already. Ask again when they are.");
    }

    public EngineStats Stats()
    {
        var stats = _loop.Stats();
        return stats with
        {
            Waiting = Math.Max(0, Volatile.Read(ref _live) - stats.Running),
            RequestsTotal = Interlocked.Read(ref _requests), RefusedTotal = Interlocked.Read(ref _refused),
            CancelledTotal = Interlocked.Read(ref _cancelled),
        };
    }

    /// <summary>Stops after the step that is being made; sequences that are not done end with
    /// <see cref="EngineStoppedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping) return;
            _stopping = true;
        }
        _wake.Set();
        _thread.Join();
        TakeIn();
        _loop.EndAll(new EngineStoppedException());
        _swap?.Done.TrySetException(new EngineStoppedException());
        Model.Runner.Dispose();
        _wake.Dispose();
    }

    private void Enter(int count)
    {
        while (true)
        {
            int live = Volatile.Read(ref _live);
            if (_stopping) throw new EngineStoppedException();
            if (live + count > _parallel + _limits.MaxWaiting)
            {
                Interlocked.Increment(ref _refused);
                throw new EngineBusyException(Math.Max(0, live - _parallel));
            }
            if (Interlocked.CompareExchange(ref _live, live + count, live) != live) continue;
            Interlocked.Increment(ref _requests);
            return;
        }
    }

    /// <summary>The client of a sequence is gone. One that waits gives its place up at once; the loop notices the
    /// others.</summary>
    private void Leave(Sequence sequence)
    {
        if (sequence.TryLeaveQueue()) Close(sequence, "client_gone", null);
        _sweep = true;
        _wake.Set();
    }

    /// <summary>By the loop: a sequence that was taken in has ended.</summary>
    private void Finish(Sequence sequence, string reason, Exception? error)
    {
        sequence.Registration.Dispose();
        Close(sequence, reason, error);
    }

    private void Close(Sequence sequence, string reason, Exception? error)
    {
        if (reason == "client_gone") Interlocked.Increment(ref _cancelled);
        Interlocked.Decrement(ref _live);
        if (sequence.Ticket.Leave(sequence.Generated, reason)) _ended?.Invoke(sequence.Ticket);
        sequence.Answer.End(sequence.FinishReason, error);
    }

    private void Work()
    {
        while (!_stopping)
        {
            _wake.Reset();
            TakeIn();
            if (_sweep)
            {
                _sweep = false;
                _loop.Sweep();
            }
            Swap();
            if (!_stopping && !_loop.Step()) _wake.Wait();
        }
    }

    private void TakeIn()
    {
        while (_inbox.TryDequeue(out var sequence)) _loop.Add(sequence);
    }

    private void Swap()
    {
        PendingSwap? swap;
        lock (_gate) (swap, _swap) = (_swap, null);
        if (swap is null) return;
        var old = Model.Runner;
        _loop.Restart(swap.Model);
        Model = swap.Model;
        old.Dispose();
        swap.Done.SetResult();
    }

    private sealed record PendingSwap(ServedModel Model)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
