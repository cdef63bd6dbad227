using System.Threading.Channels;
using Weir.Inference.Kernels;
using Weir.Inference.Models;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Serving;

/// <summary>What a request asks of the engine.</summary>
internal sealed record GenerationOptions(int MaxTokens, SamplingOptions Sampling, IReadOnlyList<string> Stops,
    bool PromptLogprobs = false);

/// <summary>A step of a sequence as its reader sees it: text that became complete, tokens generated so far, and at the
/// end why.</summary>
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
    private readonly Channel<Step> _steps = Channel.CreateUnbounded<Step>(new UnboundedChannelOptions { SingleWriter =
        true });
    private int _next;
    private int _read;

    public Sequence(LoadedModel model, int[] prompt, GenerationOptions options, CancellationToken cancelled)
    {
        _model = model;
        _options = options;
        Prompt = prompt;
        Cancelled = cancelled;
        Cache = new KvCache(model.Config);
        _sampler = new Sampler(options.Sampling);
        _stops = new StopFilter(options.Stops);
        _detokenizer = new IncrementalDetokenizer(model.Tokenizer);
        PromptLogprobs = options.PromptLogprobs ? new double?[prompt.Length] : null;
    }

    public int[] Prompt { get; }
    public CancellationToken Cancelled { get; }
    public KvCache Cache { get; }
    public int Generated { get; private set; }

    /// <summary>Natural logarithms of the prompt tokens' probabilities, the first one null; only where asked
    /// for.</summary>
    public double?[]? PromptLogprobs { get; }

    /// <summary>Steps as they happen. At most MaxTokens + 1 of them, so the channel is bounded by the
    /// request.</summary>
    public ChannelReader<Step> Steps => _steps.Reader;

    /// <summary>Reads a chunk of the prompt or generates one token. False when the sequence has ended.</summary>
    public bool Advance(Decoder decoder, float[] logits)
    {
        if (_read < Prompt.Length) return Prefill(decoder, logits);
        var row = logits.AsSpan(0, _model.Config.VocabularySize);
        decoder.Forward([_next], Cache, row);
        return Choose(row);
    }

    /// <summary>Ends the sequence for its reader.</summary>
    public void Complete(Exception? error = null) => _steps.Writer.TryComplete(error);

    private bool Prefill(Decoder decoder, float[] logits)
    {
        int vocabulary = _model.Config.VocabularySize, count = Math.Min(Decoder.ChunkTokens, Prompt.Length - _read);
        bool last = _read + count == Prompt.Length;
        var tokens = Prompt.AsSpan(_read, count);
        if (PromptLogprobs is not null)
        {
            var rows = new float[count * vocabulary];
            decoder.Forward(tokens, Cache, rows);
            Score(rows, _read, count);
            rows.AsSpan((count - 1) * vocabulary).CopyTo(logits);
        }
        else decoder.Forward(tokens, Cache, last ? logits.AsSpan(0, vocabulary) : default);
        _read += count;
        if (!last) return true;
        if (_options.MaxTokens > 0) return Choose(logits.AsSpan(0, vocabulary));
        End("length");
        return false;
    }

    /// <summary>Row i of a chunk predicts the token after it.</summary>
    private void Score(float[] rows, int from, int count)
    {
        int vocabulary = _model.Config.VocabularySize;
        for (int i = 0; i < count && from + i + 1 < Prompt.Length; i++)
        {
            var row = rows.AsSpan(i * vocabulary, vocabulary);
            PromptLogprobs![from + i + 1] = row[Prompt[from + i + 1]] - Elementwise.LogSumExp(row);
        }
    }

    private bool Choose(Span<float> logits)
    {
        _next = _sampler.Next(logits);
        Generated++;
        if (_model.EndTokens.Contains(_next))
        {
            End("stop");
            return false;
        }
        var text = _stops.Push(_detokenizer.Push(_next));
        if (_stops.Stopped)
        {
            _steps.Writer.TryWrite(new Step(text, Generated, "stop"));
            return false;
        }
        bool full = Generated >= _options.MaxTokens || Cache.Length + 1 > _model.Config.ContextLength;
        if (full)
        {
            End("length", text);
            return false;
        }
        _steps.Writer.TryWrite(new Step(text, Generated, null));
        return true;
    }

    private void End(string reason, string text = "")
    {
        var rest = _stops.Push(_detokenizer.Flush());
        _steps.Writer.TryWrite(new Step(text + rest + _stops.Flush(), Generated, reason));
    }
}
