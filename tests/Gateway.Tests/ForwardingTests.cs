using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Weir.Gateway.Tests;

public sealed class ForwardingTests : IAsyncLifetime
{
    private GatewayUnderTest _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_whole_answer_passes_byte_for_byte_and_leaves_a_row()
    {
        var sent = """{ "id":"c", "choices":[{"message":{"content":"你好"},"finish_reason":"length"}], """
            + $$""" "usage":{{ScriptedEngine.Usage(3)}} }""";
        _gateway.Engine.Script = c => c.Response.WriteAsync(sent);
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat(more: ""","temperature":0.5"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(sent, await answer.Content.ReadAsStringAsync());
        Assert.True(_gateway.Engine.Bodies.TryDequeue(out var body));
        Assert.Equal(0.5, (double)body["temperature"]!);
        Assert.Null(body["stream_options"]);

        var row = await _gateway.RowAsync();
        Assert.Equal(answer.Headers.GetValues("x-weir-request").Single(), (string)row["request_id"]!);
        Assert.Equal(("7", "2", "3", "3", "3"), ((string)row["tokens_prompt"]!, (string)row["tokens_cached"]!,
            (string)row["tokens_generated"]!, (string)row["tokens_delivered"]!, (string)row["tokens_billed"]!));
        Assert.Equal("12", (string)row["charge_micros"]!); // 5 at 1, 2 at 0.5, 3 at 2 micro-units a token
        Assert.Equal(("length", "reported", "200", "k1"), ((string)row["end_reason"]!, (string)row["billing_basis"]!,
            (string)row["http_status"]!, (string)row["key_id"]!));
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","stream_options":{"include_usage":false}""")]
    [InlineData(""","stream_options":null""")]
    public async Task A_stream_has_no_usage_unless_the_client_asks_for_it(string options)
    {
        _gateway.Engine.Script = c => ScriptedEngine.StreamAsync(c, "one", "two");
        using var answer = await _gateway.OpenStreamAsync(options);
        var events = await GatewayUnderTest.EventsAsync(answer);
        Assert.Equal("[DONE]", events[^1]);
        Assert.Equal(5, events.Count);
        Assert.All(events, e => Assert.DoesNotContain("usage", e, StringComparison.Ordinal));
        Assert.Equal(["", "one", "two", ""], events.SkipLast(1)
            .Select(e => (string?)JsonNode.Parse(e)!["choices"]![0]!["delta"]!["content"] ?? ""));
        Assert.True(_gateway.Engine.Bodies.TryDequeue(out var body));
        Assert.True((bool)body["stream_options"]!["continuous_usage_stats"]!);
        var row = await _gateway.RowAsync();
        Assert.Equal(("2", "2", "stop"), ((string)row["tokens_generated"]!, (string)row["tokens_delivered"]!,
            (string)row["end_reason"]!));
        Assert.NotNull(row["time_to_first_token_ms"]);
    }

