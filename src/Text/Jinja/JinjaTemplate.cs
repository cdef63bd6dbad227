using Weir.Formats.Bcl;
using Weir.Text.Jinja.Builtins;
using Weir.Text.Jinja.Syntax;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja;

/// <summary>A template in the part of Jinja that chat templates use, rendered as Hugging Face's libraries render it.
/// A template comes with somebody's model and may be hostile: values are a closed set, nothing of the program can be
/// reached from them, and everything has a limit (<see cref="JinjaLimits"/>). Immutable, and safe for any number of
/// threads.</summary>
public sealed class JinjaTemplate
{
    private readonly IReadOnlyList<Statement> _statements;

    private JinjaTemplate(string source, IReadOnlyList<Statement> statements) =>
        (Source, _statements) = (source, statements);

    public string Source { get; }

    /// <exception cref="UserErrorException">The source has a mistake or something that is not supported; the message
    /// has the line.</exception>
    public static JinjaTemplate Parse(string source)
    {
        try
        {
            return new JinjaTemplate(source, TemplateParser.Parse(source));
        }
        catch (TemplateFaultException e)
        {
            throw new UserErrorException(
                $"Line {e.Line} of the chat template: {e.Message}. Correct the template, or give another.", inner: e);
        }
    }

    /// <param name="variables">What the template finds by name.</param>
    /// <param name="clock">What <c>strftime_now</c> reads; null for the system's.</param>
    /// <exception cref="UserErrorException">The template refuses the values, makes a mistake with them, or passes a
    /// limit.</exception>
    public string Render(IReadOnlyDictionary<string, JinjaValue> variables, TimeProvider? clock = null) =>
        RenderMarked(variables, clock, new RenderBudget()).Text;

    /// <summary>The same, with the stretches that came from outside.</summary>
    internal StringValue RenderMarked(IReadOnlyDictionary<string, JinjaValue> variables, TimeProvider? clock,
        RenderBudget budget)
    {
        var expressions = new ExpressionEvaluator(budget);
        var output = new MarkedBuilder(budget, JinjaLimits.OutputCharacters);
        var globals = new Scope(null);
        foreach (var (name, value) in GlobalFunctions.All(clock ?? TimeProvider.System)) globals.Set(name, value);
        foreach (var (name, value) in variables) globals.Set(name, value);
        try
        {
            new StatementRunner(budget, expressions).Run(_statements, new Scope(globals), output);
            return output.ToValue();
        }
        catch (TemplateRefusalException e)
        {
            throw new UserErrorException($"The model's chat template refuses the conversation: {e.Message}", inner: e);
        }
        catch (TemplateFaultException e)
        {
            throw new UserErrorException($"Line {expressions.Line} of the chat template: {e.Message}. Change what is "
                + "sent, or give another template.", inner: e);
        }
    }
}
