using Weir.Data.Running;

namespace Weir.Data.Curation;

/// <summary>Keeps the held-out documents of the lowest draws when there may be only so many. The choice depends on
/// the set of documents, not on their order. Candidates wait in a file, so that memory holds only their
/// places.</summary>
internal sealed class HeldOutChoice : IDisposable
{
    private readonly record struct Place(long Offset, int Length, Candidate Candidate);

    private readonly long _maximum;
    private readonly string _path;
    private readonly FileStream _waiting;
    private readonly PriorityQueue<Place, double> _highestDrawFirst =
        new(Comparer<double>.Create((a, b) => b.CompareTo(a)));

    public HeldOutChoice(string folder, long maximum)
    {
        _maximum = maximum;
        _path = Path.Combine(folder, ".heldout-candidates");
        _waiting = new FileStream(_path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    /// <summary>Candidates that lost their place so far.</summary>
    public long Surplus { get; private set; }

    public void Add(Candidate candidate, double draw)
    {
        long offset = _waiting.Position;
        try
        {
            _waiting.Write(candidate.Line);
        }
        catch (IOException e)
        {
            throw StorageErrors.CannotWrite(_path, e);
        }
        _highestDrawFirst.Enqueue(new Place(offset, candidate.Line.Length, candidate with { Line = [] }), draw);
        if (_highestDrawFirst.Count <= _maximum) return;
        _highestDrawFirst.Dequeue();
        Surplus++;
    }

    /// <summary>The chosen ones in the order in which they came.</summary>
    public IEnumerable<Candidate> Chosen()
    {
        foreach (var place in _highestDrawFirst.UnorderedItems.Select(i => i.Element).OrderBy(p => p.Offset))
        {
            var line = new byte[place.Length];
            _waiting.Position = place.Offset;
            _waiting.ReadExactly(line);
            yield return place.Candidate with { Line = line };
        }
    }

    public void Dispose()
    {
        try
        {
            _waiting.Dispose();
        }
        catch (IOException) // given up already: the error that led here is the one to tell
        {
        }
        File.Delete(_path);
    }
}
