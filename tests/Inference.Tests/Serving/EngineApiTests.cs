using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Weir.Inference.Models;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Serving;

public sealed class EngineApiTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private static readonly LoadedModel Model = RandomModel.Small(seed: 5);
    private const string Chat = "/v1/chat/completions", Completion = "/v1/completions";

    [Fact]
    public async Task Tokens_go_forth_and_back()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var tokens = await TestClient.PostAsync(http, "/tokenize", new JsonObject { ["prompt"] = "the miller 河" });
        Assert.Equal(Model.Tokenizer.Encode("the miller 河"), tokens["tokens"]!.AsArray().Select(t => (int)t!));
        Assert.Equal(256, (int)tokens["max_model_len"]!);
        var text = await TestClient.PostAsync(http, "/detokenize",
            new JsonObject { ["tokens"] = tokens["tokens"]!.DeepClone() });
        Assert.Equal("the miller 河", (string?)text["prompt"]);
        var chat = await TestClient.PostAsync(http, "/tokenize", new JsonObject { ["messages"] = Messages() });
        Assert.Equal(Text.Chat.ChatTemplate.Encode(Model.Tokenizer, [new("user", "Hello 河")], true).Ids,
            chat["tokens"]!.AsArray().Select(t => (int)t!));
    }

    [Fact]
    public async Task Code_points_that_are_no_characters_are_text_all_the_same()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        const string text = "e\u0301 \ufffe\uffff e\u0301\0";
        var tokens = await TestClient.PostAsync(http, "/tokenize", new JsonObject { ["prompt"] = text });
        var back = await TestClient.PostAsync(http, "/detokenize",
            new JsonObject { ["tokens"] = tokens["tokens"]!.DeepClone() });
        Assert.Equal("é \ufffe\uffff é\0", (string?)back["prompt"]);
    }

    [Fact]
    public async Task Embeddings_are_of_unit_length_and_the_same_in_any_company()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        string[] texts = ["the river", "河水流过小镇。", string.Concat(Enumerable.Repeat("the lock keeper counts ", 9))];
        var many = await TestClient.PostAsync(http, "/v1/embeddings", new JsonObject
        {
            ["input"] = new JsonArray([.. texts.Select(t => (JsonNode)t)]),
        });
        Assert.Equal(texts.Sum(t => Model.Tokenizer.Encode(t).Length), (int)many["usage"]!["prompt_tokens"]!);
        for (int i = 0; i < texts.Length; i++)
        {
            var vector = many["data"]![i]!["embedding"]!.AsArray().Select(v => (float)v!).ToArray();
            Assert.Equal(Model.Config.HiddenSize, vector.Length);
            Assert.Equal(1, vector.Sum(v => (double)v * v), 1e-4);
            var one = await TestClient.PostAsync(http, "/v1/embeddings", new JsonObject
            {
                ["input"] = texts[i], ["encoding_format"] = "base64",
            });
            var bytes = Convert.FromBase64String((string)one["data"]![0]!["embedding"]!);
            Assert.Equal(vector, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        }
        var last = await TestClient.PostAsync(http, "/v1/embeddings",
            new JsonObject { ["input"] = texts[0], ["pooling"] = "last" });
        Assert.NotEqual(many["data"]![0]!["embedding"]!.ToJsonString(), last["data"]![0]!["embedding"]!.ToJsonString());
        Assert.Equal(0, server.Stats.KvBlocksUsed);
    }

    [Fact]
    public async Task Scores_of_a_chat_are_in_its_own_form_whole_and_streamed()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var body = new JsonObject
        {
            ["messages"] = Messages(), ["max_tokens"] = 12, ["seed"] = 4, ["logprobs"] = true, ["top_logprobs"] = 3,
        };
        var whole = await TestClient.PostAsync(http, Chat, body);
        var scores = whole["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.NotEmpty(scores);
        foreach (var score in scores)
        {
            Assert.InRange((double)score!["logprob"]!, -100, 0);
            Assert.NotEmpty(score["bytes"]!.AsArray());
            var top = score["top_logprobs"]!.AsArray().Select(t => (double)t!["logprob"]!).ToList();
            Assert.Equal(3, top.Count);
            Assert.Equal(top.OrderDescending(), top);
        }
        body["stream"] = true;
        var chunks = await TestClient.StreamAsync(http, Chat, body);
        var streamed = chunks.SelectMany(c => c["choices"]!.AsArray())
            .SelectMany(c => c!["logprobs"]?["content"]?.AsArray() ?? []).Select(s => s!.ToJsonString());
        Assert.Equal(scores.Select(s => s!.ToJsonString()), streamed);
    }

    [Fact]
    public async Task Several_answers_of_one_request_are_those_of_its_seeds_whole_and_streamed()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var body = new JsonObject { ["messages"] = Messages(), ["max_tokens"] = 10, ["seed"] = 4, ["n"] = 3 };
        var whole = await TestClient.PostAsync(http, Chat, body);
        var texts = whole["choices"]!.AsArray().Select(c => (string)c!["message"]!["content"]!).ToList();
        Assert.Equal([0, 1, 2], whole["choices"]!.AsArray().Select(c => (int)c!["index"]!));
        Assert.True(texts.Distinct().Count() > 1);
        body["stream"] = true;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        var chunks = await TestClient.StreamAsync(http, Chat, body);
        for (int i = 0; i < 3; i++)
            Assert.Equal(texts[i], string.Concat(chunks.SelectMany(c => c["choices"]!.AsArray())
                .Where(c => (int)c!["index"]! == i).Select(c => (string?)c!["delta"]!["content"])));
        Assert.Equal((int)whole["usage"]!["completion_tokens"]!, (int)chunks[^1]["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task A_prefix_is_cached_for_its_tenant_alone_and_usage_says_so()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var prompt = string.Concat(Enumerable.Repeat("the lock keeper counts seven boats. ", 6));
        Assert.Equal(0, await CachedAsync("a"));
        int cached = await CachedAsync("a");
        Assert.True(cached >= 16 && cached % 16 == 0);
        Assert.Equal(0, await CachedAsync("b"));
        Assert.True(server.Stats.PrefixHitRate > 0);

        async Task<int> CachedAsync(string tenant)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Completion)
            {
                Content = JsonContent.Create(new JsonObject { ["prompt"] = prompt, ["max_tokens"] = 2 }),
                Headers = { { "x-weir-tenant", tenant } },
            };
            using var response = await http.SendAsync(request, Ct);
            var body = (await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!;
            return (int)body["usage"]!["prompt_tokens_details"]!["cached_tokens"]!;
        }
    }

    [Fact]
    public async Task The_account_has_a_row_for_each_request_and_survives_the_engine()
    {
        using var folder = new TemporaryFolder();
        JsonObject whole;
        await using (var server = await StartAsync(folder.File("account")))
        {
            using var http = TestClient.For(server);
            using var request = new HttpRequestMessage(HttpMethod.Post, Chat)
            {
                Content = JsonContent.Create(new JsonObject { ["messages"] = Messages(), ["max_tokens"] = 5 }),
                Headers = { { "x-weir-request", "r-42" } },
            };
            using var response = await http.SendAsync(request, Ct);
            Assert.Equal("r-42", response.Headers.GetValues("x-weir-request").Single());
            whole = (await response.Content.ReadFromJsonAsync<JsonObject>(Ct))!;
            await TestClient.PostAsync(http, "/v1/embeddings", new JsonObject { ["input"] = "the river" });
            await server.StopAsync(TimeSpan.FromSeconds(5));
        }
        await using var again = await StartAsync(folder.File("account"));
        using var client = TestClient.For(again);
        var page = (await client.GetFromJsonAsync<JsonObject>("/weir/requests?after=0&limit=1", Ct))!;
        var row = page["data"]!.AsArray().Single()!;
        Assert.Equal("r-42", (string?)row["id"]);
        Assert.Equal((int)whole["usage"]!["prompt_tokens"]!, (int)row["prompt_tokens"]!);
        Assert.Equal((int)whole["usage"]!["completion_tokens"]!, (int)row["generated_tokens"]!);
        Assert.Equal((string?)whole["choices"]![0]!["finish_reason"], (string?)row["end_reason"]);
        Assert.True((bool)page["has_more"]!);
        page = (await client.GetFromJsonAsync<JsonObject>($"/weir/requests?after={page["next"]}", Ct))!;
        Assert.Equal(0, (int)page["data"]!.AsArray().Single()!["generated_tokens"]!);
        Assert.False((bool)page["has_more"]!);
        using var wrong = await client.GetAsync("/weir/requests?limit=0", Ct);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task A_client_that_leaves_is_in_the_account_with_what_was_generated()
    {
        await using var server = await EngineServer.StartAsync(new EngineOptions { ListenOn = "127.0.0.1:0" }, Ct);
        server.Serve(RandomModel.Endless());
        using var http = TestClient.For(server);
        using (var request = new HttpRequestMessage(HttpMethod.Post, Completion)
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["prompt"] = "the river", ["max_tokens"] = 100_000, ["stream"] = true,
            }),
        })
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
            var stream = await response.Content.ReadAsStreamAsync(Ct);
            Assert.True(await stream.ReadAsync(new byte[200], Ct) > 0);
        }
        JsonNode? row = null;
        while (row is null)
        {
            await Task.Delay(10, Ct);
            var page = (await http.GetFromJsonAsync<JsonObject>("/weir/requests", Ct))!;
            row = page["data"]!.AsArray().FirstOrDefault();
        }
        Assert.Equal("client_gone", (string?)row["end_reason"]);
        Assert.True((int)row["generated_tokens"]! > 0);
    }

    [Fact]
    public async Task A_name_that_cannot_be_a_header_is_replaced()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8,
        }) { BaseAddress = new Uri(server.Address) };
        using var request = new HttpRequestMessage(HttpMethod.Post, Completion)
        {
            Content = JsonContent.Create(new JsonObject { ["prompt"] = "the river", ["max_tokens"] = 1 }),
        };
        request.Headers.TryAddWithoutValidation("x-weir-request", "河");
        using var response = await http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(Guid.TryParse(response.Headers.GetValues("x-weir-request").Single(), out _));
    }

    [Fact]
    public async Task Metrics_are_in_the_text_format_of_prometheus()
    {
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var answer = await TestClient.PostAsync(http, Completion,
            new JsonObject { ["prompt"] = "the river", ["max_tokens"] = 9, ["temperature"] = 0 });
        using var response = await http.GetAsync("/metrics", Ct);
        Assert.StartsWith("text/plain; version=0.0.4", response.Content.Headers.ContentType!.ToString());
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(
            """^(# (HELP|TYPE) weir_engine_\w+ .+|weir_engine_\w+\{[^}]*\} [-+.0-9eE]+)$""", line));
        int generated = (int)answer["usage"]!["completion_tokens"]!;
        Assert.Contains($"weir_engine_generated_tokens_total{{model=\"town\"}} {generated}\n", text);
        Assert.Contains("weir_engine_time_to_first_token_seconds_bucket{model=\"town\",le=\"+Inf\"} 1\n", text);
        Assert.Contains($"weir_engine_inter_token_seconds_count{{model=\"town\"}} {generated - 1}\n", text);
    }

    [Fact]
    public async Task A_connection_serves_on_after_a_stream()
    {
        await using var server = await StartAsync();
        int connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream,
                    System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = new Uri(server.Address) };
        for (int i = 0; i < 3; i++)
            await TestClient.StreamAsync(http, Completion,
                new JsonObject { ["prompt"] = "the river", ["max_tokens"] = 4, ["stream"] = true });
        await TestClient.PostAsync(http, Completion, new JsonObject { ["prompt"] = "the river", ["max_tokens"] = 4 });
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Other_weights_are_put_in_while_it_serves()
    {
        using var folder = new TemporaryFolder();
        var other = new RandomModel(RandomModel.SmallConfig, seed: 77);
        other.WriteFolder(folder.Path);
        await using var server = await StartAsync();
        using var http = TestClient.For(server);
        var body = new JsonObject { ["prompt"] = "the lock keeper counts seven boats and", ["temperature"] = 0 };
        var before = await TestClient.PostAsync(http, Completion, body);
        var swapped = await TestClient.PostAsync(http, "/weir/weights",
            new JsonObject { ["path"] = folder.Path, ["version"] = "v2" });
        Assert.Equal("v2", (string?)swapped["version"]);
        var after = await TestClient.PostAsync(http, Completion, body);
        var expected = ModelRun.Greedy(LoadedModel.Load(folder.Path),
            Model.Tokenizer.Encode("the lock keeper counts seven boats and"), 16);
        Assert.Equal(Model.Tokenizer.Decode(expected), (string?)after["choices"]![0]!["text"]);
        Assert.NotEqual((string?)before["choices"]![0]!["text"], (string?)after["choices"]![0]!["text"]);
        Assert.Equal(0, (int)after["usage"]!["prompt_tokens_details"]!["cached_tokens"]!);
        var health = (await http.GetFromJsonAsync<JsonObject>("/health", Ct))!;
        Assert.Equal("v2", (string?)health["version"]);
    }

    private static JsonArray Messages() => [new JsonObject { ["role"] = "user", ["content"] = "Hello 河" }];

    private static async Task<EngineServer> StartAsync(string? account = null)
    {
        var server = await EngineServer.StartAsync(new EngineOptions
        {
            ListenOn = "127.0.0.1:0", Name = "town", Threads = 1, Parallel = 4, AccountPath = account,
        }, Ct);
        server.Serve(Model);
        return server;
    }
}
