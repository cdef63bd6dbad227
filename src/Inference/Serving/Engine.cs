using System.Diagnostics;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>The queue is full; the client should come back later.</summary>
internal sealed class EngineBusyException(int waiting)
    : Exception($"{waiting} requests are waiting already. Try again in a moment.");

/// <summary>Counts of an engine since its start.</summary>
internal sealed record EngineStats(int Running, int Waiting, long KvTokensUsed, long KvTokensTotal,
    double TokensPerSecond,
    long RequestsTotal, long TokensGeneratedTotal, double UptimeSeconds);

/// <summary>
/// Serves sequences of one model. Each of a few threads takes the next sequence from a round-robin line, does one step
/// of it (a chunk of prompt or one token) and puts it back, so that sequences share the machine evenly and a step
/// belongs to one thread. At most <c>parallel</c> sequences are in the line; others wait in order, up to a limit.
/// </summary>
internal sealed class Engine : IDisposable
{
    public const int MaxWaiting = 256;
    private readonly LoadedModel _model;
    private readonly int _parallel;
    private readonly Lock _gate = new();
    private readonly Queue<Sequence> _line = new();
    private readonly Queue<Sequence> _waiting = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread[] _threads;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Queue<(long Time, long Tokens)> _recent = new();
    private readonly HashSet<Sequence> _active = [];
    private long _requests, _generated;

    public Engine(LoadedModel model, int threads, int parallel)
    {
        _model = model;
        _parallel = parallel;
        _threads = [.. Enumerable.Range(0, threads)
            .Select(i => new Thread(Work) { IsBackground = true, Name = $"engine-{i}" })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Puts a request in line.</summary>
    /// <exception cref="EngineBusyException">Too many are waiting.</exception>
    public Sequence Submit(int[] prompt, GenerationOptions options, CancellationToken cancelled)
    {
        var sequence = new Sequence(_model, prompt, options, cancelled);
        lock (_gate)
        {
            if (_active.Count >= _parallel)
            {
                if (_waiting.Count >= MaxWaiting) throw new EngineBusyException(_waiting.Count);
                _waiting.Enqueue(sequence);
            }
            else Enter(sequence);
            _requests++;
        }
        return sequence;
    }

    public EngineStats Stats()
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            _recent.Enqueue((now, _generated));
            while (_recent.Count > 1 && Stopwatch.GetElapsedTime(_recent.Peek().Time,
                now) > TimeSpan.FromSeconds(10)) _recent.Dequeue();
            var (time, tokens) = _recent.Peek();
            double seconds = Stopwatch.GetElapsedTime(time, now).TotalSeconds;
            return new EngineStats(_active.Count, _waiting.Count, _active.Sum(s => (long)s.Cache.Length),
                (long)_parallel * _model.Config.ContextLength, seconds > 0 ? (_generated - tokens) / seconds
                : 0, _requests, _generated,
                Stopwatch.GetElapsedTime(_started, now).TotalSeconds);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var thread in _threads) thread.Join();
        foreach (var sequence in _active.Concat(_waiting))
            sequence.Complete(new OperationCanceledException("The engine has stopped."));
        _stopping.Dispose();
        _ready.Dispose();
    }

    private void Enter(Sequence sequence)
    {
        _active.Add(sequence);
        _line.Enqueue(sequence);
        _ready.Release();
    }

    private void Work()
    {
        var decoder = new Decoder(_model);
        var logits = new float[_model.Config.VocabularySize];
        try
        {
            while (true)
            {
                _ready.Wait(_stopping.Token);
                Sequence sequence;
                lock (_gate) sequence = _line.Dequeue();
                int before = sequence.Generated;
                bool goesOn = false;
                Exception? error = null;
                if (!sequence.Cancelled.IsCancellationRequested)
                {
                    try
                    {
                        goesOn = sequence.Advance(decoder, logits);
                    }
                    catch (Exception e) when (e is OutOfMemoryException)
                    {
                        error = e; // this request ends with it; the engine and the others live on
                    }
                }
                Return(sequence, goesOn, sequence.Generated - before, error);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // told to stop
        }
    }

    private void Return(Sequence sequence, bool goesOn, int generated, Exception? error)
    {
        lock (_gate)
        {
            _generated += generated;
            if (goesOn)
            {
                _line.Enqueue(sequence);
                _ready.Release();
                return;
            }
            _active.Remove(sequence);
            while (_active.Count < _parallel && _waiting.TryDequeue(out var next))
                if (next.Cancelled.IsCancellationRequested) next.Complete();
                else Enter(next);
        }
        sequence.Complete(error);
    }
}
