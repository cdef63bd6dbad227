using Weir.Formats.Bcl;

namespace Weir.Inference.Accounting;

/// <summary>
/// The durable account of requests (contract 4), from which a gateway settles what it lost sight of. Rows are kept for
/// a day. A thread of its own writes what came since its last turn with one fsync; a row can be read once it is on
/// disk, so that a cursor never runs ahead of what a crash leaves. Without a file rows are kept in memory alone.
/// </summary>
internal sealed class RequestAccount : IDisposable
{
    public const int MaxPage = 10_000, MaxRows = 1_000_000;
    public static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>How long rows wait for others to share their fsync.</summary>
    private static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(5), RetryTime = TimeSpan.FromSeconds(1);
    private const int FewRows = 1000;
    private readonly TimeProvider _time;
    private readonly AccountFile? _file;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _wake = new(), _written = new(initialState: true);
    private readonly Thread? _thread;
    private readonly List<AccountRow> _rows = []; // those that can be read, by cursor; the first _expired are gone
    private List<AccountRow> _pending = [];
    private long _last;
    private int _expired, _inFile;
    private volatile bool _stopping;

    /// <param name="path">The file, or null for none.</param>
    /// <param name="time">Says what is older than a day.</param>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public RequestAccount(string? path, TimeProvider time)
    {
        _time = time;
        if (path is null) return;
        _file = AccountFile.Open(path, row =>
        {
            _inFile++;
            _last = Math.Max(_last, row.Cursor);
            if (row.Id.Length > 0) _rows.Add(row);
        });
        Expire();
        Shrink();
        _thread = new Thread(Write) { IsBackground = true, Name = "account" };
        _thread.Start();
    }

    /// <summary>Times that writing failed; the rows are tried again.</summary>
    public long WriteErrors { get; private set; }

    /// <summary>Adds a row; its cursor is given here. Returns at once.</summary>
    public void Add(AccountRow row)
    {
        lock (_gate)
        {
            row = row with { Cursor = ++_last };
            if (_file is null)
            {
                _rows.Add(row);
                Expire();
                return;
            }
            _pending.Add(row);
            _written.Reset();
        }
        _wake.Set();
    }

    /// <summary>Rows after the cursor, oldest first, at most <paramref name="limit"/>.</summary>
    public AccountPage Read(long after, int limit)
    {
        lock (_gate)
        {
            Expire();
            int low = _expired, high = _rows.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_rows[middle].Cursor > after) high = middle;
                else low = middle + 1;
            }
            var data = _rows.GetRange(low, Math.Min(limit, _rows.Count - low));
            return new AccountPage(data, data.Count > 0 ? data[^1].Cursor : after, low + data.Count < _rows.Count);
        }
    }

    /// <summary>Returns when everything added so far is on disk; false where that took too long.</summary>
    public bool Flush(TimeSpan most) => _file is null || _written.Wait(most);

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        _wake.Set();
        _thread?.Join();
        _file?.Dispose();
        _wake.Dispose();
        _written.Dispose();
    }

    private void Write()
    {
        List<AccountRow> batch = [];
        while (true)
        {
            _wake.Wait();
            if (!_stopping) Thread.Sleep(BatchTime);
            _wake.Reset();
            lock (_gate)
                if (batch.Count == 0) (batch, _pending) = (_pending, batch);
            if (batch.Count > 0 && !TryWrite(batch)) continue;
            lock (_gate)
            {
                if (_pending.Count > 0) _wake.Set();
                else _written.Set();
                if (_stopping && _pending.Count == 0) return;
            }
        }
    }

    private bool TryWrite(List<AccountRow> batch)
    {
        try
        {
            _file!.Append(batch);
            lock (_gate)
            {
                _rows.AddRange(batch);
                _inFile += batch.Count;
                Expire();
            }
            batch.Clear();
            Shrink();
            return true;
        }
        catch (IOException)
        {
            WriteErrors++; // a full disk: the rows stay, and are tried again
            if (_stopping) return Forget(batch);
            Thread.Sleep(RetryTime);
            _wake.Set();
            return false;
        }
    }

    // An engine that is told to stop does not wait for a disk to become free.
    private static bool Forget(List<AccountRow> batch)
    {
        batch.Clear();
        return true;
    }

    private void Expire()
    {
        var oldest = _time.GetUtcNow() - Kept;
        while (_expired < _rows.Count && (_rows[_expired].Ended < oldest || _rows.Count - _expired > MaxRows))
            _expired++;
        if (_expired < FewRows || _expired < _rows.Count / 2) return;
        _rows.RemoveRange(0, _expired);
        _expired = 0;
    }

    /// <summary>Writes the file anew when most of it is older than a day.</summary>
    private void Shrink()
    {
        List<AccountRow> kept;
        lock (_gate)
        {
            int living = _rows.Count - _expired;
            if (_inFile < FewRows || living > _inFile / 2) return;
            kept = _rows.GetRange(_expired, living);
            // A row without a name keeps the count where no row is left to do so.
            long written = _rows.Count > 0 ? _rows[^1].Cursor : _last;
            if (living == 0) kept.Add(new AccountRow(written, "", 0, 0, 0, "", _time.GetUtcNow(), null, 0));
        }
        _file!.Replace(kept);
        _inFile = kept.Count;
    }
}
