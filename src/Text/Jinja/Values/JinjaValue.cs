using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Text.Jinja.Values;

/// <summary>A value of a template. The kinds are a closed set (none, boolean, integer, float, string, list, tuple,
/// dictionary, namespace, function, loop, undefined), so that no template can reach an object of the program.</summary>
public abstract class JinjaValue
{
    private protected JinjaValue() { }

    public static JinjaValue None => NoneValue.Instance;

    /// <summary>A text of the model or of the program: special tokens in it count.</summary>
    public static JinjaValue Of(string text) => new StringValue(text);

    public static JinjaValue Of(bool value) => BoolValue.Of(value);

    public static JinjaValue Of(long value) => IntValue.Of(value);

    /// <summary>A value from outside; special tokens in its strings never count. Lists and dictionaries of it cannot
    /// be changed by a template.</summary>
    /// <exception cref="UserErrorException">It is nested too deep, or has a number too long.</exception>
    public static JinjaValue FromJson(JsonElement json) => JsonValues.Read(json);

    /// <inheritdoc cref="FromJson(JsonElement)"/>
    public static JinjaValue FromJson(JsonNode? json) =>
        json is null ? None : JsonValues.Read(JsonSerializer.SerializeToElement(json, JsonValues.NodeType));

    /// <summary>A text from outside, as <see cref="FromJson(JsonElement)"/> has it.</summary>
    internal static StringValue Outside(string text) => new(text, ForeignRanges.Whole(text.Length));

    /// <summary>Python's truth of the value.</summary>
    internal abstract bool IsTrue { get; }

    /// <summary>The name that Python has for its type, for messages.</summary>
    internal abstract string TypeName { get; }

    internal bool IsUndefined => this is UndefinedValue;
}

internal sealed class NoneValue : JinjaValue
{
    public static NoneValue Instance { get; } = new();

    internal override bool IsTrue => false;

    internal override string TypeName => "NoneType";
}

internal sealed class BoolValue : JinjaValue
{
    public static BoolValue True { get; } = new(true);
    public static BoolValue False { get; } = new(false);

    private BoolValue(bool value) => Value = value;

    public bool Value { get; }

    public static new BoolValue Of(bool value) => value ? True : False;

    internal override bool IsTrue => Value;

    internal override string TypeName => "bool";
}

internal sealed class IntValue(BigInteger value) : JinjaValue
{
    private static readonly IntValue[] Small = [.. Enumerable.Range(0, 256).Select(i => new IntValue(i))];

    public BigInteger Value { get; } = value;

    public static IntValue Of(BigInteger value) =>
        value.Sign >= 0 && value < Small.Length ? Small[(int)value] : new IntValue(value);

    internal override bool IsTrue => !Value.IsZero;

    internal override string TypeName => "int";
}

internal sealed class FloatValue(double value) : JinjaValue
{
    public double Value { get; } = value;

    internal override bool IsTrue => Value != 0;

    internal override string TypeName => "float";
}

/// <summary>What a name or an attribute is that does not exist: empty where it is printed or looped over, an error
/// where it is used.</summary>
internal sealed class UndefinedValue(string why) : JinjaValue
{
    /// <summary>For instance <c>'tools' is undefined</c>.</summary>
    public string Why { get; } = why;

    internal override bool IsTrue => false;

    internal override string TypeName => "Undefined";
}

/// <summary>A text, with the stretches of it that came from outside.</summary>
internal sealed class StringValue(string text, ForeignRanges? foreign = null) : JinjaValue
{
    public static StringValue Empty { get; } = new("");

    public string Text { get; } = text;

    /// <summary>Null where all of it is the template's own.</summary>
    public ForeignRanges? Foreign { get; } = foreign;

    /// <summary>A text of which every character counts as foreign when one of <paramref name="source"/> did: for
    /// changes that move characters in ways that ranges cannot follow.</summary>
    public static StringValue Like(StringValue source, string text) =>
        new(text, source.Foreign is null ? null : ForeignRanges.Whole(text.Length));

    /// <summary>A text of changed characters, each in its place where the length stayed.</summary>
    public static StringValue Mapped(StringValue source, string text) =>
        text.Length == source.Text.Length ? new StringValue(text, source.Foreign) : Like(source, text);

    public StringValue Slice(int start, int length) => length == Text.Length ? this
        : length == 0 ? Empty
        : new StringValue(Text.Substring(start, length), Foreign?.Slice(start, length));

    public StringValue Slice(Range range)
    {
        var (start, length) = range.GetOffsetAndLength(Text.Length);
        return Slice(start, length);
    }

    internal override bool IsTrue => Text.Length > 0;

    internal override string TypeName => "str";
}
