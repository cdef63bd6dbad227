namespace Weir.Text.Chat.ToolCalls;

/// <summary>A piece of an answer, in the order in which it was written.</summary>
public abstract record AnswerDelta;

/// <summary>More of what the user reads.</summary>
public sealed record ContentDelta(string Text) : AnswerDelta;

/// <summary>More of the reasoning before the answer.</summary>
public sealed record ReasoningDelta(string Text) : AnswerDelta;

/// <summary>A call begins.</summary>
/// <param name="Index">From 0 within the answer.</param>
/// <param name="Id">The model's, or a new one.</param>
/// <param name="Name">Of the tool.</param>
public sealed record ToolCallBegin(int Index, string Id, string Name) : AnswerDelta;

/// <summary>More of a call's arguments: JSON text as the model wrote it.</summary>
public sealed record ToolCallArguments(int Index, string Fragment) : AnswerDelta;

/// <summary>A call ends.</summary>
/// <param name="Index">From 0 within the answer.</param>
/// <param name="IsComplete">Whether its arguments are whole. They are not where the answer ended within them, or where
/// they stopped being JSON; what then follows is content.</param>
public sealed record ToolCallEnd(int Index, bool IsComplete) : AnswerDelta;

/// <summary>Collects the deltas of one round, joining neighbours of a kind.</summary>
internal sealed class DeltaWriter(Func<string> newId)
{
    private readonly System.Text.StringBuilder _text = new();
    private List<AnswerDelta> _into = [];
    private Kind _kind;
    private int _calls;

    private enum Kind { None, Content, Reasoning, Arguments }

    public bool HasCalls => _calls > 0;

    public bool IsCallOpen { get; private set; }

    public void Start(List<AnswerDelta> into) => _into = into;

    public void Content(ReadOnlySpan<char> text) => Write(Kind.Content, text);

    public void Reasoning(ReadOnlySpan<char> text) => Write(Kind.Reasoning, text);

    public void Begin(string name, string? id)
    {
        Flush();
        IsCallOpen = true;
        _into.Add(new ToolCallBegin(_calls++, id ?? newId(), name));
    }

    public void Arguments(ReadOnlySpan<char> text) => Write(Kind.Arguments, text);

    public void End(bool isComplete)
    {
        Flush();
        IsCallOpen = false;
        _into.Add(new ToolCallEnd(_calls - 1, isComplete));
    }

    public void Flush()
    {
        if (_text.Length == 0) return;
        var text = _text.ToString();
        _text.Clear();
        _into.Add(_kind switch
        {
            Kind.Content => new ContentDelta(text),
            Kind.Reasoning => new ReasoningDelta(text),
            _ => new ToolCallArguments(_calls - 1, text),
        });
    }

    private void Write(Kind kind, ReadOnlySpan<char> text)
    {
        if (kind != _kind) Flush();
        _kind = kind;
        _text.Append(text);
    }
}
