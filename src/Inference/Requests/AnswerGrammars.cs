using System.Text.Json;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Grammars;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>What answers must be: <c>response_format</c>, <c>guided_regex</c>, or calls of tools. The last few are
/// kept, with the masks that they have worked out.</summary>
internal sealed class AnswerGrammars(ServedModel model)
{
    private const int MostKept = 8;
    private const long KeptBytes = 16L << 20; // each
    private readonly Lock _gate = new();
    private readonly LinkedList<(string Key, CompiledGrammar Grammar)> _kept = new(); // the last used first

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
        bool hasFormat = RequestRules.IsGiven(request.ResponseFormat), hasPattern = request.GuidedRegex is not null;
        if (calls is null && !hasFormat && !hasPattern) return null;
        var key = string.Join('\n', openReasoning?.Close, callsKey,
            hasFormat ? request.ResponseFormat!.Value.GetRawText() : "", request.GuidedRegex);
        if (Find(key) is { } known) return known;
        var format = OfFormat(request.ResponseFormat);
        var pattern = hasPattern ? Grammar.FromRegex(request.GuidedRegex!) : null;
        if (pattern is not null && format is not null)
            throw RequestException.Unsupported("guided_regex", "Send 'guided_regex' or 'response_format', not both.");
        if ((calls?.Invoke() ?? format ?? pattern) is not { } wanted) return null;
        if (openReasoning is { } tags)
            wanted = Grammar.Sequence(Grammar.TextWithout(tags.Close), Grammar.Literal(tags.Close + "\n\n"), wanted);
        return Keep(key, wanted.Compile(model.Vocabulary, KeptBytes));
    }

    private CompiledGrammar? Find(string key)
    {
        lock (_gate)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key) continue;
                _kept.Remove(node);
                _kept.AddFirst(node);
                return node.Value.Grammar;
            }
            return null;
        }
    }

    private CompiledGrammar Keep(string key, CompiledGrammar grammar)
    {
        lock (_gate)
        {
            _kept.AddFirst((key, grammar));
            if (_kept.Count > MostKept) _kept.RemoveLast();
            return grammar;
        }
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
                RequestRules.Require(has, "response_format",
                    "of type json_schema needs 'json_schema': {'schema': ...}");
                return Grammar.FromJsonSchema(named.GetProperty("schema"));
            default:
                throw RequestException.Unsupported("response_format",
                    "'response_format' must be an object with the type text, json_object or json_schema.");
        }
    }
}
