using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Bench.Serving;

/// <summary>How one streamed answer came.</summary>
/// <param name="FirstTokenMs">From sending the request to the first text.</param>
/// <param name="GapsMs">Between one piece of text and the next.</param>
internal sealed record AnswerTiming(double FirstTokenMs, IReadOnlyList<double> GapsMs, int PromptTokens,
    int GeneratedTokens);

/// <summary>Asks an OpenAI endpoint and watches the clock.</summary>
internal sealed class ChatClient : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(10);
    private readonly HttpClient _http;

    /// <param name="address">Of the server, without <c>/v1</c>.</param>
    /// <param name="reusesConnections">False for servers that close a connection after a stream without saying
    /// so.</param>
    public ChatClient(Uri address, bool reusesConnections)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (!reusesConnections) handler.PooledConnectionLifetime = TimeSpan.Zero;
        _http = new HttpClient(handler) { BaseAddress = address, Timeout = AnswerLimit };
    }

    /// <exception cref="UserErrorException">The server refuses the request, or its answer is not whole.</exception>
    public async Task<AnswerTiming> AskAsync(Question question, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = new StringContent(Body(question).ToJsonString(), Encoding.UTF8,
                new MediaTypeHeaderValue(MediaTypeNames.Application.Json)),
        };
        long sent = Stopwatch.GetTimestamp();
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode)
            throw new UserErrorException($"The server at {_http.BaseAddress} answered {(int)response.StatusCode}: "
                + await response.Content.ReadAsStringAsync(ct));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        return await ReadAsync(reader, sent, ct);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The same sampling for every server. Answers have their full length, since weights may be random and
    /// servers are compared by equal work.</summary>
    private static JsonObject Body(Question question)
    {
        var messages = new JsonArray();
        if (question.System is { } system)
            messages.Add((JsonNode)new JsonObject { ["role"] = "system", ["content"] = system });
        messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = question.User });
        return new JsonObject
        {
            ["model"] = "model", ["messages"] = messages, ["max_tokens"] = question.MaxTokens, ["ignore_eos"] = true,
            ["temperature"] = 0.8, ["top_k"] = 40, ["top_p"] = 0.95, ["seed"] = question.Seed, ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
    }

    private static async Task<AnswerTiming> ReadAsync(StreamReader reader, long sent, CancellationToken ct)
    {
        double? first = null;
        long last = 0;
        var gaps = new List<double>();
        int? prompt = null, generated = null;
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (ChatEvent.Parse(line) is not { } chat) continue;
            (prompt, generated) = (chat.PromptTokens ?? prompt, chat.GeneratedTokens ?? generated);
            if (!chat.HasText) continue;
            long now = Stopwatch.GetTimestamp();
            if (first is null) first = Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds;
            else gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            last = now;
        }
        return prompt is null || generated is null || first is null
            ? throw new UserErrorException("The server's stream ended without text or without its usage.")
            : new AnswerTiming(first.Value, gaps, prompt.Value, generated.Value);
    }
}