    [Fact]
    public async Task A_stream_with_usage_ends_with_one_usage_chunk()
    {
        _gateway.Engine.Script = c => ScriptedEngine.StreamAsync(c, "one");
        using var answer = await _gateway.OpenStreamAsync(""","stream_options":{"include_usage":true}""");
        var events = await GatewayUnderTest.EventsAsync(answer);
        var usage = Assert.Single(events, e => e.Contains("usage", StringComparison.Ordinal));
        Assert.Equal(usage, events[^2]);
        Assert.Equal(1, (int)JsonNode.Parse(usage)!["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task An_engine_that_reports_no_usage_is_counted()
    {
        _gateway.Engine.Script = c => ScriptedEngine.SendAsync(c,
            """{"choices":[{"delta":{"role":"assistant"}}]}""", """{"choices":[{"delta":{"content":"a"}}]}""",
            """{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}""", "[DONE]");
        using var answer = await _gateway.OpenStreamAsync();
        await answer.Content.ReadAsStringAsync();
        var row = await _gateway.RowAsync();
        Assert.Equal(("2", "counted"), ((string)row["tokens_delivered"]!, (string)row["billing_basis"]!));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_engines_work_and_pays_for_what_it_got()
    {
        _gateway.Engine.Script = async c =>
        {
            await ScriptedEngine.SendAsync(c, ScriptedEngine.Chunk(null, 0), ScriptedEngine.Chunk("one", 1));
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        };
        using (var answer = await _gateway.OpenStreamAsync())
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            while ((await reader.ReadLineAsync())!.Contains("one", StringComparison.Ordinal) is false) { }
        }
        await _gateway.Engine.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
        var row = await _gateway.RowAsync();
        Assert.Equal(("client_gone", "1", "8"), ((string)row["end_reason"]!, (string)row["tokens_billed"]!,
            (string)row["charge_micros"]!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_engine_that_dies_before_its_answer_is_a_502_that_costs_nothing(bool stream)
    {
        _gateway.Engine.Script = c =>
        {
            c.Abort();
            return Task.CompletedTask;
        };
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat(stream));
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("upstream_error", (await GatewayUnderTest.ErrorAsync(answer)).Code);
        var row = await _gateway.RowAsync();
        Assert.Equal(("upstream_error", "502", "0"), ((string)row["end_reason"]!, (string)row["http_status"]!,
            (string)row["charge_micros"]!));
    }

    [Theory]
    [InlineData("die")]
    [InlineData("end")]
    [InlineData("rubbish")]
    [InlineData("huge")]
    public async Task An_engine_that_fails_in_mid_stream_leaves_an_error_event_and_is_billed_to_there(string how)
    {
        _gateway.Engine.Script = async c =>
        {
            await ScriptedEngine.SendAsync(c, ScriptedEngine.Chunk(null, 0), ScriptedEngine.Chunk("one", 1));
            await Task.Delay(200, c.RequestAborted); // the gateway has passed on what came before
            if (how == "die") c.Abort();
            else if (how == "rubbish") await ScriptedEngine.SendAsync(c, "{]");
            else if (how == "huge") await c.Response.WriteAsync("data: " + new string('x', 3 << 20), c.RequestAborted);
        };
        using var answer = await _gateway.OpenStreamAsync();
        var events = await GatewayUnderTest.EventsAsync(answer);
        Assert.Contains("one", events[1], StringComparison.Ordinal);
        Assert.Equal("upstream_error", (string)JsonNode.Parse(events[^1])!["error"]!["code"]!);
        Assert.DoesNotContain("[DONE]", events);
        var row = await _gateway.RowAsync();
        Assert.Equal(("upstream_error", "1"), ((string)row["end_reason"]!, (string)row["tokens_billed"]!));
    }

    [Fact]
    public async Task An_answer_that_is_not_json_is_a_502()
    {
        _gateway.Engine.Script = c => c.Response.WriteAsync("<html>");
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat());
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("server_error", (await GatewayUnderTest.ErrorAsync(answer)).Type);
    }

    [Fact]
    public async Task An_engines_refusal_passes_through_and_costs_nothing()
    {
        _gateway.Engine.Script = c =>
        {
            c.Response.StatusCode = 429;
            c.Response.Headers.RetryAfter = "7";
            c.Response.ContentType = "application/json";
            return c.Response.WriteAsync("""{"error":{"message":"full","type":"server_error","code":"overloaded"}}""");
        };
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat(stream: true));
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), answer.Headers.RetryAfter!.Delta);
        Assert.Equal("full", (await GatewayUnderTest.ErrorAsync(answer)).Message);
        Assert.Equal(("429", "0"), ((string)(await _gateway.RowAsync())["http_status"]!,
            (string)(await _gateway.RowAsync())["charge_micros"]!));
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_a_502()
    {
        _gateway.Publish(GatewayUnderTest.Model("m", "unix:/nonexistent/engine.sock"));
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat());
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("upstream_error", (string)(await _gateway.RowAsync())["end_reason"]!);
    }

    [Fact]
    public async Task An_engine_that_hangs_is_a_504()
    {
        await using var gateway =
            await GatewayUnderTest.StartAsync(o => o with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        gateway.Engine.Script = c => Task.Delay(Timeout.Infinite, c.RequestAborted);
        var answer = await gateway.PostAsync(GatewayUnderTest.Chat());
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Equal("timeout", (string)(await gateway.RowAsync())["end_reason"]!);
        await gateway.Engine.Abandoned.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Many_requests_at_once_leave_one_row_each()
    {
        const int count = 200;
        _gateway.Engine.Script = c => ScriptedEngine.StreamAsync(c, "one", "two", "three");
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            using var answer = await _gateway.OpenStreamAsync();
            Assert.Equal(6, (await GatewayUnderTest.EventsAsync(answer)).Count);
            return answer.Headers.GetValues("x-weir-request").Single();
        }));
        var rows = await _gateway.RowsAsync(count);
        Assert.Equal(ids.Order(), rows.Select(r => (string)r["request_id"]!).Order());
        Assert.All(rows, r => Assert.Equal("12", (string)r["charge_micros"]!));
    }
}
