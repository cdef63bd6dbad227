using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Inference.Serving;

namespace Weir.Inference.Tests.Serving;

/// <summary>A real engine on a Unix socket, asked over HTTP.</summary>
public sealed class EngineEndpointTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-engine-").FullName;
    private readonly EngineEndpoint _endpoint = new("random", threads: 2, parallel: 4, context: null);
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        var socket = Path.Combine(_folder, "e.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket));
        _app = builder.Build();
        _endpoint.Map(_app);
        await _app.StartAsync();
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var s = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await s.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                return new NetworkStream(s, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://engine/") };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _endpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Serve(int context = 96) => _endpoint.Serve(RandomModel.Create(5, context: context));

    private static JsonObject Chat(string text, Action<JsonObject>? change = null)
    {
        var body = new JsonObject
        {
            ["model"] = "random", ["temperature"] = 0, ["max_tokens"] = 20,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
        };
        change?.Invoke(body);
        return body;
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path, JsonNode body)
    {
        using var response = await _http.PostAsJsonAsync(path, body);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    private async Task<List<JsonNode>> StreamAsync(string path, JsonNode body)
    {
        using var response = await _http.PostAsJsonAsync(path, body);
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events[..^1].Select(e => JsonNode.Parse(e["data: ".Length..])!)];
    }

    [Fact]
    public async Task While_the_model_loads_health_says_so_and_requests_come_back_later()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _http.GetAsync("health")).StatusCode);
        using var response = await _http.PostAsJsonAsync("v1/chat/completions", Chat("hi"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Serve();
        Assert.Contains("ready", await _http.GetStringAsync("health"));
    }

    [Fact]
    public async Task Streamed_and_whole_answers_are_the_same_text_with_the_same_usage()
    {
        Serve();
        var (status, whole) = await PostAsync("v1/chat/completions", Chat("9加6等于多少？"));
        Assert.Equal(HttpStatusCode.OK, status);
        var chunks = await StreamAsync("v1/chat/completions", Chat("9加6等于多少？", b =>
        {
            b["stream"] = true;
            b["stream_options"] = new JsonObject { ["include_usage"] = true, ["continuous_usage_stats"] = true };
        }));
        var text = string.Concat(chunks.Select(c =>
            (string?)c["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"] ?? ""));
        Assert.Equal((string)whole["choices"]![0]!["message"]!["content"]!, text);
        Assert.True(JsonNode.DeepEquals(whole["usage"], chunks[^1]["usage"]));
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.All(chunks, c => Assert.NotNull(c["usage"]));
        Assert.EndsWith("}", chunks[1].ToJsonString());
        Assert.Equal("usage", chunks[1].AsObject().Last().Key);
    }

    [Fact]
    public async Task A_request_id_from_the_gateway_is_the_answers_id()
    {
        Serve();
        using var request = new HttpRequestMessage(HttpMethod.Post,
            "v1/chat/completions") { Content = JsonContent.Create<JsonNode>(Chat("hi")) };
        request.Headers.Add("x-weir-request", "0192f3a0-0000-7000-8000-000000000001");
        using var response = await _http.SendAsync(request);
        Assert.Equal("chatcmpl-0192f3a0-0000-7000-8000-000000000001",
            (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!);
    }

    [Fact]
    public async Task Sixteen_clients_at_once_get_what_each_would_get_alone()
    {
        Serve();
        var questions = Enumerable.Range(0, 16).Select(i => $"Which is larger, {i} or {i * 7 % 13}?").ToArray();
        var alone = new List<string>();
        foreach (var question in questions)
            alone.Add((string)(await PostAsync("v1/chat/completions", Chat(question)))
            .Body["choices"]![0]!["message"]!["content"]!);
        var together = await Task.WhenAll(questions.Select(async q =>
            (string)(await PostAsync("v1/chat/completions", Chat(q))).Body["choices"]![0]!["message"]!["content"]!));
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Prompt_log_probabilities_are_those_of_the_reference()
    {
        Serve();
        var model = RandomModel.Create(5);
        int[] ids = [0, .. model.Tokenizer.Encode("小熊咖啡 on River Road")];
        var (status, body) = await PostAsync("v1/completions", new JsonObject
        {
            ["prompt"] = new JsonArray([.. ids.Select(i => (JsonNode)i)]), ["echo"] = true, ["logprobs"] = 0,
                ["max_tokens"] = 0,
        });
        Assert.Equal(HttpStatusCode.OK, status);
        var found = body["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray();
        var reference = RandomModel.Reference(model, ids);
        Assert.Null(found[0]);
        for (int i = 1; i < ids.Length; i++)
        {
            var row = reference[i - 1];
            double top = row.Max(), expected = row[ids[i]] - top - Math.Log(row.Sum(v => Math.Exp(v - top)));
            Assert.Equal(expected, (double)found[i]!, 1e-3);
        }
        Assert.Equal(0, (int)body["usage"]!["completion_tokens"]!);
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":2}""", "n")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":9}""", "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_p":0}""", "top_p")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logprobs":true}""", "logprobs")]
    [InlineData("""{"messages":[{"role":"judge","content":"x"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", null)]
    [InlineData("""not json""", null)]
    public async Task A_request_that_cannot_be_served_gets_an_openai_error(string json, string? param)
    {
        Serve();
        using var response = await _http.PostAsync("v1/chat/completions", new StringContent(json));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonNode>())!["error"]!;
        Assert.Equal("invalid_request_error", (string)error["type"]!);
        Assert.NotEmpty((string)error["message"]!);
        Assert.Equal(param, (string?)error["param"]);
    }

    [Fact]
    public async Task A_prompt_beyond_the_context_is_refused_and_an_answer_ends_at_it()
    {
        Serve(context: 32);
        var (status, body) = await PostAsync("v1/chat/completions",
            Chat(string.Join(' ', Enumerable.Repeat("word", 60))));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("context_length_exceeded", (string)body["error"]!["code"]!);
        (status, body) = await PostAsync("v1/chat/completions", Chat("9", b => b["max_tokens"] = 500));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True((int)body["usage"]!["total_tokens"]! <= 33);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_place()
    {
        Serve(context: 4096);
        using var leaving = new CancellationTokenSource();
        var body = Chat("9", b =>
        {
            b["stream"] = true;
            b["max_tokens"] = 4000;
            b["temperature"] = 1.9;
        });
        using (var request = new HttpRequestMessage(HttpMethod.Post,
            "v1/chat/completions") { Content = JsonContent.Create<JsonNode>(body) })
        using (await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token)) { }
        for (int i = 0; i < 200
            && (int)(await _http.GetFromJsonAsync<JsonNode>("weir/stats"))!["running"]! > 0; i++) await Task.Delay(20);
        Assert.Equal(0, (int)(await _http.GetFromJsonAsync<JsonNode>("weir/stats"))!["running"]!);
    }

    [Fact]
    public async Task Draining_lets_running_requests_end_and_takes_no_new_ones()
    {
        Serve();
        await _endpoint.DrainAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.ServiceUnavailable,
            (await _http.PostAsJsonAsync("v1/chat/completions", Chat("hi"))).StatusCode);
        Assert.Contains("draining", await (await _http.GetAsync("health")).Content.ReadAsStringAsync());
    }
}
