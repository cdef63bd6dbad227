using System.Text;
using System.Text.Json;
using Weir.Inference.Grammars.Automata;
using Weir.Inference.Grammars.Patterns;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>JSON (RFC 8259) as models are to write it. White space is optional, and bounded, so that a model cannot go
/// on with it for ever: after a comma, a colon and an opening bracket and before a closing one, a blank, or a line end
/// with an indentation. Numbers have so many digits that any reader takes them.</summary>
internal static class JsonText
{
    private const int MaximumIndentation = 40;

    /// <summary>Of whole numbers and of fractions; a double holds nearly as many.</summary>
    public const int MaximumDigits = 18;

    public static readonly Expression Space = Expression.Optional(new RuleExpression(Expression.Choice(
        Expression.Literal(" "),
        Expression.Sequence(Expression.Literal("\n"),
            Expression.Repeat(Expression.Bytes(new(9, 9), new(32, 32)), 0, MaximumIndentation)))));

    public static readonly Expression Comma = Expression.Sequence(Expression.Literal(","), Space);
    public static readonly Expression Colon = Expression.Sequence(Expression.Literal(":"), Space);

    private static readonly CodePointSet Special = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));

    /// <summary>Any character of a string, in any way it can be written; a pair of surrogates is one character, and
    /// there are none without the other.</summary>
    public static readonly Expression Character = new RuleExpression(AnyCharacter());

    public static readonly Expression String = new RuleExpression(Expression.Sequence(
        Expression.Literal("\""), Expression.Repeat(AnyCharacter(), 0, null), Expression.Literal("\"")));

    public static readonly Expression Boolean = Expression.Literals(["true"u8.ToArray(), "false"u8.ToArray()]);
    public static readonly Expression Null = Expression.Literal("null");
    public static readonly Expression Integer = new RuleExpression(Utf8Pattern("0|-?[1-9][0-9]{0,17}"));
    public static readonly Expression Number = new RuleExpression(
        Utf8Pattern(@"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?"));

    public static readonly RuleExpression Value = new();
    public static readonly RuleExpression Object = new(ObjectOf(String, Value));
    public static readonly RuleExpression Array = new(ArrayOf(Value));

    static JsonText() => Value.Body = Expression.Choice(String, Number, Object, Array, Boolean, Null);

    /// <summary>One character of the set, as it is written in a string: without an escape where none is needed.
    /// </summary>
    public static Expression OneOf(CodePointSet set)
    {
        var escaped = new List<byte[]>();
        foreach (var (low, high) in Special.Ranges)
            for (int c = low; c <= high; c++)
                if (set.Contains(c)) escaped.Add(Encoding.ASCII.GetBytes(Escape((char)c)));
        var plain = Utf8Characters.OneOf(set.Without(Special));
        return escaped.Count == 0 ? plain : Expression.Choice(plain, Expression.Literals(escaped));
    }

    /// <summary>A string with its quotes.</summary>
    public static byte[] Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
            if (Special.Contains(c)) quoted.Append(Escape(c));
            else quoted.Append(c);
        return Encoding.UTF8.GetBytes(quoted.Append('"').ToString());
    }

    /// <summary>Exactly this value; numbers as they are written.</summary>
    public static Expression Exactly(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var pairs = value.EnumerateObject().Select(p => Expression.Sequence(
                    Expression.Literals([Quoted(p.Name)]), Colon, Exactly(p.Value))).ToList();
                return List("{", pairs, "}");
            case JsonValueKind.Array: return List("[", [.. value.EnumerateArray().Select(Exactly)], "]");
            case JsonValueKind.String: return Expression.Literals([Quoted(value.GetString()!)]);
            default: return Expression.Literal(value.GetRawText());
        }
    }

    private static Expression List(string open, List<Expression> items, string close)
    {
        var parts = new List<Expression> { Expression.Literal(open), Space };
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) parts.Add(Comma);
            parts.Add(items[i]);
        }
        if (items.Count > 0) parts.Add(Space);
        parts.Add(Expression.Literal(close));
        return Expression.Sequence(parts);
    }

    private static Expression ObjectOf(Expression name, Expression value) =>
        ListOf("{", Expression.Sequence(name, Colon, value), "}");

    private static Expression ArrayOf(Expression item) => ListOf("[", item, "]");

    private static Expression ListOf(string open, Expression item, string close) => Expression.Sequence(
        Expression.Literal(open), Space, Expression.Optional(Expression.Sequence(item,
            Expression.Repeat(Expression.Sequence(Comma, item), 0, null), Space)), Expression.Literal(close));

    private static Expression AnyCharacter() => Expression.Choice(Utf8Characters.OneOf(Special.Negated()),
        Utf8Pattern("\\\\([\"\\\\/bfnrt]|u([0-9A-CEFa-cef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}"
            + "|[Dd][89ABab][0-9A-Fa-f]{2}\\\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}))"));

    private static Expression Utf8Pattern(string pattern) => new PatternLanguage(Utf8Characters.OneOf).Whole(pattern);

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => $"\\u{(int)c:x4}",
    };
}
