using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Datasets;
using Weir.Formats.OpenAi;
using Weir.Inference.Models;
using Weir.Text.Chat;

namespace Weir.Inference.Serving;

/// <summary>Turns OpenAI requests into sequences, and their steps back into answers.</summary>
internal sealed class EngineRequests(string name, LoadedModel model, Engine engine)
{
    /// <summary>What the protocol says for plain completions; a chat may use the rest of the context.</summary>
    private const int CompletionMaxTokens = 16;
    private const string ChatKind = "chat.completion", ChunkKind = "chat.completion.chunk",
        TextKind = "text_completion";

    public async Task ChatAsync(HttpContext context, ChatRequest request)
    {
        RequestRules.Check(request);
        var turns = request.Messages!.Select(m => new ChatTurn(m!.Role!, m.Content ?? "")).ToList();
        var prompt = ChatTemplate.Encode(model.Tokenizer, turns, addGenerationPrompt: true).Ids;
        var options = OptionsOf(request, prompt, request.MaxCompletionTokens ?? request.MaxTokens ?? int.MaxValue);
        var answer = new Answer("chatcmpl-", context, request);
        var sequence = engine.Submit(prompt, options, context.RequestAborted);
        if (request.Stream == true)
        {
            await StreamChatAsync(context, answer, sequence);
            return;
        }
        var (text, reason) = await ReadAllAsync(sequence, context.RequestAborted);
        var choice = new ChatChoice(0, new AnswerMessage("assistant", text), reason);
        var usage = UsageOf(sequence, sequence.Generated);
        var response = new ChatResponse(answer.Id, ChatKind, answer.Created, name, [choice], usage);
        await EngineEndpoint.WriteAsync(context, 200, response, OpenAiJson.Wire.ChatResponse);
    }

    public async Task CompletionAsync(HttpContext context, CompletionRequest request)
    {
        RequestRules.Check(request);
        var prompt = IdsOf(request.Prompt!);
        var options = OptionsOf(request, prompt, request.MaxTokens ?? CompletionMaxTokens)
            with { Scores = request.Logprobs };
        var answer = new Answer("cmpl-", context, request);
        var sequence = engine.Submit(prompt, options, context.RequestAborted);
        if (request.Stream == true)
        {
            await StreamCompletionAsync(context, answer, sequence);
            return;
        }
        var (text, reason) = await ReadAllAsync(sequence, context.RequestAborted);
        bool echo = request.Echo == true;
        if (echo) text = model.Tokenizer.Decode(prompt, skipSpecial: false) + text;
        var scores = sequence.Scores?.ToList(model.Tokenizer, echo ? 0 : prompt.Length);
        await EngineEndpoint.WriteAsync(context, 200, new CompletionResponse(answer.Id, TextKind, answer.Created, name,
            [new CompletionChoice(0, text, scores, reason)], UsageOf(sequence, sequence.Generated)),
            OpenAiJson.Wire.CompletionResponse);
    }

    private async Task StreamChatAsync(HttpContext context, Answer answer, Sequence sequence)
    {
        var stream = new EventStream(context);
        Task SendAsync(IReadOnlyList<ChunkChoice> choices, Usage? usage) => stream.SendAsync(
            new ChatChunk(answer.Id, ChunkKind, answer.Created, name, choices, usage), OpenAiJson.Wire.ChatChunk);
        await SendAsync([new ChunkChoice(0, new Delta("assistant", ""), null)],
            answer.Continuous ? UsageOf(sequence, 0) : null);
        await foreach (var step in sequence.Steps.ReadAllAsync(context.RequestAborted))
        {
            var usage = answer.Continuous ? UsageOf(sequence, step.Generated) : null;
            if (step.Text.Length > 0) await SendAsync([new ChunkChoice(0, new Delta(Content: step.Text), null)], usage);
            if (step.FinishReason is { } reason) await SendAsync([new ChunkChoice(0, new Delta(), reason)], usage);
        }
        if (answer.IncludeUsage) await SendAsync([], UsageOf(sequence, sequence.Generated));
        await stream.EndAsync();
    }

    private async Task StreamCompletionAsync(HttpContext context, Answer answer, Sequence sequence)
    {
        var stream = new EventStream(context);
        Task SendAsync(IReadOnlyList<CompletionChoice> choices, Usage? usage) => stream.SendAsync(
            new CompletionResponse(answer.Id, TextKind, answer.Created, name, choices, usage),
            OpenAiJson.Wire.CompletionResponse);
        await foreach (var step in sequence.Steps.ReadAllAsync(context.RequestAborted))
            if (step.Text.Length > 0 || step.FinishReason is not null)
                await SendAsync([new CompletionChoice(0, step.Text, null, step.FinishReason)],
                    answer.Continuous ? UsageOf(sequence, step.Generated) : null);
        if (answer.IncludeUsage) await SendAsync([], UsageOf(sequence, sequence.Generated));
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

    private GenerationOptions OptionsOf(GenerationRequest request, int[] prompt, int maxTokens)
    {
        int context = model.Config.ContextLength;
        if (prompt.Length == 0) throw new RequestException("The prompt is empty.", "empty_prompt");
        if (prompt.Length > context)
            throw new RequestException($"The prompt has {prompt.Length} tokens, and this model's context is {context}. "
                + "Shorten the prompt.", "context_length_exceeded", request is ChatRequest ? "messages" : "prompt");
        // The last token that is generated needs no place in the context.
        return new GenerationOptions(Math.Min(maxTokens, context - prompt.Length + 1),
            new SamplingOptions(request.Temperature ?? 1, request.TopP ?? 1, request.TopK ?? 0, request.Seed),
            request.Stop ?? []);
    }

    private int[] IdsOf(Prompt prompt)
    {
        if (prompt.Text is not null) return model.Tokenizer.Encode(prompt.Text);
        foreach (var id in prompt.Ids!)
            if ((uint)id >= (uint)model.Tokenizer.VocabularySize)
                throw new RequestException($"The token id {id} is outside of the vocabulary of "
                    + $"{model.Tokenizer.VocabularySize}.", "invalid_prompt", "prompt");
        return [.. prompt.Ids];
    }

    private static Usage UsageOf(Sequence sequence, int generated) => Usage.Of(sequence.Prompt.Length, generated);

    /// <summary>What all chunks of an answer share.</summary>
    private sealed class Answer(string prefix, HttpContext context, GenerationRequest request)
    {
        private const int MaxIdLength = 64;

        /// <summary>The gateway names its requests; others get a name here.</summary>
        public string Id { get; } = prefix + (context.Request.Headers["x-weir-request"].ToString()
            is { Length: > 0 and <= MaxIdLength } given ? given : Guid.CreateVersion7().ToString());

        public long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        public bool IncludeUsage { get; } = request.StreamOptions?.IncludeUsage == true;
        /// <summary>Every chunk carries the usage so far.</summary>
        public bool Continuous { get; } = request.StreamOptions?.ContinuousUsageStats == true;
    }
}
