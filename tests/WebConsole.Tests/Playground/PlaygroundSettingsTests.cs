using System.Text.Json.Nodes;
using Weir.WebConsole.Playground;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests.Playground;

public sealed class PlaygroundSettingsTests
{
    private static readonly JsonObject Question = new() { ["role"] = "user", ["content"] = "q" };

    [Fact]
    public void What_is_not_set_is_not_sent()
    {
        var settings = new PlaygroundSettings { Temperature = null, MaxTokens = null };
        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"q"}]}""",
            settings.Body("m", [Question]).ToJsonString());
    }

    [Fact]
    public void What_is_set_is_sent_as_the_protocol_names_it()
    {
        var body = new PlaygroundSettings
        {
            System = "s", Temperature = 0.5, TopP = 0.9, TopK = 40, MinP = 0.05, MaxTokens = 64, Seed = 7,
            Stop = "END\r\n\n\\n\\n", Tools = """[{"type":"function","function":{"name":"f"}}]""",
            Schema = """{"type":"object"}""",
        }.Body("m", [Question]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(
            """
            {
              "model": "m",
              "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}],
              "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "max_tokens": 64, "seed": 7,
              "stop": ["END", "\n\n"],
              "tools": [{"type": "function", "function": {"name": "f"}}],
              "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": true, "schema": {"type": "object"}}
              }
            }
            """), JsonNode.Parse(body.ToJsonString())), body.ToJsonString());
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData(" ", "\n", null)]
    [InlineData("[]", "{}", null)]
    [InlineData("{}", "", "Tools must be a JSON array")]
    [InlineData("[", "", "Tools must be a JSON array")]
    [InlineData("", "[]", "The schema must be a JSON object")]
    [InlineData("", "{\"a\":}", "The schema must be a JSON object")]
    public void What_is_wrong_with_the_settings_is_said(string tools, string schema, string? trouble)
    {
        var found = new PlaygroundSettings { Tools = tools, Schema = schema }.Trouble(PlaygroundText.English);
        if (trouble is null) Assert.Null(found);
        else Assert.StartsWith(trouble, found);
    }
}
