namespace Weir.Inference.Generation;

/// <summary>Lets text through until a stop string appears. Text that may be the beginning of one is held back, so that
/// no part of a stop string ever reaches the client.</summary>
internal sealed class StopFilter(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>True once a stop string has been seen; nothing comes through after it.</summary>
    public bool Stopped { get; private set; }

    /// <summary>What may be passed on now.</summary>
    public string Push(string text)
    {
        if (Stopped) return "";
        if (stops.Count == 0) return text;
        _held += text;
        int first = -1;
        foreach (var stop in stops)
        {
            int at = _held.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first)) first = at;
        }
        if (first >= 0)
        {
            Stopped = true;
            return Take(first);
        }
        return Take(_held.Length - LongestStart());
    }

    /// <summary>What was held back, when the text has ended without a stop string.</summary>
    public string Flush() => Stopped ? "" : Take(_held.Length);

    private string Take(int count)
    {
        var text = _held[..count];
        _held = _held[count..];
        return text;
    }

    /// <summary>Length of the longest end of the held text that begins a stop string.</summary>
    private int LongestStart()
    {
        int longest = 0;
        foreach (var stop in stops)
            for (int length = Math.Min(stop.Length - 1, _held.Length); length > longest; length--)
                if (_held.AsSpan(_held.Length - length).SequenceEqual(stop.AsSpan(0, length))) longest = length;
        return longest;
    }
}
