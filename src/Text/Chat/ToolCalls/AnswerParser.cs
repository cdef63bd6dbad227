using System.Text;

namespace Weir.Text.Chat.ToolCalls;

/// <summary>Takes a streamed answer apart into reasoning, content and tool calls. The result does not depend on how
/// the stream is cut. Nothing is lost: what opens as a call but is none comes out as content; only marks, and white
/// space around calls and reasoning, are dropped. Not safe for several threads.</summary>
/// <remarks>The text must still have the special tokens that mark calls.</remarks>
public sealed class AnswerParser
{
    private readonly AnswerFormat _format;
    private readonly DeltaWriter _deltas;
    private readonly string[] _marks;
    // What may yet become a mark; white space that is content only if content follows.
    private readonly StringBuilder _held = new(), _space = new();
    private readonly Stack<char> _again = new();
    private State _state;
    private string[] _active = [];
    private string _openMark = "";
    private CallReader? _reader;
    private bool _dropsLineEnds;

    private enum State { Start, Reasoning, Content, Call }

    /// <param name="format">Of the model.</param>
    /// <param name="prompt">What is answered: where it ends with the beginning of reasoning, the answer goes on with
    /// it.</param>
    /// <param name="withTools">Whether the request has tools; without them all is content.</param>
    /// <param name="newId">Makes an id for a call that the model gave none.</param>
    public AnswerParser(AnswerFormat format, string prompt, bool withTools, Func<string> newId)
    {
        _format = format;
        _deltas = new DeltaWriter(newId);
        _marks = withTools ? MarksOf(format.Style) : [];
        TakesBareCalls = withTools && format.Style == ToolCallStyle.LlamaJson;
        Enter(State.Start);
        if (format.Reasoning is { } tags && prompt.AsSpan().TrimEnd().EndsWith(tags.Open)) EnterReasoning();
    }

    private bool TakesBareCalls { get; }

    /// <summary>Appends what more of the answer gives.</summary>
    public void Feed(ReadOnlySpan<char> text, List<AnswerDelta> into)
    {
        _deltas.Start(into);
        foreach (var c in text) Take(c);
        _deltas.Flush();
    }

    /// <summary>Appends what the end of the answer gives.</summary>
    public void Finish(List<AnswerDelta> into)
    {
        _deltas.Start(into);
        if (_reader is not null)
        {
            var raw = _reader.Raw;
            if (_deltas.IsCallOpen) _deltas.End(isComplete: false);
            if (!_reader.HasBegun) raw = _openMark + raw;
            if (!string.IsNullOrWhiteSpace(raw)) Write(raw);
            _reader = null;
        }
        Write(_held.ToString());
        _held.Clear();
        if (!_deltas.HasCalls && _state is State.Start or State.Content) _deltas.Content(_space.ToString());
        _space.Clear();
        _deltas.Flush();
    }

    private void Take(char c)
    {
        _again.Push(c);
        while (_again.TryPop(out var next))
            if (_state == State.Call) Call(next);
            else Scan(next);
    }

    // Outside of calls: the longest beginning of a mark is held back, the rest goes out.
    private void Scan(char c)
    {
        if (_state == State.Start && TakesBareCalls && c == '{' && _held.Length == 0)
        {
            OpenCalls("");
            _again.Push(c);
            return;
        }
        if (_held.Length == 0 && !IsBeginningOfMark([c]))
        {
            Write(c);
            return;
        }
        _held.Append(c);
        while (_held.Length > 0)
        {
            var held = _held.ToString();
            if (_active.Contains(held))
            {
                _held.Clear();
                Found(held);
                return;
            }
            if (IsBeginningOfMark(held)) return;
            _held.Remove(0, 1);
            Write(held[0]);
        }
    }

    private bool IsBeginningOfMark(ReadOnlySpan<char> text)
    {
        foreach (var mark in _active)
            if (mark.AsSpan().StartsWith(text)) return true;
        return false;
    }

    // Reasoning opens only at the beginning of an answer; later its tag is a word like others.
    private void Enter(State state)
    {
        _state = state;
        _active = state switch
        {
            State.Reasoning => [_format.Reasoning!.Close],
            State.Start when _format.Reasoning is { } tags => [tags.Open, .. _marks],
            _ => _marks,
        };
    }

    private void Found(string mark)
    {
        if (_state == State.Reasoning)
        {
            _space.Clear();
            Enter(State.Content);
            _dropsLineEnds = true;
        }
        else if (mark == _format.Reasoning?.Open && _state == State.Start) EnterReasoning();
        else OpenCalls(mark);
    }

    private void EnterReasoning()
    {
        _space.Clear();
        Enter(State.Reasoning);
        _dropsLineEnds = true;
    }

    private void OpenCalls(string mark)
    {
        _openMark = mark;
        Enter(State.Call);
        _reader = _format.Style switch
        {
            ToolCallStyle.LlamaJson => new BareCallReader(_deltas),
            ToolCallStyle.Mistral => new MistralCallReader(_deltas),
            ToolCallStyle.InternLm2 => new MarkedCallReader(_deltas, "<|action_end|>", isList: false),
            ToolCallStyle.FunctionTag => new FunctionTagReader(_deltas),
            ToolCallStyle.DeepSeek => new DeepSeekCallReader(_deltas),
            ToolCallStyle.ToolCallList => new MarkedCallReader(_deltas, "<|/tool_call|>", isList: true),
            ToolCallStyle.CommandR => new MarkedCallReader(_deltas, "<|END_ACTION|>", isList: true),
            _ => new MarkedCallReader(_deltas, "</tool_call>", isList: false),
        };
    }

    private void Call(char c)
    {
        var reader = _reader!;
        var outcome = reader.Feed(c);
        if (reader.HasBegun) _space.Clear();
        if (outcome == CallReader.Outcome.More) return;
        _reader = null;
        Enter(State.Content);
        if (outcome == CallReader.Outcome.DoneBefore) _again.Push(c);
        if (outcome != CallReader.Outcome.Malformed) return;
        if (_deltas.IsCallOpen) _deltas.End(isComplete: false);
        // The mark itself is content now; what follows it is looked at again, for it may hold another mark.
        var raw = reader.Raw;
        for (var i = raw.Length - 1; i >= 0; i--) _again.Push(raw[i]);
        if (!reader.HasBegun) Write(_openMark);
    }

    private void Write(string text)
    {
        foreach (var c in text) Write(c);
    }

    private void Write(char c)
    {
        if (_dropsLineEnds && c is '\n' or '\r') return;
        _dropsLineEnds = false;
        if (char.IsWhiteSpace(c))
        {
            _space.Append(c);
            return;
        }
        if (_state == State.Start) Enter(State.Content);
        if (_space.Length > 0) Send(_space.ToString());
        _space.Clear();
        Send([c]);
    }

    private void Send(ReadOnlySpan<char> text)
    {
        if (_state == State.Reasoning) _deltas.Reasoning(text);
        else _deltas.Content(text);
    }

    private static string[] MarksOf(ToolCallStyle style) => style switch
    {
        ToolCallStyle.LlamaJson => ["<|python_tag|>"],
        ToolCallStyle.Mistral => ["[TOOL_CALLS]"],
        ToolCallStyle.InternLm2 => ["<|action_start|><|plugin|>"],
        ToolCallStyle.FunctionTag => ["<function="],
        ToolCallStyle.DeepSeek => ["<｜tool▁calls▁begin｜>"],
        ToolCallStyle.ToolCallList => ["<|tool_call|>"],
        ToolCallStyle.CommandR => ["<|START_ACTION|>"],
        _ => ["<tool_call>"],
    };
}
