using System.Text;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>One answer of a chat while it is read: what of its text is content, reasoning or a call.</summary>
internal sealed class ChatAnswer(Sequence sequence, AnswerParser? parser)
{
    private readonly List<TokenScore> _scores = [];
    private readonly StringBuilder _content = new(), _reasoning = new();
    private readonly List<(string Id, string Name, StringBuilder Arguments)> _calls = [];
    private readonly List<AnswerDelta> _deltas = [];

    public Sequence Sequence => sequence;
    public IReadOnlyList<TokenScore> Scores => _scores;
    public string? FinishReason { get; private set; }

    /// <summary>Tokens of the steps that were read.</summary>
    public int Generated { get; private set; }

    /// <summary>What the step adds; nothing where all of it is held back for now.</summary>
    public IEnumerable<Delta> Push(Step step)
    {
        _scores.AddRange(step.Scores);
        Generated = step.Generated;
        if (parser is null)
        {
            FinishReason = step.FinishReason ?? FinishReason;
            if (step.Text.Length == 0) return [];
            _content.Append(step.Text);
            return [new Delta(Content: step.Text)];
        }
        _deltas.Clear();
        parser.Feed(step.Text, _deltas);
        if (step.FinishReason is not null) parser.Finish(_deltas);
        var deltas = _deltas.Select(Take).OfType<Delta>().ToList();
        if (step.FinishReason is { } reason)
            FinishReason = _calls.Count > 0 && reason == "stop" ? "tool_calls" : reason;
        return deltas;
    }

    public AnswerMessage ToMessage() => new("assistant",
        _content.Length == 0 && _calls.Count > 0 ? null : _content.ToString(), null,
        _reasoning.Length > 0 ? _reasoning.ToString() : null, _calls.Count == 0 ? null
            : [.. _calls.Select(c => new ToolCall(c.Id, "function", new FunctionCall(c.Name, c.Arguments.ToString())))]);

    private Delta? Take(AnswerDelta delta)
    {
        switch (delta)
        {
            case ContentDelta content:
                _content.Append(content.Text);
                return new Delta(Content: content.Text);
            case ReasoningDelta reasoning:
                _reasoning.Append(reasoning.Text);
                return new Delta(ReasoningContent: reasoning.Text);
            case ToolCallBegin begin:
                _calls.Add((begin.Id, begin.Name, new StringBuilder()));
                return new Delta(ToolCalls: [new ToolCall(begin.Id, "function", new FunctionCall(begin.Name, ""),
                    begin.Index)]);
            case ToolCallArguments arguments:
                _calls[arguments.Index].Arguments.Append(arguments.Fragment);
                return new Delta(ToolCalls: [new ToolCall(null, null, new FunctionCall(null, arguments.Fragment),
                    arguments.Index)]);
            default:
                return null; // the end of a call is not told on the wire
        }
    }
}
