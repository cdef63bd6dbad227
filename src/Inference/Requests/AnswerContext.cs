using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Requests;

/// <summary>What belongs to one HTTP request: its names, whose it is, and what its answer reports.</summary>
internal sealed class AnswerContext
{
    private const int MaxIdLength = 64, MaxTenantLength = 128;

    /// <exception cref="RequestException">The tenant's name is too long.</exception>
    public AnswerContext(HttpContext http, string prefix, StreamOptions? options = null)
    {
        Http = http;
        // The gateway names its requests; others, and what could not be a header of the answer, get a name here.
        RequestId = http.Request.Headers["x-weir-request"].ToString() is { Length: > 0 and <= MaxIdLength } given
            && !given.AsSpan().ContainsAnyExceptInRange('!', '~') ? given : Guid.CreateVersion7().ToString();
        Id = prefix + RequestId;
        Tenant = http.Request.Headers["x-weir-tenant"].ToString();
        RequestRules.Require(Tenant.Length <= MaxTenantLength, "x-weir-tenant",
            $"can have {MaxTenantLength} characters at most");
        IncludeUsage = options?.IncludeUsage == true;
        Continuous = options?.ContinuousUsageStats == true;
        Ticket = new RequestTicket(RequestId, Tenant, DateTimeOffset.UtcNow);
        Created = Ticket.Arrived.ToUnixTimeSeconds();
        http.Response.Headers["x-weir-request"] = RequestId;
    }

    public HttpContext Http { get; }
    public string RequestId { get; }
    public string Id { get; }
    public string Tenant { get; }
    public RequestTicket Ticket { get; }
    public long Created { get; }
    public bool IncludeUsage { get; }

    /// <summary>Every chunk carries the usage so far.</summary>
    public bool Continuous { get; }
    public CancellationToken Aborted => Http.RequestAborted;
}

/// <summary>From the fields of a request to what the engine is asked.</summary>
internal static class GenerationPlan
{
    /// <summary>One for each answer wanted. Each has a seed of its own, made of the request's.</summary>
    public static GenerationOptions[] Of(GenerationRequest request, int[] prompt, int maxTokens, string tenant,
        ServedModel model)
    {
        CheckLength(prompt, model, request is ChatRequest ? "messages" : "prompt");
        Dictionary<int, float>? biases = null;
        foreach (var (key, bias) in request.LogitBias ?? new Dictionary<string, double>())
            (biases ??= [])[int.Parse(key)] = (float)bias;
        var choices = new GenerationOptions[request.N ?? 1];
        for (int i = 0; i < choices.Length; i++)
        {
            var sampling = new SamplingOptions(request.Temperature ?? 1, request.TopP ?? 1, request.TopK ?? 0,
                request.Seed is { } seed ? unchecked(seed + i * 0x5851F42D4C957F2D) : null)
            {
                MinP = request.MinP ?? 0, RepetitionPenalty = request.RepetitionPenalty ?? 1,
                PresencePenalty = request.PresencePenalty ?? 0, FrequencyPenalty = request.FrequencyPenalty ?? 0,
                LogitBias = biases,
            };
            // The last token that is generated needs no place in the context.
            choices[i] = new GenerationOptions(Math.Min(maxTokens, model.Positions - prompt.Length + 1), sampling,
                request.Stop ?? []) { Tenant = tenant };
        }
        return choices;
    }

    /// <exception cref="RequestException">The prompt is empty or does not fit.</exception>
    public static void CheckLength(int[] prompt, ServedModel model, string field)
    {
        if (prompt.Length == 0) throw new RequestException("The prompt is empty.", "empty_prompt", field);
        if (prompt.Length > model.Positions)
            throw new RequestException($"The prompt has {prompt.Length} tokens, and this model's context is "
                + $"{model.Positions}. Shorten the prompt.", "context_length_exceeded", field);
    }

    /// <exception cref="RequestException">An id is outside of the vocabulary.</exception>
    public static void CheckIds(IReadOnlyList<int> ids, Tokenizer tokenizer, string field)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)tokenizer.VocabularySize)
                throw new RequestException($"The token id {id} is outside of the vocabulary of "
                    + $"{tokenizer.VocabularySize}.", "invalid_" + field, field);
    }

    /// <summary>A plain text as a prompt, with the token before it that the model was trained with.</summary>
    public static int[] Encode(string text, ServedModel model)
    {
        var ids = model.Tokenizer.Encode(text);
        return model.Tokenizer is { AddsBos: true, BosId: { } bos } && ids.Length > 0 && ids[0] != bos
            ? [bos, .. ids] : ids;
    }
}
