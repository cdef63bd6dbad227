namespace Weir.Text.Jinja.Values;

/// <summary>What one template may cost. Templates come with models that somebody else made, so nothing that they ask
/// for is without a limit; each is far above what the templates of real models need.</summary>
internal static class JinjaLimits
{
    /// <summary>Of a template's source. The longest of real models have about 30,000.</summary>
    public const int SourceCharacters = 1 << 20;
    /// <summary>Blocks in blocks and brackets in brackets, in the source.</summary>
    public const int Nesting = 100;
    /// <summary>Evaluations inside one another while rendering: macros that call macros, and long operator
    /// chains.</summary>
    public const int Depth = 800;
    /// <summary>Lists in lists and dictionaries in dictionaries, in values.</summary>
    public const int DataDepth = 128;
    /// <summary>Evaluated nodes; work on long texts and lists counts by its length.</summary>
    public const long Steps = 10_000_000;
    /// <summary>Rounds of all loops together.</summary>
    public const long Iterations = 1_000_000;
    /// <summary>Of the rendered text.</summary>
    public const long OutputCharacters = 16 << 20;
    /// <summary>Of all texts made on the way, whether still in use or not.</summary>
    public const long TextCharacters = 128 << 20;
    /// <summary>Of all lists and dictionaries made on the way, whether still in use or not.</summary>
    public const long Items = 2_000_000;
    /// <summary>Python's own limit for integers in text.</summary>
    public const int IntegerDigits = 4300;
}

/// <summary>What is left of the <see cref="JinjaLimits"/> during one rendering.</summary>
/// <param name="mostSteps">Fewer than the limit where less is to be done.</param>
internal sealed class RenderBudget(long mostSteps = JinjaLimits.Steps)
{
    private const int CharactersAStep = 64;
    // A naive search compares the needle at each place, 4,096 characters in the time of one step at worst.
    private const int ComparisonsAStep = 4096;
    private long _steps, _iterations, _text, _items;
    private int _depth;

    public void Step(long count = 1)
    {
        if ((_steps += count) > mostSteps)
            throw new TemplateFaultException($"it takes more than {mostSteps:N0} steps");
    }

    public void Iterate()
    {
        Step();
        if (++_iterations > JinjaLimits.Iterations)
            throw new TemplateFaultException($"its loops take more than {JinjaLimits.Iterations:N0} rounds");
    }

    /// <summary>Before a text of that many characters is made.</summary>
    public void MakeText(long characters)
    {
        Step(characters / CharactersAStep);
        if ((_text += characters) > JinjaLimits.TextCharacters)
            throw new TemplateFaultException($"it makes more than {JinjaLimits.TextCharacters:N0} characters of text");
    }

    /// <summary>Before that many items of a list or dictionary are made.</summary>
    public void MakeItems(long count)
    {
        Step(count);
        if ((_items += count) > JinjaLimits.Items)
            throw new TemplateFaultException($"it makes more than {JinjaLimits.Items:N0} items of lists");
    }

    /// <summary>Before <paramref name="length"/> characters are read or compared.</summary>
    public void Read(long length) => Step(1 + length / CharactersAStep);

    /// <summary>Before a text is searched for another.</summary>
    public void Search(long length, long needle) =>
        Step(1 + length / CharactersAStep + length * needle / ComparisonsAStep);

    /// <summary>Every call has its <see cref="Leave"/>, but after a fault, which ends the rendering.</summary>
    public void Enter()
    {
        Step();
        if (++_depth > JinjaLimits.Depth)
            throw new TemplateFaultException($"its evaluation is more than {JinjaLimits.Depth:N0} levels deep");
    }

    public void Leave() => _depth--;

    public static void CheckDataDepth(int depth)
    {
        if (depth > JinjaLimits.DataDepth)
            throw new TemplateFaultException($"a value is nested more than {JinjaLimits.DataDepth} levels deep");
    }
}

/// <summary>What is wrong in a template or with its values; it becomes a user error at the template's face.</summary>
internal sealed class TemplateFaultException(string message, int line = 0) : Exception(message)
{
    /// <summary>Line of the source, from 1; 0 where only the renderer knows it.</summary>
    public int Line { get; } = line;
}
