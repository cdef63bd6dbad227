using System.Threading.Channels;
using Weir.Inference.Models;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Serving;

/// <summary>What a request asks of the engine.</summary>
/// <param name="MaxTokens">Tokens to generate at most; 0 only reads the prompt.</param>
/// <param name="Sampling">How tokens are chosen.</param>
/// <param name="Stops">Texts before which the answer ends.</param>
/// <param name="Scores">Whether to score tokens, and how many of the likeliest to note beside each; null for
/// not.</param>
internal sealed record GenerationOptions(int MaxTokens, SamplingOptions Sampling, IReadOnlyList<string> Stops,
    int? Scores = null);

/// <summary>A step of a sequence as its reader sees it: text that may be shown, tokens generated so far, and at the end
/// why it ended (<c>stop</c> or <c>length</c>).</summary>
internal readonly record struct Step(string Text, int Generated, string? FinishReason);

/// <summary>One request in the engine: its prompt, its cache, what it has generated. One thread works on it at a
/// time.</summary>
internal sealed class Sequence
{
    private readonly LoadedModel _model;
    private readonly GenerationOptions _options;
    private readonly Sampler _sampler;
    private readonly StopFilter _stops;
    private readonly IncrementalDetokenizer _detokenizer;
    private readonly Channel<Step> _steps;
    private int _next;
    private int _read;

    public Sequence(LoadedModel model, int[] prompt, GenerationOptions options, CancellationToken cancelled)
    {
        if (prompt.Length == 0 || prompt.Length > model.Config.ContextLength)
            throw new ArgumentException("A prompt has at least one token and fits into the context.", nameof(prompt));
        _model = model;
        _options = options;
        Prompt = prompt;
        Cancelled = cancelled;
        Cache = new KvCache(model.Config);
        _sampler = new Sampler(options.Sampling);
        _stops = new StopFilter(options.Stops);
        _detokenizer = new IncrementalDetokenizer(model.Tokenizer);
        Scores = options.Scores is { } top ? new TokenScores(top) : null;
        Scores?.AddUnscored(prompt[0]);
        // At most MaxTokens + 1 steps, so the channel is bounded by the request.
        _steps = Channel.CreateUnbounded<Step>(new UnboundedChannelOptions
        {
            SingleWriter = true, SingleReader = true,
        });
    }

    public int[] Prompt { get; }
    public CancellationToken Cancelled { get; }
    public KvCache Cache { get; }
    public int Generated { get; private set; }

    /// <summary>Only where asked for; complete when <see cref="Steps"/> is.</summary>
    public TokenScores? Scores { get; }

    /// <summary>Steps as they happen; the last one has a reason. Ends without one where the sequence was cancelled,
    /// and with an error where the engine could not go on.</summary>
    public ChannelReader<Step> Steps => _steps.Reader;

    /// <summary>Reads a chunk of the prompt or generates one token. False when the sequence has ended.</summary>
    public bool Advance(Decoder decoder)
    {
        if (_read < Prompt.Length) return Prefill(decoder);
        decoder.Forward([_next], Cache);
        return Choose(decoder.Logits(0));
    }

    /// <summary>Ends the sequence for its reader.</summary>
    public void Complete(Exception? error = null) => _steps.Writer.TryComplete(error);

    private bool Prefill(Decoder decoder)
    {
        int count = Math.Min(Decoder.ChunkTokens, Prompt.Length - _read);
        decoder.Forward(Prompt.AsSpan(_read, count), Cache);
        if (Scores is not null) Score(decoder, count);
        _read += count;
        if (_read < Prompt.Length) return true;
        if (_options.MaxTokens > 0) return Choose(decoder.Logits(count - 1));
        return End("", "length");
    }

    /// <summary>Row i of the chunk predicts the token after it.</summary>
    private void Score(Decoder decoder, int count)
    {
        int scored = Math.Min(count, Prompt.Length - _read - 1);
        for (int first = 0; first < scored; first += Decoder.LogitRows)
            decoder.Logits(first, Math.Min(Decoder.LogitRows, scored - first),
                (row, logits) => Scores!.Add(Prompt[_read + row + 1], Known(logits.Span)));
    }

    private bool Choose(Span<float> logits)
    {
        logits = Known(logits);
        if (Scores is null) _next = _sampler.Next(logits);
        else
        {
            var scratch = logits.ToArray();
            _next = _sampler.Next(scratch);
            if (!_model.EndTokens.Contains(_next)) Scores.Add(_next, logits);
        }
        Generated++;
        if (_model.EndTokens.Contains(_next)) return End("", "stop");
        var text = _stops.Push(_detokenizer.Push(_next));
        if (_stops.Stopped)
        {
            _steps.Writer.TryWrite(new Step(text, Generated, "stop"));
            return false;
        }
        if (Generated >= _options.MaxTokens || Cache.Length >= _model.Config.ContextLength) return End(text, "length");
        _steps.Writer.TryWrite(new Step(text, Generated, null));
        return true;
    }

    /// <summary>Without the padding that a model may have beyond its tokenizer's tokens.</summary>
    private Span<float> Known(Span<float> logits) => logits[.._model.Tokenizer.VocabularySize];

    /// <summary>What was held back for a stop string or within a character is given out, since nothing
    /// follows.</summary>
    private bool End(string text, string reason)
    {
        text += _stops.Push(_detokenizer.Flush());
        bool stopped = _stops.Stopped;
        _steps.Writer.TryWrite(new Step(text + _stops.Flush(), Generated, stopped ? "stop" : reason));
        return false;
    }
}
