using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Inference.Models;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Serving;

public sealed class EngineServerTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private static readonly LoadedModel Model = RandomModel.Small(seed: 5);
    private const string Chat = "/v1/chat/completions", Completion = "/v1/completions";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chat_is_answered_over_loopback_and_over_a_unix_socket(bool socket)
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(socket ? "unix:" + folder.File("engine.sock") : "127.0.0.1:0");
        Assert.StartsWith(socket ? "unix:/" : "http://127.0.0.1:", server.Address);
        using var http = TestClient.For(server);
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat)
        {
            Content = JsonContent.Create(ChatBody("temperature", 0.0)), Headers = { { "x-weir-request", "r-17" } },
        };
        using var response = await http.SendAsync(request, Ct);
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("chatcmpl-r-17", (string?)body["id"]);
        Assert.Equal("chat.completion", (string?)body["object"]);
        Assert.Equal("town", (string?)body["model"]);
        var choice = body["choices"]![0]!;
        Assert.Equal("assistant", (string?)choice["message"]!["role"]);
        var prompt = Text.Chat.ChatTemplate.Encode(Model.Tokenizer, [new("user", "Hello 河")], true).Ids;
        var expected = ModelRun.Greedy(Model, prompt, steps: 24);
        Assert.Equal(Model.Tokenizer.Decode(expected), (string?)choice["message"]!["content"]);
        Assert.Equal(Model.EndTokens.Contains(expected[^1]) ? "stop" : "length", (string?)choice["finish_reason"]);
        var usage = body["usage"]!;
        Assert.Equal(prompt.Length, (int)usage["prompt_tokens"]!);
        Assert.Equal(expected.Length, (int)usage["completion_tokens"]!);
        Assert.Equal(prompt.Length + expected.Length, (int)usage["total_tokens"]!);
        Assert.Equal(0, (int)usage["prompt_tokens_details"]!["cached_tokens"]!);
    }

    [Fact]
    public async Task A_stream_is_the_same_text_in_the_protocols_order()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        for (int seed = 0; seed < 6; seed++)
        {
            var body = ChatBody("seed", seed);
            body["stop"] = new JsonArray("zz", "e");
            var whole = await TestClient.PostAsync(http, Chat, body);
            body["stream"] = true;
            body["stream_options"] = new JsonObject { ["include_usage"] = true, ["continuous_usage_stats"] = true };
            var chunks = await TestClient.StreamAsync(http, Chat, body);
            Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
            Assert.Equal((string?)whole["choices"]![0]!["message"]!["content"], string.Concat(chunks
                .SelectMany(c => c["choices"]!.AsArray()).Select(c => (string?)c!["delta"]!["content"])));
            Assert.Equal((string?)whole["choices"]![0]!["finish_reason"],
                (string?)chunks[^2]["choices"]![0]!["finish_reason"]);
            Assert.Empty(chunks[^1]["choices"]!.AsArray());
            Assert.Equal(whole["usage"]!.ToJsonString(), chunks[^1]["usage"]!.ToJsonString());
            Assert.Equal(whole["usage"]!.ToJsonString(), chunks[^2]["usage"]!.ToJsonString());
            int before = 0;
            foreach (var chunk in chunks)
            {
                Assert.Equal("usage", chunk.Last().Key); // a gateway cuts it off
                Assert.Equal((string?)chunks[0]["id"], (string?)chunk["id"]);
                Assert.InRange((int)chunk["usage"]!["completion_tokens"]!, before, 24);
                before = (int)chunk["usage"]!["completion_tokens"]!;
            }
        }
    }

    [Fact]
    public async Task A_stream_reports_usage_only_where_asked()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var body = ChatBody("stream", true);
        var chunks = await TestClient.StreamAsync(http, Chat, body);
        Assert.All(chunks, c => Assert.False(c.ContainsKey("usage")));
        Assert.All(chunks, c => Assert.NotEmpty(c["choices"]!.AsArray()));
    }

    [Fact]
    public async Task A_completion_echoes_and_scores_its_prompt()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        const string text = "the lock keeper 😀 counts";
        var ids = Model.Tokenizer.Encode(text);
        var body = await TestClient.PostAsync(http, Completion, new JsonObject
        {
            ["prompt"] = new JsonArray([.. ids.Select(i => (JsonNode)i)]),
            ["echo"] = true, ["logprobs"] = 0, ["max_tokens"] = 0,
        });
        var choice = body["choices"]![0]!;
        Assert.Equal(text, (string?)choice["text"]);
        Assert.Equal("length", (string?)choice["finish_reason"]);
        var scores = choice["logprobs"]!;
        Assert.Equal(ids.Length, scores["tokens"]!.AsArray().Count);
        Assert.Equal(ids.Length, scores["text_offset"]!.AsArray().Count);
        var logprobs = scores["token_logprobs"]!.AsArray();
        Assert.Null(logprobs[0]);
        Assert.All(logprobs.Skip(1), p => Assert.InRange((double)p!, -100, 0));
        Assert.Equal(0, (int)body["usage"]!["completion_tokens"]!);

        var same = await TestClient.PostAsync(http, Completion, new JsonObject
        {
            ["prompt"] = new JsonArray(text),
            ["echo"] = true, ["logprobs"] = 2, ["max_tokens"] = 3, ["temperature"] = 0,
        });
        Assert.StartsWith(text, (string?)same["choices"]![0]!["text"]);
        var more = same["choices"]![0]!["logprobs"]!;
        Assert.StartsWith(logprobs.ToJsonString()[..^1], more["token_logprobs"]!.ToJsonString());
        Assert.All(more["top_logprobs"]!.AsArray().Skip(1), t => Assert.InRange(t!.AsObject().Count, 1, 2));
    }

    [Fact]
    public async Task A_completion_streams_and_ends_at_its_limit()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var body = new JsonObject { ["prompt"] = "the miller", ["temperature"] = 0, ["max_tokens"] = 9 };
        var whole = await TestClient.PostAsync(http, Completion, body);
        body["stream"] = true;
        var chunks = await TestClient.StreamAsync(http, Completion, body);
        Assert.Equal((string?)whole["choices"]![0]!["text"],
            string.Concat(chunks.Select(c => (string?)c["choices"]![0]!["text"])));
        Assert.StartsWith("cmpl-", (string?)chunks[0]["id"]);
    }

    [Fact]
    public async Task Content_may_be_a_list_of_text_parts()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var plain = await TestClient.PostAsync(http, Chat, ChatBody("temperature", 0.0));
        var body = ChatBody("temperature", 0.0);
        body["messages"]![0]!["content"] = JsonNode.Parse("""
            [{"type":"text","text":"Hello "},{"type":"text","text":"河"}]
            """);
        var parts = await TestClient.PostAsync(http, Chat, body);
        Assert.Equal(plain["choices"]!.ToJsonString(), parts["choices"]!.ToJsonString());
    }

    [Fact]
    public async Task Health_models_and_statistics_tell_what_the_engine_does()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var health = (await http.GetFromJsonAsync<JsonObject>("/health", Ct))!;
        Assert.Equal("ready", (string?)health["status"]);
        var models = (await http.GetFromJsonAsync<JsonObject>("/v1/models", Ct))!;
        Assert.Equal("town", (string?)models["data"]![0]!["id"]);
        var answer = await TestClient.PostAsync(http, Chat, ChatBody("temperature", 0.0));
        var stats = (await http.GetFromJsonAsync<JsonObject>("/weir/stats", Ct))!;
        Assert.Equal("town", (string?)stats["model"]);
        Assert.Equal(1, (int)stats["requests_total"]!);
        Assert.Equal((int)answer["usage"]!["completion_tokens"]!, (int)stats["tokens_generated_total"]!);
        Assert.Equal(4 * Model.Config.ContextLength, (int)stats["kv_tokens_total"]!);
        Assert.True((double)stats["tokens_per_second"]! > 0);
        Assert.True((double)stats["uptime_seconds"]! > 0);
        Assert.Equal(4 * Model.Config.ContextLength / 16, (int)stats["kv_blocks_total"]!);
        Assert.Equal(0, (int)stats["kv_blocks_used"]!);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_sequence()
    {
        await using var server = await StartAsync(model: RandomModel.Endless());
        using var http = TestClient.For(server);
        var body = new JsonObject
        {
            ["prompt"] = "the river", ["temperature"] = 0, ["max_tokens"] = 190_000, ["stream"] = true,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, Completion) { Content = JsonContent.Create(body) };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        var stream = await response.Content.ReadAsStreamAsync(Ct);
        Assert.True(await stream.ReadAsync(new byte[100], Ct) > 0);
        Assert.Equal(1, server.Stats.Running);
        response.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (server.Stats.Running > 0) await Task.Delay(5, limit.Token);
        Assert.Equal(0, server.Stats.KvTokensUsed);
        Assert.True(server.Stats.TokensGeneratedTotal < 100_000);
    }

    [Fact]
    public async Task Requests_get_503_while_the_model_loads_and_once_the_engine_drains()
    {
        await using var server = await EngineServer.StartAsync(new EngineOptions { ListenOn = "127.0.0.1:0" }, Ct);
        using var http = TestClient.For(server);
        await Expect503("loading");
        server.Serve(RandomModel.Endless());
        var body = new JsonObject { ["prompt"] = "the river", ["temperature"] = 0, ["max_tokens"] = 1500 };
        var running = TestClient.PostAsync(http, Completion, body);
        while (server.Stats.Running == 0) await Task.Delay(1, Ct);
        var stopping = server.StopAsync(TimeSpan.FromSeconds(20));
        await Expect503("draining");
        Assert.NotNull((string?)(await running)["choices"]![0]!["finish_reason"]); // what runs is finished
        Assert.Equal(1500, (int)(await running)["usage"]!["completion_tokens"]!);
        await stopping;

        async Task Expect503(string state)
        {
            using var health = await http.GetAsync("/health", Ct);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Equal(state, (string?)(await health.Content.ReadFromJsonAsync<JsonObject>(Ct))!["status"]);
            using var response = await http.PostAsJsonAsync(Chat, ChatBody("temperature", 0.0), Ct);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal("1", response.Headers.GetValues("Retry-After").Single());
            var error = (await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!["error"]!;
            Assert.Equal("engine_" + state, (string?)error["code"]);
        }
    }

    [Fact]
    public async Task What_does_not_end_within_the_grace_period_is_cut()
    {
        await using var server = await StartAsync(model: RandomModel.Endless());
        using var http = TestClient.For(server);
        var body = new JsonObject { ["prompt"] = "the river", ["temperature"] = 0, ["max_tokens"] = 190_000 };
        var running = http.PostAsJsonAsync(Completion, body, Ct);
        while (server.Stats.Running == 0) await Task.Delay(1, Ct);
        await server.StopAsync(TimeSpan.FromMilliseconds(50));
        await server.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => (await running).EnsureSuccessStatusCode());
    }

    [Fact]
    public async Task An_address_in_use_is_a_message_and_stays_with_its_owner()
    {
        using var folder = new TemporaryFolder();
        var socket = "unix:" + folder.File("engine.sock");
        await using var first = await StartAsync(socket);
        var error = await Assert.ThrowsAsync<UserErrorException>(() => StartAsync(socket));
        Assert.Contains("in use", error.Message);
        using (var http = TestClient.For(first)) await http.GetStringAsync("/health", Ct);

        await using var second = await StartAsync();
        var port = await Assert.ThrowsAsync<UserErrorException>(() => StartAsync(second.Address["http://".Length..]));
        Assert.Contains("in use", port.Message);
    }

    [Fact]
    public async Task A_socket_file_that_a_dead_engine_left_is_taken_over_and_other_files_are_not()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("engine.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path + "-1"));
            File.Move(path + "-1", path); // a process that ends in order would remove it
        }
        Assert.True(File.Exists(path));
        await using var server = await StartAsync("unix:" + path);
        using var http = TestClient.For(server);
        Assert.Contains("ready", await http.GetStringAsync("/health", Ct));

        File.WriteAllText(folder.File("notes.txt"), "keep me");
        await Assert.ThrowsAsync<UserErrorException>(() => StartAsync("unix:" + folder.File("notes.txt")));
        Assert.Equal("keep me", File.ReadAllText(folder.File("notes.txt")));
    }

    [Theory]
    [InlineData("here")]
    [InlineData("unix:")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("example.com:80")]
    [InlineData("192.0.2.1:8081")] // not an address of this machine
    public async Task An_address_that_cannot_be_listened_on_is_a_message(string address) =>
        Assert.Contains("--listen", (await Assert.ThrowsAsync<UserErrorException>(() => StartAsync(address))).Message);

    private static async Task<EngineServer> StartAsync(string address = "127.0.0.1:0", LoadedModel? model = null)
    {
        var server = await EngineServer.StartAsync(new EngineOptions
        {
            ListenOn = address, Name = "town", Threads = 1, Parallel = 4,
        }, Ct);
        server.Serve(model ?? Model);
        return server;
    }

    private static JsonObject ChatBody(string field, JsonNode value) => new()
    {
        ["model"] = "any", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello 河" }),
        ["max_tokens"] = 24, ["a_field_of_tomorrow"] = new JsonObject(), [field] = value,
    };
}
