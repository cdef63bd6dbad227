namespace Weir.Inference.Grammars.Automata;

/// <summary>What a grammar may cost. Schemas and patterns come from clients: beyond these they are refused with a
/// <see cref="Formats.Bcl.UserErrorException"/>, at the door where that can be told, else while tokens are masked.
/// </summary>
internal static class GrammarLimits
{
    /// <summary>Of a JSON schema's text.</summary>
    public const int MaximumSchemaBytes = 512 * 1024;

    /// <summary>Of objects and arrays in a JSON schema's text, and of references that lead to references.</summary>
    public const int MaximumSchemaDepth = 64;

    /// <summary>Of the values that a schema describes, after its references and alternatives have been combined.
    /// </summary>
    public const int MaximumSchemaRules = 20_000;

    /// <summary>Of looking at one place, property, item or character while a schema is read; about half a second.
    /// </summary>
    public const long MaximumSchemaSteps = 5_000_000;

    /// <summary>Of a list or text that a schema counts, and of a repetition in a pattern.</summary>
    public const int MaximumRepeats = 65_536;

    public const int MaximumPatternCharacters = 8_192;

    /// <summary>Of groups within groups.</summary>
    public const int MaximumPatternDepth = 64;

    public const int MaximumStates = 400_000;

    /// <summary>Of rules within rules while text is made; JSON takes about one for each array or object that is open.
    /// Text that would need more is never begun, so that a value can always be closed.</summary>
    public const int MaximumStackDepth = 128;

    /// <summary>Of the ways in which the text so far can be read.</summary>
    public const int MaximumReadings = 4_096;

    /// <summary>Of the elementary moves that one mask, or one token, may cost; about a tenth of a second.</summary>
    public const int MaximumMoves = 2_000_000;

    /// <summary>Of what a grammar has worked out, masks included, unless less is asked for. When it is reached, all is
    /// forgotten.</summary>
    public const long MaximumCacheBytes = 64L << 20;

    /// <summary>Of the bytes that are offered as certain at once.</summary>
    public const int MaximumForcedBytes = 512;
}
