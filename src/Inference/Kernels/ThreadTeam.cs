using System.Diagnostics;

namespace Weir.Inference.Kernels;

/// <summary>Work that is made of units which may be done in any order, by any thread.</summary>
internal interface ITeamWork
{
    /// <param name="unit">Which unit.</param>
    /// <param name="member">Which member of the team does it, from 0: for scratch that belongs to a thread.</param>
    void Do(int unit, int member);
}

/// <summary>
/// A few threads that share work with the caller. Units are claimed one by one, so that a thread which the system takes
/// off its core holds back only the unit that it has begun. Members spin for at most <see cref="SpinTime"/> and then
/// park, so that an idle team costs nothing and neighbours on the machine get their share.
/// One thread at a time calls <see cref="Run"/>.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    /// <summary>The most units of one run.</summary>
    public const int MaxUnits = (1 << UnitBits) - 1;

    // The ticket of a run: its number (the rest), how many units it has, and the next unit to be claimed. A claim adds
    // one and learns from the same word what it may do, so that a thread that comes late can never mistake one run for
    // another. The room above the highest unit takes the claims that come too late.
    private const int UnitBits = 20, IndexBits = 22, RunShift = UnitBits + IndexBits;
    private static readonly long SpinTicks = SpinTime.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond;
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _finished = new(0);
    private ITeamWork? _work;
    private long _ticket;
    private int _left, _parked, _callerParked;
    private volatile bool _stopping;
    private bool _callerPinned;

    /// <param name="size">Threads in all, the caller's included.</param>
    /// <param name="cores">Cores that are reserved for the team, one a member; empty for wherever the system
    /// likes.</param>
    public ThreadTeam(int size, IReadOnlyList<int>? cores = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Size = size;
        Cores = cores ?? [];
        _threads = [.. Enumerable.Range(1, size - 1).Select(member => new Thread(() => Serve(member))
        {
            IsBackground = true, Name = $"team-{member}",
        })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>How long a member spins before it parks.</summary>
    public static TimeSpan SpinTime => TimeSpan.FromMicroseconds(50);

    public int Size { get; }

    public IReadOnlyList<int> Cores { get; }

    /// <summary>Does units 0 to <paramref name="units"/> - 1 and returns when all are done. A unit must not
    /// throw.</summary>
    public void Run(ITeamWork work, int units)
    {
        if (units <= 0) return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, MaxUnits);
        if (!_callerPinned)
        {
            if (Cores.Count > 0) CorePinning.PinThisThread(Cores[0]);
            _callerPinned = true;
        }
        if (Size == 1 || units == 1)
        {
            for (int unit = 0; unit < units; unit++) work.Do(unit, 0);
            return;
        }
        _work = work;
        Volatile.Write(ref _left, units);
        long run = (_ticket >>> RunShift) + 1;
        // The full fence of the exchange orders it before the look at who is parked.
        Interlocked.Exchange(ref _ticket, run << RunShift | (long)units << IndexBits);
        int parked = Volatile.Read(ref _parked);
        if (parked > 0) _wake.Release(Math.Min(parked, units - 1));
        Claim(0);
        AwaitOthers();
        _work = null;
    }

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        if (_threads.Length > 0) _wake.Release(_threads.Length);
        foreach (var thread in _threads) thread.Join();
        _wake.Dispose();
        _finished.Dispose();
    }

    private void Claim(int member)
    {
        while (HasUnit(Volatile.Read(ref _ticket)))
        {
            long ticket = Interlocked.Increment(ref _ticket) - 1;
            if (!HasUnit(ticket)) return;
            // The run cannot end before this unit is done, so its work stands there.
            _work!.Do((int)(ticket & ((1 << IndexBits) - 1)), member);
            if (Interlocked.Decrement(ref _left) == 0 && member != 0 && Volatile.Read(ref _callerParked) == 1
                && Interlocked.Exchange(ref _callerParked, 0) == 1) _finished.Release();
        }
    }

    private static bool HasUnit(long ticket) =>
        (ticket & ((1 << IndexBits) - 1)) < (ticket >>> IndexBits & ((1 << UnitBits) - 1));

    private void AwaitOthers()
    {
        long until = 0;
        while (Volatile.Read(ref _left) > 0)
        {
            Thread.SpinWait(8);
            long now = Stopwatch.GetTimestamp();
            if (until == 0) until = now + SpinTicks;
            if (now < until) continue;
            Interlocked.Exchange(ref _callerParked, 1);
            if (Volatile.Read(ref _left) > 0) _finished.Wait();
            // Whoever takes the mark back releases; if that was the other side, its release is to be taken too.
            else if (Interlocked.Exchange(ref _callerParked, 0) == 0) _finished.Wait();
            return;
        }
    }

    private void Serve(int member)
    {
        if (Cores.Count > member) CorePinning.PinThisThread(Cores[member]);
        long until = Stopwatch.GetTimestamp() + SpinTicks;
        while (!_stopping)
        {
            if (HasUnit(Volatile.Read(ref _ticket)))
            {
                Claim(member);
                until = Stopwatch.GetTimestamp() + SpinTicks;
            }
            else if (Stopwatch.GetTimestamp() < until) Thread.SpinWait(8);
            else
            {
                Interlocked.Increment(ref _parked);
                // Work that came before the count was up has not woken anybody.
                if (!HasUnit(Volatile.Read(ref _ticket)) && !_stopping) _wake.Wait();
                Interlocked.Decrement(ref _parked);
                until = Stopwatch.GetTimestamp() + SpinTicks;
            }
        }
    }
}
