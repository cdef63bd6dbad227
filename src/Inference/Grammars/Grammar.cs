using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;
using Weir.Inference.Grammars.Patterns;
using Weir.Inference.Grammars.Schemas;
using Weir.Inference.Grammars.Vocabularies;

namespace Weir.Inference.Grammars;

/// <summary>What a text may be. Grammars are put together from others, and compiled for a vocabulary. Immutable.
/// </summary>
internal sealed class Grammar
{
    private readonly Expression _expression;

    private Grammar(Expression expression) => _expression = expression;

    /// <summary>This text and no other.</summary>
    public static Grammar Literal(string text) => new(Expression.Literal(text));

    /// <summary>One after the other.</summary>
    public static Grammar Sequence(params ReadOnlySpan<Grammar> parts) =>
        new(Expression.Sequence(Expressions(parts)));

    /// <summary>One of them.</summary>
    public static Grammar Choice(params ReadOnlySpan<Grammar> parts) => new(Expression.Choice(Expressions(parts)));

    /// <summary>From <paramref name="minimum"/> to <paramref name="maximum"/> times, or without an end.</summary>
    /// <exception cref="UserErrorException">A count is out of bounds.</exception>
    public static Grammar Repeat(Grammar body, int minimum, int? maximum)
    {
        if (minimum < 0 || maximum < minimum || Math.Max(minimum, maximum ?? 0) > GrammarLimits.MaximumRepeats)
            throw new UserErrorException($"A repetition from {minimum} to {maximum} times is not possible; counts "
                + $"are in order and at most {GrammarLimits.MaximumRepeats}.");
        return new(Expression.Repeat(body._expression, minimum, maximum));
    }

    /// <summary>Any text in which <paramref name="marker"/> does not occur; nothing, too.</summary>
    public static Grammar TextWithout(string marker) => new(FreeText.Without(marker));

    /// <summary>Any JSON value.</summary>
    public static Grammar AnyJson() => new(JsonText.Value);

    /// <summary>Any JSON object: the answer format <c>json_object</c>.</summary>
    public static Grammar AnyJsonObject() => new(JsonText.Object);

    /// <summary>JSON that a schema allows; see <see cref="SchemaLanguage"/> for which part of it.</summary>
    /// <exception cref="UserErrorException">The schema is none, or has something that is not supported.</exception>
    public static Grammar FromJsonSchema(JsonElement schema) => new(SchemaLanguage.Of(schema));

    /// <summary>Texts that match the regular expression as a whole.</summary>
    /// <exception cref="UserErrorException">It is none, or has something that is not supported.</exception>
    public static Grammar FromRegex(string pattern) =>
        new(new PatternLanguage(Utf8Characters.OneOf).Whole(pattern));

    /// <exception cref="UserErrorException">It is too large, or nothing satisfies it.</exception>
    public CompiledGrammar Compile(TokenVocabulary vocabulary) =>
        new(AutomatonBuilder.Build(_expression), vocabulary);

    private static List<Expression> Expressions(ReadOnlySpan<Grammar> parts)
    {
        var expressions = new List<Expression>(parts.Length);
        foreach (var part in parts) expressions.Add(part._expression);
        return expressions;
    }
}
