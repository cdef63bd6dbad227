using System.Text.Json;
using Weir.Formats.OpenAi;
using Weir.Inference.Grammars;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>What a request says of tools: which there are, and whether one must be called.</summary>
internal sealed class ToolRequest
{
    private const int MaxTools = 128, MaxNameLength = 128;
    private readonly List<(string Name, JsonElement? Parameters)> _functions = [];
    private readonly bool _several;

    private ToolRequest(ChatRequest request)
    {
        _several = request.ParallelToolCalls ?? true;
        if (!RequestRules.IsGiven(request.Tools)) return;
        RequestRules.Require(request.Tools!.Value.ValueKind == JsonValueKind.Array
            && request.Tools.Value.GetArrayLength() <= MaxTools, "tools", $"must be a list of {MaxTools} at most");
        RequestRules.CheckText(request.Tools.Value, "tools", 0);
        foreach (var tool in request.Tools.Value.EnumerateArray()) _functions.Add(FunctionOf(tool));
        if (_functions.Count > 0) Tools = request.Tools;
    }

    /// <summary>As they came; null where there are none, or the request wants none called.</summary>
    public JsonElement? Tools { get; private set; }

    public bool MustCall { get; private set; }

    /// <exception cref="RequestException">Tools or choice are not in the protocol's form.</exception>
    public static ToolRequest Of(ChatRequest request)
    {
        var tools = new ToolRequest(request);
        tools.ReadChoice(request.ToolChoice);
        return tools;
    }

    /// <summary>A grammar of answers that are calls, in the model's own way of writing them.</summary>
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">A schema of parameters has something that is not
    /// supported.</exception>
    public Grammar ToGrammar(ToolCallStyle style)
    {
        return style switch
        {
            ToolCallStyle.LlamaJson => Many(Call("name", "parameters"), "", "; ", ""),
            ToolCallStyle.Mistral => Many(Call("name", "arguments"), "[TOOL_CALLS][", ", ", "]"),
            ToolCallStyle.ToolCallList => Many(Call("name", "arguments"), "<|tool_call|>[", ", ", "]"),
            ToolCallStyle.CommandR => Many(Call("tool_name", "parameters"), "<|START_ACTION|>[", ", ", "]<|END_ACTION|>"),
            ToolCallStyle.InternLm2 => Grammar.Sequence(Grammar.Literal("<|action_start|><|plugin|>"),
                Call("name", "parameters"), Grammar.Literal("<|action_end|>")),
            ToolCallStyle.FunctionTag => Many(Each((name, parameters) => Grammar.Sequence(
                Grammar.Literal($"<function={name}>"), parameters, Grammar.Literal("</function>"))), "", "", ""),
            ToolCallStyle.DeepSeek => Many(Each((name, parameters) => Grammar.Sequence(
                Grammar.Literal($"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n"), parameters,
                Grammar.Literal("\n```<｜tool▁call▁end｜>"))), "<｜tool▁calls▁begin｜>", "\n", "<｜tool▁calls▁end｜>"),
            _ => Many(Grammar.Sequence(Grammar.Literal("<tool_call>\n"), Call("name", "arguments"),
                Grammar.Literal("\n</tool_call>")), "", "\n", ""),
        };
    }

    private void ReadChoice(JsonElement? choice)
    {
        if (!RequestRules.IsGiven(choice)) return;
        RequestRules.CheckText(choice!.Value, "tool_choice", 0);
        var name = choice.Value.ValueKind == JsonValueKind.Object
            && choice.Value.TryGetProperty("function", out var function)
            && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var word = choice.Value.ValueKind == JsonValueKind.String ? choice.Value.GetString() : null;
        RequestRules.Require(name is not null || word is "none" or "auto" or "required", "tool_choice",
            "must be none, auto, required, or an object that names a function");
        if (word is "none") Tools = null;
        if (word is "none" or "auto") return;
        RequestRules.Require(_functions.Count > 0, "tool_choice", "needs 'tools'");
        if (name is not null) _functions.RemoveAll(f => f.Name != name);
        RequestRules.Require(_functions.Count > 0, "tool_choice", "names a function that is not among 'tools'");
        MustCall = true;
    }

    private static (string Name, JsonElement? Parameters) FunctionOf(JsonElement tool)
    {
        const string rule = "must be objects with 'type': 'function' and a 'function' with a 'name'";
        RequestRules.Require(tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String && type.GetString() == "function", "tools", rule);
        RequestRules.Require(tool.TryGetProperty("function", out var function)
            && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out var name)
            && name.ValueKind == JsonValueKind.String && name.GetString()!.Length is > 0 and <= MaxNameLength,
            "tools", rule);
        var parameters = function.TryGetProperty("parameters", out var given)
            && given.ValueKind != JsonValueKind.Null ? given : (JsonElement?)null;
        RequestRules.Require(parameters is null or { ValueKind: JsonValueKind.Object }, "tools",
            "must have 'parameters' that are a JSON schema");
        return (function.GetProperty("name").GetString()!, parameters);
    }

    private Grammar Call(string nameKey, string argumentsKey) => Each((name, parameters) => Grammar.Sequence(
        Grammar.Literal($"{{\"{nameKey}\": {JsonSerializer.Serialize(name, OpenAiJson.Wire.String)}, "
            + $"\"{argumentsKey}\": "), parameters, Grammar.Literal("}")));

    private Grammar Each(Func<string, Grammar, Grammar> make) => Grammar.Choice([.. _functions.Select(f =>
        make(f.Name, f.Parameters is { } schema ? Grammar.FromJsonSchema(schema) : Grammar.AnyJsonObject()))]);

    private Grammar Many(Grammar call, string open, string between, string close) => Grammar.Sequence(
        Grammar.Literal(open), call, Grammar.Repeat(Grammar.Sequence(Grammar.Literal(between), call), 0,
            _several ? null : 0), Grammar.Literal(close));
}
