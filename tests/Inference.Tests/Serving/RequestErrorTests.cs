using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Serving;

/// <summary>Every mistake of a client gets OpenAI's error shape, and the engine lives on.</summary>
public sealed class RequestErrorTests : IAsyncLifetime
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private EngineServer _server = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await EngineServer.StartAsync(new EngineOptions
        {
            ListenOn = "127.0.0.1:0", Threads = 1, Parallel = 1, MaxWaiting = 0, Context = 64,
        }, Ct);
        _server.Serve(RandomModel.Small());
        _http = TestClient.For(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("{", "invalid_json")]
    [InlineData("null", null)]
    [InlineData("[]", "invalid_json")]
    [InlineData("{}", "missing_field")]
    [InlineData("""{"messages":[]}""", "missing_field")]
    [InlineData("""{"messages":[null]}""", "invalid_value")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", null)]
    [InlineData("""{"messages":[{"role":"robot","content":"x"}]}""", "invalid_value")]
    [InlineData("""{"messages":"x"}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":5}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x","\udc00":1}]}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":3}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"warm"}""", "invalid_json")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_p":0}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_k":-1}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":-1}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":0}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":1000}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"min_p":2}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"repetition_penalty":0}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"presence_penalty":3}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"frequency_penalty":-3}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logit_bias":{"x":1}}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logit_bias":{"5":101}}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_logprobs":2}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logprobs":true,"top_logprobs":21}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"functions":[{}]}""",
        "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"modalities":["audio"]}""",
        "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":"required"}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":"sometimes"}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":""}""", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":[1]}""", "invalid_json")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":{}}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"""
        + """ "tools":[{"type":"function","function":{"name":"f"}}]}""",
        "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"yaml"}}""",
        "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}""",
        "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"guided_regex":"a","""
        + """ "response_format":{"type":"json_object"}}""",
        "unsupported_value")]
    public Task A_chat_that_cannot_be_served_is_a_400(string body, string? code) =>
        ExpectAsync("/v1/chat/completions", body, HttpStatusCode.BadRequest, code);

    [Theory]
    [InlineData("{}", "missing_field")]
    [InlineData("""{"prompt":null}""", "missing_field")]
    [InlineData("""{"prompt":5}""", "invalid_json")]
    [InlineData("""{"prompt":["a","b"]}""", "invalid_json")]
    [InlineData("""{"prompt":[1,"b"]}""", "invalid_json")]
    [InlineData("""{"prompt":[1.5]}""", "invalid_json")]
    [InlineData("""{"prompt":"\udfff"}""", "invalid_json")]
    [InlineData("""{"prompt":""}""", "empty_prompt")]
    [InlineData("""{"prompt":[]}""", "empty_prompt")]
    [InlineData("""{"prompt":[-1]}""", "invalid_prompt")]
    [InlineData("""{"prompt":[100000]}""", "invalid_prompt")]
    [InlineData("""{"prompt":"x","logprobs":9}""", "invalid_value")]
    [InlineData("""{"prompt":"x","echo":true,"stream":true}""", "unsupported_value")]
    [InlineData("""{"prompt":"x","suffix":"y"}""", "unsupported_value")]
    [InlineData("""{"prompt":"x","best_of":3}""", "invalid_value")]
    public Task A_completion_that_cannot_be_served_is_a_400(string body, string code) =>
        ExpectAsync("/v1/completions", body, HttpStatusCode.BadRequest, code);

    [Theory]
    [InlineData("/v1/embeddings", "{}", "missing_field")]
    [InlineData("/v1/embeddings", """{"input":[]}""", "invalid_value")]
    [InlineData("/v1/embeddings", """{"input":""}""", "empty_prompt")]
    [InlineData("/v1/embeddings", """{"input":{"a":1}}""", "invalid_value")]
    [InlineData("/v1/embeddings", """{"input":[[1.5]]}""", "invalid_value")]
    [InlineData("/v1/embeddings", """{"input":[-1]}""", "invalid_input")]
    [InlineData("/v1/embeddings", """{"input":"x","dimensions":7}""", "unsupported_value")]
    [InlineData("/v1/embeddings", """{"input":"x","encoding_format":"hex"}""", "invalid_value")]
    [InlineData("/v1/embeddings", """{"input":"x","pooling":"max"}""", "invalid_value")]
    [InlineData("/tokenize", "{}", "missing_field")]
    [InlineData("/tokenize", """{"messages":[]}""", "missing_field")]
    [InlineData("/detokenize", "{}", "missing_field")]
    [InlineData("/detokenize", """{"tokens":[9999999]}""", "invalid_tokens")]
    [InlineData("/weir/weights", "{}", "invalid_value")]
    [InlineData("/weir/weights", """{"path":"nowhere"}""", null)]
    public Task Another_request_that_cannot_be_served_is_a_400(string path, string body, string? code) =>
        ExpectAsync(path, body, HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task A_prompt_beyond_the_context_is_a_400_that_says_so()
    {
        var ids = string.Join(',', Enumerable.Repeat("7", 65));
        await ExpectAsync("/v1/completions", $$"""{"prompt":[{{ids}}]}""", HttpStatusCode.BadRequest,
            "context_length_exceeded");
        var text = new string('河', 200);
        await ExpectAsync("/v1/chat/completions", $$"""{"messages":[{"role":"user","content":"{{text}}"}]}""",
            HttpStatusCode.BadRequest, "context_length_exceeded");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_four_megabytes_is_a_413(bool chunked)
    {
        var text = $$"""{"prompt":"{{new string('x', 4 << 20)}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent(text, Encoding.UTF8, "application/json"),
        };
        if (chunked) request.Headers.TransferEncodingChunked = true;
        using var response = await _http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!["error"]!;
        Assert.Equal("body_too_large", (string?)error["code"]);
    }

    [Fact]
    public async Task A_full_queue_is_a_429_with_a_time_to_come_back()
    {
        var body = new JsonObject { ["prompt"] = "the river", ["max_tokens"] = 60, ["temperature"] = 0 };
        for (int attempt = 0; attempt < 200; attempt++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 8)
                .Select(_ => _http.PostAsJsonAsync("/v1/completions", body, Ct)));
            var refused = all.FirstOrDefault(r => r.StatusCode == HttpStatusCode.TooManyRequests);
            if (refused is null) continue;
            Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
            var error = (await refused.Content.ReadFromJsonAsync<JsonObject>(Ct))!["error"]!;
            Assert.Equal("rate_limit_error", (string?)error["type"]);
            return;
        }
        Assert.Fail("No request was refused.");
    }

    [Fact]
    public async Task Paths_and_methods_that_do_not_exist_are_in_the_same_shape()
    {
        using var response = await _http.GetAsync("/v1/rerank", Ct);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.NotNull((await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!["error"]!["message"]);
    }

    private async Task ExpectAsync(string path, string body, HttpStatusCode status, string? code)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(path, content, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(status == response.StatusCode, $"{response.StatusCode} {text}");
        var error = JsonNode.Parse(text)!["error"]!.AsObject();
        Assert.Equal(code, (string?)error["code"]);
        Assert.Equal("invalid_request_error", (string?)error["type"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)error["message"]));
        Assert.True(error.ContainsKey("param"));
        Assert.Equal(0, _server.Stats.Running);
    }
}
