using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Weir.Inference.Generation;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Batching;
using Weir.Inference.Tests.Generation;
using Weir.Text.Chat;

namespace Weir.Inference.Tests.Serving;

/// <summary>What must be of a form is of that form, even where the model knows nothing of it.</summary>
public sealed partial class ToolCallTests : IAsyncLifetime
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private const string Chat = "/v1/chat/completions";
    private const string Template = "{% for m in messages %}{{ '<|' + m.role + '|>' + (m.content or '') }}{% endfor %}"
        + "{% if tools %}<tool_call>{{ tools | tojson }}{% endif %}<|assistant|>";
    private const string Tools = """
        [{"type":"function","function":{"name":"open_gate","parameters":{"type":"object","properties":
          {"gate":{"type":"integer","minimum":1,"maximum":9},"slowly":{"type":"boolean"}},
          "required":["gate","slowly"],"additionalProperties":false}}},
         {"type":"function","function":{"name":"count_boats","parameters":{"type":"object","properties":{},
          "additionalProperties":false}}}]
        """;
    private EngineServer _server = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await EngineServer.StartAsync(new EngineOptions { ListenOn = "127.0.0.1:0", Threads = 1 }, Ct);
        var runner = new HashRunner(TestTokenizer.Small.VocabularySize, 512, 2048, 256);
        _server.Serve(new ServedModel(runner, TestTokenizer.Small, LoopUnderTest.Ends, "tools")
        {
            Templates = ChatTemplateSet.Of(Template),
        });
        _http = TestClient.For(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_tool_that_must_be_called_is_called_with_arguments_of_its_schema()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var body = Body(seed);
            body["tools"] = JsonNode.Parse(Tools);
            body["tool_choice"] = JsonNode.Parse("""{"type":"function","function":{"name":"open_gate"}}""");
            body["parallel_tool_calls"] = false;
            var choice = (await TestClient.PostAsync(_http, Chat, body))["choices"]![0]!;
            Assert.Equal("tool_calls", (string?)choice["finish_reason"]);
            Assert.Null(choice["message"]!["content"]);
            var call = choice["message"]!["tool_calls"]!.AsArray().Single()!;
            Assert.Equal("function", (string?)call["type"]);
            Assert.Equal("open_gate", (string?)call["function"]!["name"]);
            Assert.StartsWith("call_", (string?)call["id"]);
            var arguments = JsonNode.Parse((string)call["function"]!["arguments"]!)!;
            Assert.InRange((int)arguments["gate"]!, 1, 9);
            Assert.IsType<bool>((bool)arguments["slowly"]!);
        }
    }

    [Fact]
    public async Task A_streamed_call_has_its_name_first_and_then_the_parts_of_its_arguments()
    {
        var body = Body(3);
        body["tools"] = JsonNode.Parse(Tools);
        body["tool_choice"] = "required";
        body["parallel_tool_calls"] = false;
        var whole = (await TestClient.PostAsync(_http, Chat, body))["choices"]![0]!["message"]!["tool_calls"]![0]!;
        body["stream"] = true;
        var chunks = await TestClient.StreamAsync(_http, Chat, body);
        var calls = chunks.SelectMany(c => c["choices"]!.AsArray())
            .SelectMany(c => c!["delta"]!["tool_calls"]?.AsArray() ?? []).ToList();
        Assert.Equal((string?)whole["function"]!["name"], (string?)calls[0]!["function"]!["name"]);
        Assert.StartsWith("call_", (string?)calls[0]!["id"]);
        Assert.All(calls, c => Assert.Equal(0, (int)c!["index"]!));
        Assert.All(calls.Skip(1), c => Assert.Null(c!["id"]));
        Assert.Equal((string?)whole["function"]!["arguments"],
            string.Concat(calls.Select(c => (string?)c!["function"]!["arguments"])));
        Assert.Equal("tool_calls", (string?)chunks[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public async Task With_auto_or_none_an_answer_may_be_text()
    {
        var body = Body(1);
        var plain = (await TestClient.PostAsync(_http, Chat, body))["choices"]![0]!;
        body["tools"] = JsonNode.Parse(Tools);
        body["tool_choice"] = "none";
        var none = (await TestClient.PostAsync(_http, Chat, body))["choices"]![0]!;
        Assert.Equal(plain["message"]!.ToJsonString(), none["message"]!.ToJsonString());
        body["tool_choice"] = "auto";
        var auto = (await TestClient.PostAsync(_http, Chat, body))["choices"]![0]!;
        Assert.NotNull((string?)auto["message"]!["content"]);
    }

    [Fact]
    public async Task A_schema_is_kept_whole_and_streamed()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var body = Body(seed);
            body["response_format"] = JsonNode.Parse("""
                {"type":"json_schema","json_schema":{"name":"boat","schema":{"type":"object","properties":
                  {"name":{"type":"string","maxLength":8},"length":{"type":"integer","minimum":0,"maximum":99},
                   "kind":{"enum":["barge","ferry"]}},"required":["name","length","kind"],
                   "additionalProperties":false}}}
                """);
            var answer = await TestClient.PostAsync(_http, Chat, body);
            Assert.Equal("stop", (string?)answer["choices"]![0]!["finish_reason"]);
            var content = (string)answer["choices"]![0]!["message"]!["content"]!;
            var boat = JsonNode.Parse(content)!.AsObject();
            Assert.InRange((int)boat["length"]!, 0, 99);
            Assert.Contains((string?)boat["kind"], (string[])["barge", "ferry"]);
            body["stream"] = true;
            var chunks = await TestClient.StreamAsync(_http, Chat, body);
            Assert.Equal(content, string.Concat(chunks.SelectMany(c => c["choices"]!.AsArray())
                .Select(c => (string?)c!["delta"]!["content"])));
        }
    }

    [Fact]
    public async Task A_regular_expression_is_kept_in_chats_and_completions()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var body = Body(seed);
            body["guided_regex"] = "(gate|lock) [1-9]{2,4}!";
            var chat = await TestClient.PostAsync(_http, Chat, body);
            Assert.Matches(GateOrLock(), (string)chat["choices"]![0]!["message"]!["content"]!);
            body.Remove("messages");
            body["prompt"] = "the miller";
            var completion = await TestClient.PostAsync(_http, "/v1/completions", body);
            Assert.Matches(GateOrLock(), (string)completion["choices"]![0]!["text"]!);
        }
    }

    private static JsonObject Body(int seed) => new()
    {
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Open it." }),
        ["max_tokens"] = 200, ["seed"] = seed,
    };

    [GeneratedRegex("^(gate|lock) [1-9]{2,4}!$")]
    private static partial Regex GateOrLock();
}
