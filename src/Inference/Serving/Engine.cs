using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>The queue is full; the client should come back later.</summary>
internal sealed class EngineBusyException(int waiting)
    : Exception($"The engine is busy: {waiting} requests are waiting already. Try again in a moment.");

/// <summary>The engine stopped before the request was finished.</summary>
internal sealed class EngineStoppedException() : Exception("The engine has stopped.");

/// <summary>Counts of an engine; totals since its start, the rate over the last ten seconds.</summary>
internal sealed record EngineStats(int Running, int Waiting, long KvTokensUsed, long KvTokensTotal,
    double TokensPerSecond, long RequestsTotal, long TokensGeneratedTotal, double UptimeSeconds);

/// <summary>
/// Serves sequences of one model. Each of a few threads takes the next sequence from a round-robin line, does one step
/// of it (a chunk of prompt or one token) and puts it back, so that sequences share the machine evenly and a step
/// belongs to one thread. At most <c>parallel</c> sequences are in the line; others wait in order, up to
/// <see cref="MaxWaiting"/>. While fewer sequences than threads run, large products inside a step use the threads that
/// are left.
/// </summary>
internal sealed class Engine : IDisposable
{
    public const int MaxWaiting = 256;
    private readonly LoadedModel _model;
    private readonly int _parallel;
    private readonly int _maxWaiting;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<Sequence> _line = new();
    private readonly LinkedList<Sequence> _waiting = new();
    private readonly HashSet<Sequence> _active = [];
    private readonly SemaphoreSlim _ready = new(0); // counts what stands in the line
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread[] _threads;
    private readonly RateMeter _rate;
    private readonly long _started;
    private long _requests, _generated;
    private bool _disposed;

    public Engine(LoadedModel model, int threads, int parallel, TimeProvider time, int maxWaiting = MaxWaiting)
    {
        _model = model;
        _parallel = parallel;
        _maxWaiting = maxWaiting;
        _time = time;
        _started = time.GetTimestamp();
        _rate = new RateMeter(time);
        _threads = [.. Enumerable.Range(0, threads).Select(i =>
            new Thread(Work) { IsBackground = true, Name = $"engine-{i}" })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Puts a request in line. When <paramref name="cancelled"/> fires, it leaves within one step.</summary>
    /// <exception cref="EngineBusyException">Too many are waiting.</exception>
    public Sequence Submit(int[] prompt, GenerationOptions options, CancellationToken cancelled)
    {
        var sequence = new Sequence(_model, prompt, options, cancelled);
        bool waits;
        lock (_gate)
        {
            if (_disposed) throw new EngineStoppedException();
            waits = _active.Count >= _parallel;
            if (waits && _waiting.Count >= _maxWaiting) throw new EngineBusyException(_waiting.Count);
            if (waits) _waiting.AddLast(sequence);
            else Enter(sequence);
            _requests++;
        }
        if (waits) cancelled.Register(() => LeaveQueue(sequence));
        return sequence;
    }

    public EngineStats Stats()
    {
        lock (_gate)
            return new EngineStats(_active.Count, _waiting.Count, _active.Sum(s => (long)s.Cache.Length),
                (long)_parallel * _model.Config.ContextLength, _rate.PerSecond(), _requests, _generated,
                _time.GetElapsedTime(_started).TotalSeconds);
    }

    /// <summary>Stops after the steps that are being made; sequences that are not done end with
    /// <see cref="EngineStoppedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _stopping.Cancel();
        }
        foreach (var thread in _threads) thread.Join();
        foreach (var sequence in _active.Concat(_waiting)) sequence.Complete(new EngineStoppedException());
        _stopping.Dispose();
        _ready.Dispose();
    }

    private void LeaveQueue(Sequence sequence)
    {
        bool left;
        lock (_gate) left = _waiting.Remove(sequence);
        if (left) sequence.Complete();
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
        Sequence? sequence = null;
        while (!_stopping.IsCancellationRequested)
        {
            if (sequence is null)
            {
                try
                {
                    _ready.Wait(_stopping.Token);
                }
                catch (OperationCanceledException)
                {
                    return; // told to stop while there was nothing to do
                }
                lock (_gate) sequence = _line.Dequeue();
            }
            sequence = Step(sequence, decoder);
        }
    }

    /// <summary>One step of the sequence. Returns what the thread works on next, null for what comes from the
    /// line.</summary>
    private Sequence? Step(Sequence sequence, Decoder decoder)
    {
        int before = sequence.Generated;
        bool goesOn = false;
        Exception? error = null;
        if (!sequence.Cancelled.IsCancellationRequested)
        {
            try
            {
                decoder.Threads = Math.Max(1, _threads.Length / Math.Max(1, _active.Count));
                goesOn = sequence.Advance(decoder);
            }
            catch (OutOfMemoryException e)
            {
                error = e; // this request ends with it; the engine and the others live on
            }
        }
        lock (_gate)
        {
            int generated = sequence.Generated - before;
            _generated += generated;
            _rate.Add(generated);
            if (goesOn)
            {
                if (_line.Count == 0) return sequence;
                // One goes in and one comes out, so what the semaphore counts stays true.
                _line.Enqueue(sequence);
                return _line.Dequeue();
            }
            _active.Remove(sequence);
            while (_active.Count < _parallel && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                Enter(next.Value);
            }
        }
        sequence.Complete(error);
        return null;
    }
}
