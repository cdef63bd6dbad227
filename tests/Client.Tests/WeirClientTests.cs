using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Weir.Formats.Datasets;
using Weir.Formats.Platform;

namespace Weir.Client.Tests;

public sealed class WeirClientTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401, """{"title":"The API key is unknown."}""", "The API key is unknown.")]
    [InlineData(404, """{"error":{"message":"No model 'x'."}}""", "No model 'x'.")]
    [InlineData(404, "", "There is nothing at this address.")]
    [InlineData(500, "<html>", "The platform answered 500.")]
    [InlineData(502, "[1]", "The platform answered 502.")]
    [InlineData(400, """{"error":"flat"}""", "The platform answered 400.")]
    [InlineData(400, """{"title":{"deep":1}}""", "The platform answered 400.")]
    public async Task A_refusal_says_what_the_platform_said(int status, string body, string message)
    {
        using var client = new StubHandler((HttpStatusCode)status, body).Client();
        var error = await Assert.ThrowsAsync<WeirApiException>(() => client.JobsAsync(Ct));
        Assert.Equal((status, message), (error.Status, error.Message));
    }

    [Fact]
    public async Task A_platform_that_is_not_there_is_an_error_that_says_how_to_start_one()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        listener.Stop();
        using var client = new WeirClient(new HttpClient { BaseAddress = address });
        var error = await Assert.ThrowsAsync<WeirApiException>(() => client.PlatformAsync(Ct));
        Assert.Equal(0, error.Status);
        Assert.Contains("./weir up", error.Message, StringComparison.Ordinal);
        Assert.Contains(address.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_from_outside_cannot_leave_their_place_in_the_address()
    {
        var stub = new StubHandler(HttpStatusCode.OK, "log");
        using var client = stub.Client();
        await client.JobLogAsync("../keys?x=1#y", Ct);
        Assert.Equal("/api/v1/jobs/..%2Fkeys%3Fx%3D1%23y/log", stub.Request!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task An_answer_that_is_null_is_an_error()
    {
        using var client = new StubHandler(HttpStatusCode.OK, "null").Client();
        await Assert.ThrowsAsync<WeirApiException>(() => client.JobsAsync(Ct));
    }

    [Fact]
    public async Task A_key_is_made_with_the_scopes_that_are_asked_for()
    {
        var stub = new StubHandler(HttpStatusCode.OK,
            """
            {"keyId":"k","name":"n","lastFour":"abcd","scopes":["admin"],"created":"2026-01-01T00:00:00Z",
             "revoked":false,"secret":"s"}
            """);
        using var client = stub.Client();
        var key = await client.CreateKeyAsync(new KeyRequest("n", [KeyScopes.Admin]), Ct);
        Assert.Equal("s", key.Secret);
        Assert.Equal("admin", (string)JsonNode.Parse(stub.RequestBody!)!["scopes"]![0]!);
    }

    [Fact]
    public async Task A_chat_comes_in_pieces_with_the_usage_last()
    {
        var stub = new StubHandler(HttpStatusCode.OK, Stream(
            Chunk("""{"role":"assistant","content":""}"""),
            Chunk("""{"content":"你"}"""),
            Chunk("""{"content":"好"}""", "stop"),
            Head + """ "choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""",
            "[DONE]", """{"never":"read"}"""));
        using var client = stub.Client();
        var deltas = await ChatAsync(client);
        Assert.Equal("你好", string.Concat(deltas.Select(d => d.Text)));
        Assert.Equal("stop", deltas[2].FinishReason);
        Assert.Equal(5, deltas[^1].Usage!.TotalTokens);
        var body = JsonNode.Parse(stub.RequestBody!)!;
        Assert.Equal(("m", true, true, "hi"), ((string)body["model"]!, (bool)body["stream"]!,
            (bool)body["stream_options"]!["include_usage"]!, (string)body["messages"]![0]!["content"]!));
    }

    [Fact]
    public async Task An_error_in_mid_stream_ends_the_chat_with_its_message()
    {
        using var client = new StubHandler(HttpStatusCode.OK, Stream(
            Chunk("""{"content":"a"}"""),
            """{"error":{"message":"The engine failed.","type":"server_error","param":null,"code":"x"}}"""))
            .Client();
        var error = await Assert.ThrowsAsync<WeirApiException>(() => ChatAsync(client));
        Assert.Equal("The engine failed.", error.Message);
    }

    [Fact]
    public async Task Tool_calls_and_thoughts_come_in_pieces_too()
    {
        using var client = new StubHandler(HttpStatusCode.OK, Stream(
            Chunk("""{"reasoning_content":"hm"}"""),
            Chunk("""{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{"}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}""", "tool_calls"), "[DONE]")).Client();
        var deltas = await ChatAsync(client);
        Assert.Equal("hm", deltas[0].Reasoning);
        Assert.Equal([new ToolCallDelta(0, "c1", "f", "{")], deltas[1].ToolCalls);
        Assert.Equal([new ToolCallDelta(0, null, null, "}")], deltas[2].ToolCalls);
        Assert.Equal("tool_calls", deltas[2].FinishReason);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"choices":5}""")]
    [InlineData("""{"choices":[7]}""")]
    public async Task A_stream_of_another_protocol_is_an_error(string chunk)
    {
        using var client = new StubHandler(HttpStatusCode.OK, Stream(chunk)).Client();
        var error = await Assert.ThrowsAsync<WeirApiException>(() => ChatAsync(client));
        Assert.Equal(502, error.Status);
    }

    [Fact]
    public async Task A_request_of_the_callers_own_passes_with_every_field()
    {
        var stub = new StubHandler(HttpStatusCode.OK, Stream("[DONE]"));
        using var client = stub.Client();
        await foreach (var _ in client.ChatAsync(new JsonObject { ["model"] = "m", ["min_p"] = 0.1 }, Ct)) { }
        var body = JsonNode.Parse(stub.RequestBody!)!;
        Assert.Equal((0.1, true), ((double)body["min_p"]!, (bool)body["stream"]!));
    }

    [Fact]
    public async Task Statistics_are_whatever_numbers_the_engine_has()
    {
        var stub = new StubHandler(HttpStatusCode.OK, """{"running":1,"new_figure":2.5}""");
        using var client = stub.Client();
        var stats = await client.EngineStatsAsync("a b", Ct);
        Assert.Equal(2.5, (double)stats["new_figure"]!);
        Assert.Equal("/api/v1/deployments/a%20b/stats", stub.Request!.RequestUri!.AbsolutePath);
    }

    private static async Task<List<ChatDelta>> ChatAsync(WeirClient client)
    {
        var deltas = new List<ChatDelta>();
        await foreach (var delta in client.ChatAsync("m", [new ChatTurn("user", "hi")], 0, 8, Ct)) deltas.Add(delta);
        return deltas;
    }

    private const string Head =
        """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",""";

    private static string Chunk(string delta, string? finish = null) => Head
        + $$""" "choices":[{"index":0,"delta":{{delta}},"finish_reason":"""
        + (finish is null ? "null" : $"\"{finish}\"") + "}]}";

    private static string Stream(params string[] events) => string.Concat(events.Select(e => $"data: {e}\n\n"));
}
