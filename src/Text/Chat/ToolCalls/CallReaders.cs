using System.Text;

namespace Weir.Text.Chat.ToolCalls;

/// <summary>A call object, or a list of them, between marks.</summary>
/// <param name="deltas">Where calls go.</param>
/// <param name="close">The mark behind, which may be missing; null for none.</param>
/// <param name="isList">Whether the calls are in a list.</param>
internal sealed class MarkedCallReader(DeltaWriter deltas, string? close, bool isList) : CallReader(deltas)
{
    protected override IEnumerable<bool> Steps()
    {
        foreach (var step in SkipSpace()) yield return step;
        foreach (var step in isList ? ReadCallList() : ReadCall(needsArguments: false)) yield return step;
        if (close is null) yield break;
        yield return true;
        foreach (var step in SkipSpace()) yield return step;
        if (Next == close[0]) foreach (var step in Expect(close)) yield return step;
        else Unread();
    }
}

/// <summary>Call objects that are the whole answer, with semicolons, commas or nothing between them.</summary>
internal sealed class BareCallReader(DeltaWriter deltas) : CallReader(deltas)
{
    protected override IEnumerable<bool> Steps()
    {
        foreach (var step in SkipSpace()) yield return step;
        while (true)
        {
            // Without arguments it may be an answer in JSON that happens to have a name.
            foreach (var step in ReadCall(needsArguments: true)) yield return step;
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
            if (Next is ';' or ',')
            {
                yield return true;
                foreach (var step in SkipSpace()) yield return step;
            }
            else if (Next != '{')
            {
                Unread();
                yield break;
            }
        }
    }
}

/// <summary>Mistral's two forms: a list of call objects, or a name and its arguments.</summary>
internal sealed class MistralCallReader(DeltaWriter deltas) : CallReader(deltas)
{
    protected override IEnumerable<bool> Steps()
    {
        foreach (var step in SkipSpace()) yield return step;
        if (Next == '[')
        {
            foreach (var step in ReadCallList()) yield return step;
            yield break;
        }
        var name = new StringBuilder();
        foreach (var step in ReadName(name, c => c is '[' or '{')) yield return step;
        var id = new StringBuilder();
        while (Next == '[')
        {
            yield return true;
            var isId = Next == 'C';
            foreach (var step in Expect(isId ? "CALL_ID]" : "ARGS]")) yield return step;
            yield return true;
            if (isId) foreach (var step in ReadName(id, c => c is '[' or '{')) yield return step;
            else foreach (var step in SkipSpace()) yield return step;
        }
        foreach (var step in StreamArguments(name.ToString().Trim(), id.ToString())) yield return step;
    }
}

/// <summary>A name up to <c>&gt;</c>, the arguments, and a closing tag.</summary>
internal sealed class FunctionTagReader(DeltaWriter deltas) : CallReader(deltas)
{
    protected override IEnumerable<bool> Steps()
    {
        var name = new StringBuilder();
        foreach (var step in ReadName(name, c => c == '>')) yield return step;
        yield return true;
        foreach (var step in SkipSpace()) yield return step;
        foreach (var step in StreamArguments(name.ToString().Trim(), null)) yield return step;
        yield return true;
        foreach (var step in SkipSpace()) yield return step;
        if (Next == '<') foreach (var step in Expect("</function>")) yield return step;
        else Unread();
    }
}

/// <summary>DeepSeek's: each call between tokens of its own. V3 writes <c>function</c>, then the name, then the
/// arguments in a code block; V3.1 writes the name and then the arguments.</summary>
internal sealed class DeepSeekCallReader(DeltaWriter deltas) : CallReader(deltas)
{
    private const string Begin = "<｜tool▁call▁begin｜>", Separator = "<｜tool▁sep｜>", End = "<｜tool▁call▁end｜>",
        AllEnd = "<｜tool▁calls▁end｜>";
    // Begin and AllEnd part at this place.
    private const string Common = "<｜tool▁call";

    protected override IEnumerable<bool> Steps()
    {
        while (true)
        {
            foreach (var step in SkipSpace()) yield return step;
            foreach (var step in Expect(Common)) yield return step;
            yield return true;
            if (HasBegun && Next == AllEnd[Common.Length])
            {
                foreach (var step in Expect(AllEnd[Common.Length..])) yield return step;
                yield break;
            }
            foreach (var step in Expect(Begin[Common.Length..])) yield return step;
            yield return true;
            foreach (var step in ReadOne()) yield return step;
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
            foreach (var step in Expect(End)) yield return step;
            Accept();
            yield return true;
        }
    }

    private IEnumerable<bool> ReadOne()
    {
        var name = new StringBuilder();
        foreach (var step in ReadName(name, c => c == Separator[0])) yield return step;
        foreach (var step in Expect(Separator)) yield return step;
        yield return true;
        var isFenced = Next != '{';
        if (isFenced)
        {
            name.Clear();
            foreach (var step in ReadName(name, c => c is '\n' or '`')) yield return step;
            foreach (var step in SkipSpace()) yield return step;
            foreach (var step in Expect("```json")) yield return step;
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
        }
        foreach (var step in StreamArguments(name.ToString().Trim(), null)) yield return step;
        if (!isFenced) yield break;
        yield return true;
        foreach (var step in SkipSpace()) yield return step;
        foreach (var step in Expect("```")) yield return step;
    }
}
