using System.Text;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;

namespace Weir.Inference.Requests;

/// <summary>One answer of a chat while it is read: what of its text is content.</summary>
internal sealed class ChatAnswer(Sequence sequence)
{
    private readonly StringBuilder _content = new();
    private readonly List<TokenScore> _scores = [];

    public Sequence Sequence => sequence;
    public IReadOnlyList<TokenScore> Scores => _scores;
    public string? FinishReason { get; private set; }

    /// <summary>Tokens of the steps that were read.</summary>
    public int Generated { get; private set; }

    /// <summary>What the step adds; null for nothing that is shown.</summary>
    public Delta? Push(Step step)
    {
        _scores.AddRange(step.Scores);
        Generated = step.Generated;
        if (step.FinishReason is { } reason) FinishReason = reason;
        _content.Append(step.Text);
        return step.Text.Length > 0 ? new Delta(Content: step.Text) : null;
    }

    public AnswerMessage ToMessage() => new("assistant", _content.ToString());
}
