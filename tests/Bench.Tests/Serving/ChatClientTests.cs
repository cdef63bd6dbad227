using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Weir.Bench.Serving;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Serving;

public sealed class ChatClientTests : IAsyncLifetime
{
    private static readonly Question Question = new("be brief", "who?", 3, Seed: 5);
    private readonly ConcurrentQueue<JsonObject> _bodies = [];
    private readonly ConcurrentDictionary<string, int> _connections = [];
    private WebApplication _app = null!;
    private Func<HttpContext, Task> _answer = AnswerWholeAsync;

    private Uri Address => new(_app.Urls.First());

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/chat/completions", async context =>
        {
            _bodies.Enqueue((await JsonNode.ParseAsync(context.Request.Body))!.AsObject());
            _connections.AddOrUpdate(context.Connection.Id, 1, (_, n) => n + 1);
            await _answer(context);
        });
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task An_answer_is_timed_from_its_request_to_its_first_text_and_from_text_to_text()
    {
        using var client = new ChatClient(Address, reusesConnections: true);
        var timing = await client.AskAsync(Question, CancellationToken.None);
        Assert.Equal((7, 3), (timing.PromptTokens, timing.GeneratedTokens));
        // The server waits 60 ms before the first word and before the third.
        Assert.InRange(timing.FirstTokenMs, 55, 10_000);
        Assert.Equal(2, timing.GapsMs.Count);
        Assert.InRange(timing.GapsMs[1], 55, 10_000);
    }

    [Fact]
    public async Task A_request_asks_for_a_whole_stream_with_its_usage()
    {
        using var client = new ChatClient(Address, reusesConnections: true);
        await client.AskAsync(Question, CancellationToken.None);
        var expected = JsonNode.Parse("""
            {"model":"model","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"who?"}],
             "max_tokens":3,"ignore_eos":true,"temperature":0.8,"top_k":40,"top_p":0.95,"seed":5,"stream":true,
             "stream_options":{"include_usage":true}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, _bodies.Single()), _bodies.Single().ToJsonString());
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public async Task Connections_are_kept_or_not_as_the_server_needs_it(bool reuses, int connections)
    {
        using var client = new ChatClient(Address, reuses);
        for (int i = 0; i < 3; i++) await client.AskAsync(Question, CancellationToken.None);
        Assert.Equal(connections, _connections.Count);
    }

    [Fact]
    public async Task All_clients_ask_at_the_same_time_and_each_of_them_one_after_another()
    {
        int open = 0, most = 0;
        _answer = async context =>
        {
            int now = Interlocked.Increment(ref open);
            InterlockedMax(ref most, now);
            await AnswerWholeAsync(context);
            Interlocked.Decrement(ref open);
        };
        using var client = new ChatClient(Address, reusesConnections: true);
        var result = await LoadResult.RunAsync(client, clients: 4, [.. Enumerable.Repeat(Question, 8)],
            CancellationToken.None);
        Assert.Equal((8, 8), (_bodies.Count, result.FirstTokenMs.Count));
        Assert.Equal(4, most);
        Assert.InRange(result.TokensPerSecond, 0.1, 24 / 0.12);
    }

    [Fact]
    public async Task A_refusal_and_a_stream_without_usage_end_the_measurement()
    {
        using var client = new ChatClient(Address, reusesConnections: true);
        _answer = context =>
        {
            context.Response.StatusCode = 429;
            return context.Response.WriteAsync("too many");
        };
        var refusal = await Assert.ThrowsAsync<UserErrorException>(() =>
            LoadResult.RunAsync(client, 2, [Question, Question], CancellationToken.None));
        Assert.Contains("429: too many", refusal.Message);
        _answer = context => SendAsync(context, """{"choices":[{"delta":{"content":"a"}}]}""");
        await Assert.ThrowsAsync<UserErrorException>(() => client.AskAsync(Question, CancellationToken.None));
    }

    private static async Task AnswerWholeAsync(HttpContext context)
    {
        const string Word = """{"choices":[{"delta":{"content":"word "}}]}""";
        await SendAsync(context, """{"choices":[{"delta":{"role":"assistant","content":null}}]}""");
        await Task.Delay(60);
        await SendAsync(context, Word);
        await SendAsync(context, Word);
        await Task.Delay(60);
        await SendAsync(context, Word);
        await SendAsync(context, """{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}""");
        await SendAsync(context, "[DONE]");
    }

    private static async Task SendAsync(HttpContext context, string data)
    {
        await context.Response.WriteAsync($"data: {data}\n\n");
        await context.Response.Body.FlushAsync();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = most; value > seen; seen = most) Interlocked.CompareExchange(ref most, value, seen);
    }
}
