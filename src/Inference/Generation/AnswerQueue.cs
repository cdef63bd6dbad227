using System.Buffers;
using System.Threading.Channels;
using Weir.Inference.Sampling;

namespace Weir.Inference.Generation;

/// <summary>What a sequence made since its reader last looked: text that may be shown, tokens generated so far in all,
/// at the end why it ended, and the tokens' scores where they were asked for.</summary>
internal readonly record struct Step(string Text, int Generated, string? FinishReason, IReadOnlyList<TokenScore> Scores);

/// <summary>Wakes the one reader of one or several sequences. What happens twice before the reader looks wakes it
/// once.</summary>
internal sealed class AnswerSignal
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _channel.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken ct) => await _channel.Reader.ReadAsync(ct);
}

/// <summary>Hands a sequence's text from the loop to its reader. A reader that is slow gets several steps in one, so
/// that what waits for it is bounded by the answer.</summary>
internal sealed class AnswerQueue(AnswerSignal signal) : IDisposable
{
    private const int FirstCharacters = 256;
    private readonly Lock _gate = new();
    private char[] _text = ArrayPool<char>.Shared.Rent(FirstCharacters);
    private int _length;
    private List<TokenScore>? _scores;
    private int _generated;
    private string? _reason;
    private bool _ended, _taken, _disposed;
    private Exception? _error;

    /// <summary>By the loop: more text, possibly none, and how many tokens there are now.</summary>
    public void Write(ReadOnlySpan<char> text, int generated)
    {
        lock (_gate)
        {
            _generated = generated;
            if (text.IsEmpty || _disposed) return;
            if (_length + text.Length > _text.Length)
            {
                var larger = ArrayPool<char>.Shared.Rent(Math.Max(_text.Length * 2, _length + text.Length));
                _text.AsSpan(0, _length).CopyTo(larger);
                ArrayPool<char>.Shared.Return(_text);
                _text = larger;
            }
            text.CopyTo(_text.AsSpan(_length));
            _length += text.Length;
        }
        signal.Set();
    }

    public void Write(TokenScore score)
    {
        lock (_gate) (_scores ??= []).Add(score);
    }

    /// <summary>By the loop, once: nothing follows. Without a reason the sequence was cancelled; with an error the engine
    /// could not go on.</summary>
    public void End(string? reason, Exception? error)
    {
        lock (_gate)
        {
            if (_ended) return;
            _ended = true;
            _reason = reason;
            _error = error;
        }
        signal.Set();
    }

    /// <summary>By the reader: what is new. The last step has a reason, unless the sequence was cancelled.</summary>
    public bool TryTake(out Step step)
    {
        lock (_gate)
        {
            step = default;
            bool last = _ended && _reason is not null && !_taken;
            if (_length == 0 && _scores is null && !last) return false;
            step = new Step(new string(_text, 0, _length), _generated, last ? _reason : null,
                (IReadOnlyList<TokenScore>?)_scores ?? []);
            _length = 0;
            _scores = null;
            _taken |= last;
            return true;
        }
    }

    /// <summary>True once everything has been taken and nothing follows.</summary>
    /// <exception cref="EngineStoppedException">Or whatever else kept the engine from going on.</exception>
    public bool IsDone()
    {
        lock (_gate)
        {
            if (!_ended || _length > 0 || _scores is not null || (_reason is not null && !_taken)) return false;
            if (_error is not null) throw _error;
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            ArrayPool<char>.Shared.Return(_text);
            (_text, _length) = ([], 0);
        }
    }
}
