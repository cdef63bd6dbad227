using System.Text.Json;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Grammars;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>What the answer must be: <c>response_format</c>, <c>guided_regex</c>, or calls of tools.</summary>
internal static class AnswerGrammar
{
    /// <summary>Null where it may be anything.</summary>
    /// <param name="request">The request.</param>
    /// <param name="calls">Calls that must be made; null for none.</param>
    /// <param name="openReasoning">Tags of the reasoning that the prompt has opened, which goes before; null for
    /// none.</param>
    /// <param name="model">Whose tokens are limited.</param>
    /// <exception cref="RequestException">The request asks for two things, or for what there is not.</exception>
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">A schema or pattern has something that is not
    /// supported.</exception>
    public static CompiledGrammar? Of(GenerationRequest request, Grammar? calls, ReasoningTags? openReasoning,
        ServedModel model)
    {
        var format = OfFormat(request.ResponseFormat);
        var pattern = request.GuidedRegex is { } regex ? Grammar.FromRegex(regex) : null;
        var wanted = calls ?? format ?? pattern;
        if (wanted is null) return null;
        if (pattern is not null && format is not null)
            throw RequestException.Unsupported("guided_regex", "Send 'guided_regex' or 'response_format', not both.");
        if (openReasoning is { } tags)
            wanted = Grammar.Sequence(Grammar.TextWithout(tags.Close), Grammar.Literal(tags.Close + "\n\n"), wanted);
        return wanted.Compile(model.Vocabulary);
    }

    private static Grammar? OfFormat(JsonElement? format)
    {
        if (!RequestRules.IsGiven(format)) return null;
        RequestRules.CheckText(format!.Value, "response_format", 0);
        var type = format.Value.ValueKind == JsonValueKind.Object && format.Value.TryGetProperty("type", out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        switch (type)
        {
            case "text": return null;
            case "json_object": return Grammar.AnyJsonObject();
            case "json_schema":
                bool has = format.Value.TryGetProperty("json_schema", out var named)
                    && named.ValueKind == JsonValueKind.Object && named.TryGetProperty("schema", out _);
                RequestRules.Require(has, "response_format", "of type json_schema needs 'json_schema': {'schema': ...}");
                return Grammar.FromJsonSchema(named.GetProperty("schema"));
            default:
                throw RequestException.Unsupported("response_format",
                    "'response_format' must be an object with the type text, json_object or json_schema.");
        }
    }
}
