using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Client;
using Weir.WebConsole.Playground;

namespace Weir.WebConsole.Tests.Playground;

public sealed class ConversationTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private static readonly PlaygroundSettings Settings = new() { System = "Be kind." };

    [Fact]
    public async Task Each_turn_is_sent_with_all_that_was_said_before()
    {
        var engine = new ScriptedPlatform(Answer("one"), Answer("two"));
        var conversation = engine.Conversation();
        await conversation.AskAsync("m", Settings, "first", () => { }, Ct);
        await conversation.AskAsync("m", Settings, "second", () => { }, Ct);
        Assert.Equal(["one", "two"], conversation.Turns.Select(t => t.Answer.ToString()));
        Assert.Equal(["system Be kind.", "user first", "assistant one", "user second"], engine.Said(1));
        Assert.Equal(2, conversation.Turns[1].Usage!.CompletionTokens);
        Assert.Equal("stop", conversation.Turns[1].FinishReason);
        Assert.NotNull(conversation.Turns[1].FirstTokenMs);
    }

    [Fact]
    public async Task An_error_is_told_and_leaves_no_trace_in_the_next_question()
    {
        var engine = new ScriptedPlatform("""{"error":{"message":"'temperature' must be between 0 and 2."}}""",
            Answer("ok"));
        var conversation = engine.Conversation();
        await conversation.AskAsync("m", Settings, "bad", () => { }, Ct);
        Assert.Equal("'temperature' must be between 0 and 2.", conversation.Turns[0].Error);
        await conversation.AskAsync("m", Settings, "good", () => { }, Ct);
        Assert.Equal(["system Be kind.", "user good"], engine.Said(1));
    }

    [Fact]
    public async Task A_stopped_answer_keeps_what_has_come()
    {
        using var stop = new CancellationTokenSource();
        var engine = new ScriptedPlatform(Answer("begun"), Answer("next"));
        var conversation = engine.Conversation();
        await conversation.AskAsync("m", Settings, "long", stop.Cancel, stop.Token);
        Assert.True(conversation.Turns[0].IsStopped);
        Assert.Equal("begun", conversation.Turns[0].Answer.ToString());
        await conversation.AskAsync("m", Settings, "again", () => { }, Ct);
        Assert.Equal(["system Be kind.", "user long", "assistant begun", "user again"], engine.Said(1));
    }

    [Fact]
    public async Task Tools_are_called_answered_and_heard()
    {
        var engine = new ScriptedPlatform(Events(
            Delta("""{"tool_calls":[{"index":0,"id":"c1","function":{"name":"add","arguments":"{\"a\""}}]}"""),
            Delta("""{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"id":"c2","function":"""
                + """{"name":"now","arguments":"{}"}}]}""", "tool_calls")), Answer("It is 3."));
        var conversation = engine.Conversation();
        await conversation.AskAsync("m", Settings, "sum?", () => { }, Ct);
        Assert.True(conversation.WaitsForTools);
        var calls = conversation.Turns[0].Calls;
        Assert.Equal([("c1", "add", """{"a":1}"""), ("c2", "now", "{}")], calls.Select(c => (c.Id, c.Name,
            c.Arguments)));
        (calls[0].Result, calls[1].Result) = ("3", "noon");
        await conversation.AnswerToolsAsync("m", Settings, () => { }, Ct);
        Assert.False(conversation.WaitsForTools);
        Assert.Equal(["system Be kind.", "user sum?", "assistant ", "tool 3", "tool noon"], engine.Said(1));
        var messages = engine.Bodies[1]["messages"]!.AsArray();
        Assert.Equal("add", (string)messages[2]!["tool_calls"]![0]!["function"]!["name"]!);
        Assert.Equal(["c1", "c2"], messages.Skip(3).Select(m => (string)m!["tool_call_id"]!));
    }

    [Fact]
    public void The_rate_counts_from_the_first_token_on()
    {
        var turn = new PlaygroundTurn("m", "q") { FirstTokenMs = 500, Seconds = 2.5, Usage = new(10, 21, 31, null) };
        Assert.Equal(10, turn.TokensPerSecond);
        turn.Usage = new(10, 1, 11, null);
        Assert.Null(turn.TokensPerSecond);
        var fast = new PlaygroundTurn("m", "q") { FirstTokenMs = 70, Seconds = 0.0702, Usage = new(10, 40, 50, null) };
        Assert.Null(fast.TokensPerSecond); // all of it came in one event
    }

    private static string Answer(string text) => Events(Delta($$"""{"role":"assistant","content":"{{text}}"}"""),
        Delta("{}", "stop"),
        """{"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}""");

    private static string Delta(string delta, string? finish = null) => $$"""{"id":"c","choices":[{"index":0,"delta":"""
        + delta + ",\"finish_reason\":" + (finish is null ? "null" : $"\"{finish}\"") + "}]}";

    private static string Events(params string[] events) =>
        string.Concat(events.Select(e => $"data: {e}\n\n")) + "data: [DONE]\n\n";

    /// <summary>Answers each request with the next text, an error where it begins so.</summary>
    private sealed class ScriptedPlatform(params string[] answers) : HttpMessageHandler
    {
        public List<JsonObject> Bodies { get; } = [];

        public Conversation Conversation() => new(new WeirClient(new HttpClient(this)
        {
            BaseAddress = new Uri("http://platform/"),
        }), TimeProvider.System);

        public IEnumerable<string> Said(int request) => Bodies[request]["messages"]!.AsArray()
            .Select(m => $"{m!["role"]} {m["content"]}");

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request,
            CancellationToken cancellationToken)
        {
            var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!.AsObject();
            var answer = answers[Bodies.Count];
            Bodies.Add(body);
            bool isError = answer.StartsWith("{\"error\"", StringComparison.Ordinal);
            return new HttpResponseMessage(isError ? HttpStatusCode.BadRequest : HttpStatusCode.OK)
            {
                Content = new StringContent(answer, Encoding.UTF8, isError ? "application/json" : "text/event-stream"),
            };
        }
    }
}
