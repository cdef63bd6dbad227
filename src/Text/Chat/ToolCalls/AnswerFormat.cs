namespace Weir.Text.Chat.ToolCalls;

/// <summary>How a model writes calls of tools into its answer.</summary>
public enum ToolCallStyle
{
    /// <summary><c>&lt;tool_call&gt;{"name", "arguments"}&lt;/tool_call&gt;</c>, once a call: Hermes, Qwen, and Weir's
    /// own.</summary>
    Hermes,
    /// <summary>The answer is <c>{"name", "parameters"}</c>, after a <c>&lt;|python_tag|&gt;</c> or not: Llama 3.1 and
    /// later.</summary>
    LlamaJson,
    /// <summary><c>[TOOL_CALLS][{"name", "arguments", "id"}, ...]</c>, or <c>[TOOL_CALLS]name[ARGS]{...}</c>.</summary>
    Mistral,
    /// <summary><c>&lt;|action_start|&gt;&lt;|plugin|&gt;{"name", "parameters"}&lt;|action_end|&gt;</c>.</summary>
    InternLm2,
    /// <summary><c>&lt;function=name&gt;{...}&lt;/function&gt;</c>: Functionary and others.</summary>
    FunctionTag,
    /// <summary>DeepSeek V3 and later: a name between tokens of its own, then arguments.</summary>
    DeepSeek,
    /// <summary><c>&lt;|tool_call|&gt;[{"name", "arguments"}, ...]</c>: Granite and Phi-4.</summary>
    ToolCallList,
    /// <summary><c>&lt;|START_ACTION|&gt;[{"tool_name", "parameters"}, ...]&lt;|END_ACTION|&gt;</c>: Command
    /// R7B.</summary>
    CommandR,
}

/// <summary>What stands around the reasoning of an answer.</summary>
public sealed record ReasoningTags(string Open, string Close);

/// <summary>How a model's answers are written.</summary>
/// <param name="Style">Of tool calls.</param>
/// <param name="Reasoning">Null where the model does not reason aloud.</param>
public sealed record AnswerFormat(ToolCallStyle Style, ReasoningTags? Reasoning)
{
    // The first text of a template that tells its style. A template of Qwen's may have "<function=" in its words, one
    // of Functionary's has "<|python_tag|>".
    private static readonly (string Text, ToolCallStyle Style)[] Signs =
    [
        ("<｜tool▁calls▁begin｜>", ToolCallStyle.DeepSeek),
        ("<|action_start|>", ToolCallStyle.InternLm2),
        ("[TOOL_CALLS]", ToolCallStyle.Mistral),
        ("<|START_ACTION|>", ToolCallStyle.CommandR),
        ("<|tool_call|>", ToolCallStyle.ToolCallList),
        ("<tool_call>", ToolCallStyle.Hermes),
        ("<function=", ToolCallStyle.FunctionTag),
        ("<|python_tag|>", ToolCallStyle.LlamaJson),
        ("\"parameters\": ", ToolCallStyle.LlamaJson),
    ];

    private static readonly ReasoningTags[] KnownReasoning =
    [
        new("<think>", "</think>"), new("[THINK]", "[/THINK]"), new("<|START_THINKING|>", "<|END_THINKING|>"),
        new("<seed:think>", "</seed:think>"),
    ];

    /// <summary>The format of the model that a chat template belongs to; Hermes calls where it tells nothing.</summary>
    public static AnswerFormat Of(string template)
    {
        var style = ToolCallStyle.Hermes;
        foreach (var sign in Signs)
            if (template.Contains(sign.Text, StringComparison.Ordinal))
            {
                style = sign.Style;
                break;
            }
        return new AnswerFormat(style, KnownReasoning.FirstOrDefault(tags =>
            template.Contains(tags.Close, StringComparison.Ordinal)));
    }
}
