using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Datasets;
using Weir.Formats.OpenAi;
using Weir.Inference.Models;
using Weir.Text.Chat;

namespace Weir.Inference.Serving;

/// <summary>Turns OpenAI requests into sequences and steps back into answers.</summary>
internal sealed class EngineRequests(string name, LoadedModel model, Engine engine)
{
    private const int DefaultMaxTokens = 256;

    public async Task ChatAsync(HttpContext context, ChatRequest request)
    {
        if (request.Messages is not { Count: > 0 })
            throw new RequestException("'messages' must hold at least one message.", "missing_field", "messages");
        if (request.Logprobs == true) throw Unsupported("logprobs", "'logprobs' of a chat are not supported.");
        if (request.Tools is { ValueKind: JsonValueKind.Array } tools && tools.GetArrayLength() > 0)
            throw Unsupported("tools", "This engine does not call tools.");
        if (request.ResponseFormat is { ValueKind: JsonValueKind.Object } format
            && format.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String && type.GetString() != "text")
            throw Unsupported("response_format", "Only the response format 'text' is supported.");
        var turns = request.Messages.Select(m =>
            new ChatTurn(m.Role ?? throw new RequestException("A message has no 'role'.", "missing_field",
            "messages"), m.Content ?? "")).ToList();
        var prompt = ChatTemplate.Encode(model.Tokenizer, turns, addGenerationPrompt: true).Ids;
        var options = OptionsOf(request, prompt.Length, request.MaxCompletionTokens
            ?? request.MaxTokens, DefaultMaxTokens);
        var answer = new Answer("chatcmpl-" + RequestId(context), Now, request);
        var sequence = engine.Submit(prompt, options, context.RequestAborted);
        if (request.Stream == true) await StreamChatAsync(context, answer, sequence);
        else
        {
            var (text, reason) = await ReadAllAsync(sequence, context.RequestAborted);
            await EngineEndpoint.WriteAsync(context, 200,
                new ChatResponse(answer.Id, "chat.completion", answer.Created, name,
                [new ChatChoice(0, new AnswerMessage("assistant", text, null), null, reason)],
                Usage.Of(prompt.Length, sequence.Generated)),
                OpenAiJson.Wire.ChatResponse);
        }
    }

    public async Task CompletionAsync(HttpContext context, CompletionRequest request)
    {
        var prompt = PromptOf(request.Prompt);
        bool scored = request.Logprobs is not null;
        if (scored && request.Echo != true) throw Unsupported("logprobs", "'logprobs' are supported with 'echo' only.");
        if (scored && request.Logprobs is < 0 or > 0) throw Unsupported("logprobs",
            "Only the prompt's own tokens are scored: use logprobs 0.");
        if (request.Echo == true && request.Stream == true) throw Unsupported("echo", "'echo' cannot be streamed.");
        var options = OptionsOf(request, prompt.Length, request.MaxTokens, 16) with { PromptLogprobs = scored };
        var answer = new Answer("cmpl-" + RequestId(context), Now, request);
        var sequence = engine.Submit(prompt, options, context.RequestAborted);
        if (request.Stream == true)
        {
            await StreamCompletionAsync(context, answer, sequence);
            return;
        }
        var (text, reason) = await ReadAllAsync(sequence, context.RequestAborted);
        var echoed = request.Echo == true ? model.Tokenizer.Decode(prompt, skipSpecial: false) : "";
        await EngineEndpoint.WriteAsync(context, 200,
            new CompletionResponse(answer.Id, "text_completion", answer.Created, name,
            [new CompletionChoice(0, echoed + text, scored ? Scores(sequence) : null, reason)],
            Usage.Of(prompt.Length, sequence.Generated)), OpenAiJson.Wire.CompletionResponse);
    }

    private async Task StreamChatAsync(HttpContext context, Answer answer, Sequence sequence)
    {
        var stream = new EventStream(context);
        Task SendAsync(Delta? delta, string? reason, Usage? usage) =>
            stream.SendAsync(new ChatChunk(answer.Id, "chat.completion.chunk",
            answer.Created, name, delta is null ? [] : [new ChunkChoice(0, delta, reason)], usage),
            OpenAiJson.Wire.ChatChunk);
        await SendAsync(new Delta("assistant", ""), null, answer.Continuous ? Usage.Of(sequence.Prompt.Length, 0)
            : null);
        await foreach (var step in sequence.Steps.ReadAllAsync(context.RequestAborted))
        {
            var usage = answer.Continuous ? Usage.Of(sequence.Prompt.Length, step.Generated) : null;
            if (step.Text.Length > 0) await SendAsync(new Delta(Content: step.Text), null, usage);
            if (step.FinishReason is { } reason) await SendAsync(new Delta(), reason, usage);
        }
        if (answer.IncludeUsage) await SendAsync(null, null, Usage.Of(sequence.Prompt.Length, sequence.Generated));
        await stream.EndAsync();
    }

