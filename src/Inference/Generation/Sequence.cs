using System.Runtime.CompilerServices;
using Weir.Inference.Batching;
using Weir.Inference.Grammars;
using Weir.Inference.Sampling;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Generation;

/// <summary>What a request asks of the engine.</summary>
/// <param name="MaxTokens">Tokens to generate at most; 0 only reads the prompt.</param>
/// <param name="Sampling">How tokens are chosen.</param>
/// <param name="Stops">Texts before which the answer ends.</param>
/// <param name="Scores">Whether to score tokens, and how many of the likeliest to note beside each; null for
/// not.</param>
internal sealed record GenerationOptions(int MaxTokens, SamplingOptions Sampling, IReadOnlyList<string> Stops,
    int? Scores = null)
{
    /// <summary>Whether the prompt's tokens are scored too. They are all computed then, whatever is cached.</summary>
    public bool ScorePrompt { get; init; }

    /// <summary>Salt of the prefix cache, and whose turn it takes.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Pools the final hidden states of the prompt instead of generating.</summary>
    public HiddenPooling? Pooling { get; init; }

    /// <summary>Limits which tokens may come; null for all.</summary>
    public CompiledGrammar? Grammar { get; init; }

    /// <summary>Special tokens that are written out in the text all the same.</summary>
    public IReadOnlyDictionary<int, string>? ShownSpecials { get; init; }
}

/// <summary>One answer in the engine: its prompt, what it has generated, and the queue to its reader. All but that
/// queue belongs to the engine's loop.</summary>
internal sealed class Sequence : BatchSequence
{
    private const int Waiting = 0, Entered = 1, Gone = 2;
    private readonly ServedModel _model;
    private readonly GenerationOptions _options;
    private readonly Sampler _sampler;
    private readonly StopFilter _stops;
    private readonly IncrementalDetokenizer _detokenizer;
    private readonly AnswerSignal _signal;
    private readonly GrammarConstraint? _constraint;
    private int _state, _generated, _scored;

    public Sequence(ServedModel model, int[] prompt, GenerationOptions options, RequestTicket ticket,
        AnswerSignal signal, CancellationToken cancelled) : base(options.Tenant, prompt)
    {
        _model = model;
        _options = options;
        _signal = signal;
        Prompt = prompt;
        Ticket = ticket;
        Cancelled = cancelled;
        Answer = new AnswerQueue(signal);
        _sampler = new Sampler(options.Sampling, prompt);
        _stops = new StopFilter(options.Stops);
        if (options.Grammar is { } grammar) _constraint = new GrammarConstraint(grammar);
        _detokenizer = new IncrementalDetokenizer(model.Tokenizer);
        if (options is { Scores: not null, ScorePrompt: true }) Score(TokenScore.Unscored(prompt[0]));
    }

    public int[] Prompt { get; }
    public RequestTicket Ticket { get; }
    public CancellationToken Cancelled { get; }
    public AnswerQueue Answer { get; }
    public GenerationOptions Options => _options;
    public HiddenPooling? Pooling => _options.Pooling;

    /// <summary>Tokens chosen, the one that ended the answer included.</summary>
    public int Generated => Volatile.Read(ref _generated);

    /// <summary>Prompt tokens taken from the prefix cache; final once the first token is there.</summary>
    public int CachedTokens => Math.Min(Cached, Prompt.Length);
    public string? FinishReason { get; private set; }
    public bool HasEnded => FinishReason is not null;
    public bool WantsTokens => _options.MaxTokens > 0;

    /// <summary>When it came, and when its last token was chosen; in ticks of the engine's clock.</summary>
    public long Arrived { get; set; }
    public long LastTokenAt { get; set; }
    public CancellationTokenRegistration Registration { get; set; }

    /// <summary>The loop takes it in; false where its client left before.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Entered, Waiting) == Waiting;

    /// <summary>Its client left while it waited; false where the loop has it, and notices by itself.</summary>
    public bool TryLeaveQueue() => Interlocked.CompareExchange(ref _state, Gone, Waiting) == Waiting;

    /// <summary>True where it left before the loop took it in.</summary>
    public bool HasLeft => Volatile.Read(ref _state) == Gone;

    /// <summary>Steps as the reader gets them, until the end. For one sequence alone; several that share a signal are
    /// read by <see cref="AnswerQueue.TryTake"/>.</summary>
    public async IAsyncEnumerable<Step> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            while (Answer.TryTake(out var step)) yield return step;
            if (Answer.IsDone()) yield break;
            await _signal.WaitAsync(ct);
        }
    }

    /// <summary>Scores prompt tokens by the logit rows after <paramref name="first"/> and on.</summary>
    public void ScorePrompt(int first, int rows, IModelRunner runner, int firstRow)
    {
        for (int i = 0; i < rows; i++)
        {
            int next = first + i + 1;
            if (next < Prompt.Length && next == _scored)
                Score(TokenScore.Of(Prompt[next], runner.Logits(firstRow + i)[.._model.VocabularySize],
                    _options.Scores!.Value));
        }
    }

    /// <summary>Chooses the next token by its logits and passes on what can be shown. Sets
    /// <see cref="FinishReason"/> at the end.</summary>
    public int Choose(Span<float> logits, SamplerScratch scratch)
    {
        logits = logits[.._model.VocabularySize];
        var allowed = _constraint is null ? default : _constraint.Allowed;
        int token = _sampler.Next(logits, _generated, scratch, allowed);
        _sampler.Accept(token);
        _constraint?.Accept(token);
        Append(token);
        Volatile.Write(ref _generated, _generated + 1);
        bool ends = _model.EndTokens.Contains(token);
        if (_options.Scores is { } top && !ends) Score(TokenScore.Of(token, logits, top));
        if (ends) End("", "stop");
        else Show(token);
        return token;
    }

    /// <summary>The prompt has been read, and nothing else was asked.</summary>
    public void EndPrompt() => End("", "length");

    private void Show(int token)
    {
        var text = _options.ShownSpecials?.GetValueOrDefault(token) ?? _detokenizer.Push(token);
        text = _stops.Push(text);
        if (_stops.Stopped)
        {
            Answer.Write(text, _generated);
            FinishReason = "stop";
        }
        else if (_constraint?.MustEnd() == true) End(text, "stop");
        else if (_generated >= _options.MaxTokens || Length > _model.Positions) End(text, "length");
        else Answer.Write(text, _generated);
    }

    private void Score(TokenScore score)
    {
        _scored++;
        Answer.Write(score);
    }

    /// <summary>What was held back for a stop string or within a character is given out, since nothing
    /// follows.</summary>
    private void End(string text, string reason)
    {
        text += _stops.Push(_detokenizer.Flush());
        bool stopped = _stops.Stopped;
        Answer.Write(text + _stops.Flush(), _generated);
        FinishReason = stopped ? "stop" : reason;
    }
}
