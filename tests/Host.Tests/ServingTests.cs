using System.ClientModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;

namespace Weir.Host.Tests;

/// <summary>The model that the quick start made, served again by <c>weir up</c> with the same key, through real
/// clients.</summary>
[Collection("trial")]
public sealed class ServingTests(TrialFixture trial) : IAsyncLifetime
{
    private RunningPlatform _platform = null!;
    private Uri _address = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = new RunningPlatform("up", "--data", trial.Data, "--port", "0");
        _address = await _platform.ReadyAsync();
        await ModelIsServedAsync();
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task The_official_dotnet_client_gets_the_same_answer_streaming_and_not()
    {
        var client = new ChatClient("town", new ApiKeyCredential(trial.Key),
            new OpenAIClientOptions { Endpoint = new Uri(_address, "v1") });
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 24 };
        ChatCompletion whole = await client.CompleteChatAsync([new UserChatMessage("你好！")], options);
        var text = "";
        ChatTokenUsage? usage = null;
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("你好！")], options))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            usage = update.Usage ?? usage;
        }
        Assert.Equal(whole.Content[0].Text, text);
        Assert.True(whole.Usage.OutputTokenCount > 0);
        Assert.Equal(whole.Usage.OutputTokenCount, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task The_official_npm_client_gets_the_same_answer_streaming_and_not()
    {
        var folder = await NpmFolder.ReadyAsync(Path.Combine("tests", "Host.Tests", "npm"));
        var seen = JsonNode.Parse(await NpmFolder.NodeAsync(folder, "client.mjs", $"{_address}v1", trial.Key, "town"))!;
        Assert.Contains("town", seen["models"]!.AsArray().Select(m => (string)m!));
        Assert.StartsWith("chatcmpl-", (string)seen["id"]!);
        Assert.Equal((string)seen["text"]!, (string)seen["streamText"]!);
        Assert.Equal(1, (int)seen["usages"]!);
        Assert.Equal((int)seen["usage"]!["completion_tokens"]!, (int)seen["streamUsage"]!["completion_tokens"]!);
        Assert.Equal(404, (int)seen["unknownModel"]!["status"]!);
        Assert.Equal("model_not_found", (string)seen["unknownModel"]!["code"]!);
        Assert.Equal(401, (int)seen["wrongKey"]!["status"]!);
        Assert.NotNull((string?)seen["completion"]);
    }

    [Fact]
    public async Task Requests_without_a_key_are_refused_everywhere()
    {
        using var http = new HttpClient { BaseAddress = _address };
        foreach (var path in (string[])["v1/models", "api/v1/jobs", "api/v1/keys", "api/v1/ledger", "api/v1/pipelines",
            "api/v1/trace/x"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task A_foreign_host_name_is_refused()
    {
        using var http = new HttpClient { BaseAddress = _address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = "weir.example.com";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_key_without_the_admin_scope_may_ask_the_model_but_not_the_platform()
    {
        using var admin = Client(trial.Key);
        var created = await admin.PostAsJsonAsync("api/v1/keys", new JsonObject { ["name"] = "app" });
        var key = (string)(await created.Content.ReadFromJsonAsync<JsonObject>())!["secret"]!;
        using var app = Client(key);
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync("v1/models")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await app.GetAsync("api/v1/jobs")).StatusCode);
    }

    [Fact]
    public void Neither_platform_nor_engine_loads_libtorch()
    {
        var processes = Process.GetProcesses()
            .Where(p => p.Id == _platform.ProcessId || CommandLineOf(p).Contains(trial.Data)).ToList();
        Assert.True(processes.Count >= 2, "platform and engine should both run");
        foreach (var process in processes)
            Assert.DoesNotContain("libtorch", File.ReadAllText($"/proc/{process.Id}/maps"));
    }

    private HttpClient Client(string key)
    {
        var http = new HttpClient { BaseAddress = _address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    private static string CommandLineOf(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it ended meanwhile
        }
    }

    private async Task ModelIsServedAsync()
    {
        using var http = Client(trial.Key);
        for (int i = 0; i < 300; i++)
        {
            var answer = await http.PostAsJsonAsync("v1/chat/completions", new JsonObject
            {
                ["model"] = "town", ["max_tokens"] = 1,
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hi" }),
            });
            if (answer.StatusCode == HttpStatusCode.OK) return;
            await Task.Delay(100);
        }
        Assert.Fail($"The model was not served. The platform said:\n{_platform.Said}");
    }
}
