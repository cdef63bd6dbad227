using System.Diagnostics;

namespace Weir.Bench.Peers;

/// <summary>The last lines that a process wrote, for the message when it fails.</summary>
internal sealed class OutputTail
{
    private const int MaxLines = 12, MaxColumns = 400;
    private readonly Queue<string> _lines = new();

    public string Text
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    /// <summary>Reads standard error until it ends, so that the process never waits for a reader.</summary>
    public void Follow(Process process)
    {
        process.ErrorDataReceived += (_, e) => Add(e.Data);
        process.BeginErrorReadLine();
    }

    public void Add(string? line)
    {
        if (line is null) return;
        lock (_lines)
        {
            _lines.Enqueue(line.Length > MaxColumns ? line[..MaxColumns] : line);
            if (_lines.Count > MaxLines) _lines.Dequeue();
        }
    }
}
