using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Weir.Host.Tests;

/// <summary>Someone else's model, taken in and served by the command line as a user does it.</summary>
public sealed class ImportTests(ImportFixture platform) : IClassFixture<ImportFixture>
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_and_its_gguf_are_imported_deployed_and_give_the_same_answer()
    {
        var (code, output, error) = await platform.RunAsync("model", "import", platform.ModelFolder);
        Assert.True(code == 0, error);
        Assert.Contains("random-llama version 1  sha256:", output);
        Assert.Contains("licence: cc0-1.0", output);
        Assert.Contains("gate: waived: imported", output);
        (code, output, error) = await platform.RunAsync("model", "import", platform.ModelFile, "--name", "file",
            "--licence", "mit", "--json");
        Assert.True(code == 0, error);
        var import = JsonNode.Parse(output)!;
        Assert.Equal(("done", "mit", "gguf", "F32"), ((string)import["state"]!, (string)import["card"]!["licence"]!,
            (string)import["card"]!["format"]!, (string)import["card"]!["quantisation"]!));

        await DeployAsync("folder", "random-llama");
        await DeployAsync("file", "file:1");
        var (text, id) = await AskAsync("folder");
        Assert.NotEmpty(text);
        Assert.Equal(text, (await AskAsync("file")).Text);

        using var http = platform.Client();
        var engines = (await http.GetFromJsonAsync<JsonArray>("api/v1/jobs", Ct))!
            .Select(j => j!["spec"]!["command"]!.AsArray().Select(a => (string)a!).ToList()).ToList();
        Assert.Contains(engines, command => command.Exists(a => a.EndsWith("random-f32.gguf")));
        Assert.Contains(engines, command => command.Exists(a => Directory.Exists(a)));
        Assert.Contains(platform.ModelFolder, (await platform.RunAsync("trace", id)).Output);
        var stats = (await http.GetFromJsonAsync<JsonObject>("api/v1/deployments/file/stats", Ct))!;
        Assert.True(stats.ContainsKey("running") && stats.ContainsKey("tokens_per_second"), stats.ToJsonString());
        var listed = (await http.GetFromJsonAsync<JsonArray>("api/v1/models", Ct))!
            .Single(m => (string)m!["version"]!["name"]! == "file")!;
        Assert.Equal(("waived", "file"), ((string)listed["gate"]!["state"]!,
            (string)listed["deployments"]![0]!["spec"]!["name"]!));
    }

    [Fact]
    public async Task The_same_files_again_are_the_same_version()
    {
        var first = JsonNode.Parse((await platform.RunAsync("model", "import", platform.ModelFolder, "--name", "twice",
            "--json")).Output)!;
        var again = JsonNode.Parse((await platform.RunAsync("model", "import", platform.ModelFolder + "/", "--name",
            "twice", "--json")).Output)!;
        Assert.Equal(first["version"]!.ToJsonString(), again["version"]!.ToJsonString());
    }

    [Theory]
    [InlineData(1, "no file or folder", "model", "import", "/no/such/model")]
    [InlineData(1, "cannot be a name", "model", "import", ".", "--name", "a b")]
    [InlineData(1, "random-f32.gguf", "model", "import", ".")]
    [InlineData(1, "has no model nobody version 3", "deployment", "add", "x", "--model", "nobody:3")]
    [InlineData(1, "cannot be a name", "deployment", "add", "../x", "--model", "nobody")]
    [InlineData(2, "NAME:VERSION", "deployment", "add", "x", "--model", "nobody:new")]
    public async Task What_cannot_be_done_ends_with_its_reason(int expected, string reason, params string[] arguments)
    {
        var (code, _, error) = await platform.RunAsync([.. arguments.Select(a => a == "." ? platform.Folder : a)]);
        Assert.Equal(expected, code);
        Assert.Contains(reason, error);
        Assert.DoesNotContain("   at ", error);
    }

    [Theory]
    [InlineData("api/v1/models/import", """{"name":"x"}""", "absolute path")]
    [InlineData("api/v1/models/import", """{"path":"model"}""", "absolute path")]
    [InlineData("api/v1/models/deploy", """{"name":"x"}""", "'model'")]
    [InlineData("api/v1/deployments", """{"name":"x","modelName":"x","modelDigest":"sha256:1","parallel":1,"gate":"""
        + """{"state":"waived","by":"me","why":"so"}}""", "no artifact")]
    public async Task Requests_that_cannot_be_carried_out_are_refused(string path, string body, string reason)
    {
        using var http = platform.Client();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(reason, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!["title"]!);
    }

    [Fact]
    public async Task The_engine_of_a_deployment_that_is_not_there_has_no_statistics()
    {
        using var http = platform.Client();
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("api/v1/deployments/none/stats", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("api/v1/models/imports/none", Ct)).StatusCode);
    }

    private async Task DeployAsync(string name, string model)
    {
        var (code, output, error) = await platform.RunAsync("deployment", "add", name, "--model", model);
        Assert.True(code == 0, error);
        Assert.Contains("gate waived", output);
        using var http = platform.Client();
        for (int i = 0; i < 600; i++)
        {
            var deployments = (await http.GetFromJsonAsync<JsonArray>("api/v1/deployments", Ct))!;
            if (deployments.Any(d => (string)d!["spec"]!["name"]! == name && (string)d["state"]! == "ready")) return;
            await Task.Delay(100, Ct);
        }
        Assert.Fail($"{name} did not become ready. The platform said:\n{platform.Said}");
    }

    private async Task<(string Text, string Id)> AskAsync(string model)
    {
        using var http = platform.Client();
        var answer = await http.PostAsJsonAsync("v1/chat/completions", new JsonObject
        {
            ["model"] = model, ["max_tokens"] = 16, ["temperature"] = 0, ["min_p"] = 0.1,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "the river" }),
        }, Ct);
        var body = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, body);
        var json = JsonNode.Parse(body)!;
        return ((string)json["choices"]![0]!["message"]!["content"]!, (string)json["id"]!);
    }
}
