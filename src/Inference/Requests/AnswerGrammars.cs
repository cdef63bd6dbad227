using System.Text.Json;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Grammars;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>What answers must be: <c>response_format</c>, <c>guided_regex</c>, or calls of tools.</summary>
internal sealed class AnswerGrammars(ServedModel model)
{
    private readonly Lazy<GrammarCache> _cache = new(() => new GrammarCache(model.Vocabulary));

    /// <summary>Null where the answer may be anything.</summary>
    /// <param name="request">The request.</param>
    /// <param name="calls">Makes the grammar of calls that must be made; null for none.</param>
    /// <param name="callsKey">Stands for those calls.</param>
    /// <param name="openReasoning">Tags of the reasoning that the prompt has opened, which goes before; null for
    /// none.</param>
    /// <exception cref="RequestException">The request asks for two things, or for what there is not.</exception>
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">A schema or pattern has something that is not
    /// supported.</exception>
    public CompiledGrammar? Of(GenerationRequest request, Func<Grammar>? calls = null, string callsKey = "",
        ReasoningTags? openReasoning = null)
    {
        var format = OfFormat(request.ResponseFormat);
        if (request.GuidedRegex is { } pattern)
        {
            if (format is not null)
                throw RequestException.Unsupported("guided_regex",
                    "Send 'guided_regex' or 'response_format', not both.");
            format = () => Grammar.FromRegex(pattern);
        }
        if ((calls ?? format) is not { } make) return null;
        var key = calls is not null ? "calls " + callsKey : request.GuidedRegex is not null
            ? "regex " + request.GuidedRegex : "format " + request.ResponseFormat!.Value.GetRawText();
        return _cache.Value.Get($"{openReasoning?.Close}\n{key}", () => openReasoning is { } tags
            ? Grammar.Sequence(Grammar.TextWithout(tags.Close), Grammar.Literal(tags.Close + "\n\n"), make())
            : make());
    }

    private static Func<Grammar>? OfFormat(JsonElement? format)
    {
        if (!RequestRules.IsGiven(format)) return null;
        RequestRules.CheckText(format!.Value, "response_format", 0);
        var type = format.Value.ValueKind == JsonValueKind.Object && format.Value.TryGetProperty("type", out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        switch (type)
        {
            case "text": return null;
            case "json_object": return Grammar.AnyJsonObject;
            case "json_schema":
                bool has = format.Value.TryGetProperty("json_schema", out var named)
                    && named.ValueKind == JsonValueKind.Object && named.TryGetProperty("schema", out _);
                RequestRules.Require(has, "response_format",
                    "of type json_schema needs 'json_schema': {'schema': ...}");
                return () => Grammar.FromJsonSchema(named.GetProperty("schema"));
            default:
                throw RequestException.Unsupported("response_format",
                    "'response_format' must be an object with the type text, json_object or json_schema.");
        }
    }
}
