using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;

namespace Weir.Inference.Requests;

/// <summary><c>/tokenize</c> and <c>/detokenize</c>: what a text or a chat becomes before the model sees it, and
/// back.</summary>
internal sealed class TokenRequests(Engine engine, ChatPrompts prompts)
{
    public Task TokenizeAsync(HttpContext http, TokenizeRequest request)
    {
        int[] ids;
        if (request.Prompt is { } text) ids = Encode(text, engine.Model);
        else if (RequestRules.IsGiven(request.Messages))
        {
            RequestRules.CheckMessages(request.Messages);
            var tools = ToolRequest.Of(new ChatRequest { Tools = request.Tools }).Tools;
            ids = prompts.Encode(request.Messages!.Value, tools, request.AddGenerationPrompt ?? true, null).Ids;
        }
        else throw new RequestException("Send 'prompt' or 'messages'.", "missing_field", "prompt");
        return JsonAnswer.WriteAsync(http, 200, new TokenList(ids.Length, engine.Model.Positions, ids),
            OpenAiJson.Wire.TokenList);
    }

    public Task DetokenizeAsync(HttpContext http, DetokenizeRequest request)
    {
        if (request.Tokens is null) throw new RequestException("'tokens' is missing.", "missing_field", "tokens");
        GenerationPlan.CheckIds(request.Tokens, engine.Model.Tokenizer, "tokens");
        return JsonAnswer.WriteAsync(http, 200,
            new DetokenizedText(engine.Model.Tokenizer.Decode(request.Tokens, skipSpecial: false)),
            OpenAiJson.Wire.DetokenizedText);
    }

    /// <summary>A plain text as a prompt, with the token before it that the model was trained with.</summary>
    public static int[] Encode(string text, ServedModel model)
    {
        var ids = model.Tokenizer.Encode(text);
        return model.Tokenizer is { AddsBos: true, BosId: { } bos } && ids.Length > 0 && ids[0] != bos
            ? [bos, .. ids] : ids;
    }
}