    private async Task StreamCompletionAsync(HttpContext context, Answer answer, Sequence sequence)
    {
        var stream = new EventStream(context);
        Task SendAsync(string? text, string? reason, Usage? usage) =>
            stream.SendAsync(new CompletionResponse(answer.Id, "text_completion",
            answer.Created, name, text is null ? [] : [new CompletionChoice(0, text, null, reason)], usage),
            OpenAiJson.Wire.CompletionResponse);
        await foreach (var step in sequence.Steps.ReadAllAsync(context.RequestAborted))
            if (step.Text.Length > 0 || step.FinishReason is not null)
                await SendAsync(step.Text, step.FinishReason, answer.Continuous
                ? Usage.Of(sequence.Prompt.Length, step.Generated) : null);
        if (answer.IncludeUsage) await SendAsync(null, null, Usage.Of(sequence.Prompt.Length, sequence.Generated));
        await stream.EndAsync();
    }

    private static async Task<(string Text, string Reason)> ReadAllAsync(Sequence sequence, CancellationToken ct)
    {
        var text = new StringBuilder();
        string reason = "length";
        await foreach (var step in sequence.Steps.ReadAllAsync(ct))
        {
            text.Append(step.Text);
            reason = step.FinishReason ?? reason;
        }
        return (text.ToString(), reason);
    }

    private GenerationOptions OptionsOf(GenerationRequest request, int promptTokens, int? maxTokens,
        int defaultMaxTokens)
    {
        int context = model.Config.ContextLength;
        if (promptTokens == 0) throw new RequestException("The prompt is empty.", "empty_prompt");
        if (promptTokens > context)
            throw new RequestException($"The prompt has {promptTokens} tokens; this model's context is {context}.",
            "context_length_exceeded");
        if (request.N is not (null or 1)) throw Unsupported("n", "Only n = 1 is supported.");
        Check(request.Temperature is null or (>= 0 and <= 2), "temperature", "must be between 0 and 2");
        Check(request.TopP is null or (> 0 and <= 1), "top_p", "must be above 0 and at most 1");
        Check(request.TopK is null or >= 0, "top_k", "must be 0 or more");
        Check(maxTokens is null or >= 0, "max_tokens", "must be 0 or more");
        Check(request.Stop?.All(s => s.Length is > 0 and <= 256)
            ?? true, "stop", "must be strings of 1 to 256 characters");
        return new GenerationOptions(Math.Min(maxTokens ?? defaultMaxTokens, context - promptTokens + 1),
            new SamplingOptions(request.Temperature ?? 1, request.TopP ?? 1, request.TopK ?? 0, request.Seed),
            request.Stop ?? []);
    }

    private int[] PromptOf(JsonElement prompt)
    {
        switch (prompt.ValueKind)
        {
            case JsonValueKind.String:
                return model.Tokenizer.Encode(prompt.GetString()!);
            case JsonValueKind.Array when prompt.GetArrayLength() == 1 && prompt[0].ValueKind == JsonValueKind.String:
                return model.Tokenizer.Encode(prompt[0].GetString()!);
            case JsonValueKind.Array:
                var ids = new int[prompt.GetArrayLength()];
                int at = 0;
                foreach (var item in prompt.EnumerateArray())
                    if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[at++])
                        || (uint)ids[at - 1] >= (uint)model.Tokenizer.VocabularySize)
                        throw new RequestException("'prompt' must be a text, or token ids of this model's vocabulary.",
                        "invalid_prompt", "prompt");
                return ids;
            default:
                throw new RequestException("'prompt' must be a text, a list of one text, or a list of token ids.",
                    "invalid_prompt", "prompt");
        }
    }

    private LogprobList Scores(Sequence sequence)
    {
        var texts = sequence.Prompt.Select(id => model.Tokenizer.Decode([id], skipSpecial: false)).ToList();
        var offsets = new List<int>();
        int offset = 0;
        foreach (var text in texts)
        {
            offsets.Add(offset);
            offset += text.Length;
        }
        return new LogprobList(texts, sequence.PromptLogprobs!, offsets);
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string RequestId(HttpContext context) =>
        context.Request.Headers["x-weir-request"].ToString() is { Length: > 0 and <= 64 } given ? given
        : Guid.CreateVersion7().ToString();

    private static void Check(bool holds, string field, string rule)
    {
        if (!holds) throw new RequestException($"'{field}' {rule}.", "invalid_value", field);
    }

    private static RequestException Unsupported(string field, string message) =>
        new(message, "unsupported_value", field);

    /// <summary>What all chunks of an answer share.</summary>
    private readonly struct Answer(string id, long created, GenerationRequest request)
    {
        public string Id => id;
        public long Created => created;
        public bool IncludeUsage => request.StreamOptions?.IncludeUsage == true;
        /// <summary>Every chunk carries the usage so far.</summary>
        public bool Continuous => request.StreamOptions?.ContinuousUsageStats == true;
    }
}
