using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Text.Chat;
using Weir.Text.Chat.ToolCalls;
using Weir.Text.Tests.Chat.Families;

namespace Weir.Text.Tests.Chat;

public sealed class ChatRendererTests
{
    private const string ShowMessages = "{{ messages | tojson }}";

    [Fact]
    public void The_template_for_tools_is_taken_where_there_are_tools()
    {
        var renderer = new ChatRenderer(new ChatTemplateSet
        {
            Templates = new Dictionary<string, string> { ["default"] = "D", ["tool_use"] = "T [TOOL_CALLS]",
                ["rag"] = "R" },
        }, Conversations.Clock);
        Assert.Equal("D", renderer.Render(Conversations.Plain).Text);
        Assert.Equal("D", renderer.Render(Conversations.Plain with { Tools = Conversations.Json("[]") }).Text);
        Assert.Equal("T [TOOL_CALLS]", renderer.Render(Conversations.WithTools).Text);
        Assert.Equal(ToolCallStyle.Mistral, renderer.FormatOf(Conversations.WithTools).Style);
        Assert.Equal("R", renderer.Render(Conversations.WithTools with { TemplateName = "rag" }).Text);
        Assert.Contains("It has: default, tool_use, rag", Assert.Throws<UserErrorException>(
            () => renderer.Render(Conversations.Plain with { TemplateName = "nope" })).Message);
    }

    [Fact]
    public void Variables_are_as_hugging_face_gives_them()
    {
        var renderer = new ChatRenderer(ChatTemplateSet.Of("{{ bos_token }}|{{ eos_token is defined }}|{{ tools "
            + "}}|{{ documents }}|"
            + "{{ add_generation_prompt }}|{{ level | default('none given') }}", bosToken: "<s>"), Conversations.Clock);
        Assert.Equal("<s>|False|None|None|True|none given", renderer.Render(Conversations.Plain).Text);
        Assert.Equal("<s>|False|None|None|False|{'a': 1}", renderer.Render(Conversations.Plain with
        {
            AddGenerationPrompt = false,
            Variables = new Dictionary<string, JsonElement> { ["level"] = Conversations.Json("""{"a":1}""") },
        }).Text);
        foreach (var own in new[] { "messages", "tools", "bos_token", "add_generation_prompt" })
            Assert.Contains("Leave it out", Assert.Throws<UserErrorException>(() =>
                renderer.Render(Conversations.Plain with
            {
                Variables = new Dictionary<string, JsonElement> { [own] = Conversations.Json("1") },
            })).Message);
    }

    [Theory]
    [InlineData("""{"role":"user"}""", "a list")]
    [InlineData("""["x"]""", "must be an object")]
    [InlineData("""[{"content":"x"}]""", "no role")]
    [InlineData("""[{"role":"end","content":"x"}]""", "The role 'end' is unknown. Use system, developer, user,")]
    [InlineData("""[{"role":7,"content":"x"}]""", "The role '7' is unknown")]
    [InlineData("""[{"role":"user","content":"\ud800"}]""", "no valid Unicode")]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":"\ud800"}]}]""", "no valid Unicode")]
    [InlineData("""[{"role":"user","content":"x","tool_calls":[3]}]""", "Each of tool_calls")]
    public void A_request_that_is_not_in_the_api_s_form_is_a_user_error(string messages, string what)
    {
        var renderer = new ChatRenderer(ChatTemplateSet.Of(ShowMessages), Conversations.Clock);
        Assert.Contains(what, Assert.Throws<UserErrorException>(() =>
            renderer.Render(Conversations.Of(messages))).Message);
    }

    [Theory]
    // A template that adds contents to text takes no parts; one that loops over them takes nothing else.
    [InlineData("{{ messages[0].content + '' }}", """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""", "ab")]
    [InlineData("{% for p in messages[0].content %}[{{ p.text }}]{% endfor "
        + "%}", """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""", "[a][b]")]
    [InlineData("{% for p in messages[0].content %}[{{ p.text }}]{% endfor %}", "\"a\"", "[a]")]
    [InlineData("{% if messages[0].content is string %}{{ messages[0].content }}{% else %}{{ "
        + "messages[0].content[0].text }}!{% endif %}", "\"a\"", "a")]
    [InlineData("{% if messages[0].content is string %}{{ messages[0].content }}{% else %}{{ "
        + "messages[0].content[0].text }}!{% endif %}",
        """[{"type":"text","text":"a"}]""", "a!")]
    public void Contents_go_in_the_form_that_the_template_takes(string template, string content, string expected)
    {
        var renderer = new ChatRenderer(ChatTemplateSet.Of(template), Conversations.Clock);
        Assert.Equal(expected, renderer.Render(Conversations.Of($$"""[{"role":"user","content":{{content}}}]""")).Text);
    }

    [Fact]
    public void A_picture_for_a_template_of_texts_is_a_user_error() => Assert.Contains("only parts of type text",
        Assert.Throws<UserErrorException>(() => Family.All[0].Renderer.Render(Conversations.Of(
            """[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]"""))).Message);

    [Theory]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}{% "
        + "endfor %}{% endfor %}")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls or [] %}{{ '' + c.function.arguments }}{% endfor "
        + "%}{% endfor %}")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments if "
        + "c.function.arguments is string else c.function.arguments | tojson }}{% endfor %}{% endfor %}")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments }}{% endfor %}{% "
        + "endfor %}")]
    public void Arguments_go_as_object_or_text_by_what_the_template_prints(string template)
    {
        var renderer = new ChatRenderer(ChatTemplateSet.Of(template), Conversations.Clock);
        foreach (var arguments in new[] { "\"{\\\"city\\\": \\\"Paris\\\", \\\"days\\\": "
            + "2}\"", """{"city": "Paris", "days": 2}""" })
            Assert.Equal("""{"city": "Paris", "days": 2}""", renderer.Render(Conversations.Of($$$"""
                [{"role":"assistant","content":"","tool_calls":[
                  {"function":{"name":"f","arguments":{{{arguments}}} }}]}]
                """)).Text);
    }

    [Fact]
    public void Arguments_that_are_no_json_stay_as_they_are_and_a_null_content_becomes_empty_where_it_must()
    {
        var renderer = new ChatRenderer(ChatTemplateSet.Of("{% for m in messages %}{{ '[' + m.content + ']' }}{% "
            + "for c in m.tool_calls or [] %}"
            + "{{ c.function.arguments | tojson }}{% endfor %}{% endfor %}"), Conversations.Clock);
        Assert.Equal("[]\"{broken\"[]\"[1]\"", renderer.Render(Conversations.Of("""
            [{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":"{broken"}}]},
             {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"[1]"}}]}]
            """)).Text);
    }

    [Fact]
    public void A_tokenizer_config_gives_its_templates_and_tokens()
    {
        var one = ChatTemplateSet.FromTokenizerConfig(Conversations.Json(
            """{"chat_template":"x","bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false}}"""))!;
        Assert.Equal(("x", "<s>", "</s>"), (one.Templates["default"], one.BosToken, one.EosToken));
        var more = ChatTemplateSet.FromTokenizerConfig(Conversations.Json(
            """
            {"chat_template":[{"name":"default","template":"a"},{"name":"tool_use","template":"b"}],"bos_token":null}
            """))!;
        Assert.Equal(("a", "b", null), (more.Templates["default"], more.Templates["tool_use"], more.BosToken));
        Assert.Null(ChatTemplateSet.FromTokenizerConfig(Conversations.Json("{}")));
        string[] broken =
        [
            """{"chat_template":5}""", """{"chat_template":[{"name":"x"}]}""", """{"chat_template":["x"]}""", "[]",
            """{"chat_template":"\ud800"}""",
        ];
        Assert.All(broken, config => Assert.Throws<UserErrorException>(
            () => ChatTemplateSet.FromTokenizerConfig(Conversations.Json(config))));
    }

    [Fact]
    public void A_gguf_file_s_metadata_gives_its_templates_and_tokens()
    {
        var set = Read(new()
        {
            ["tokenizer.chat_template"] = "a",
            ["tokenizer.chat_template.tool_use"] = "b",
            ["tokenizer.chat_templates"] = new[] { "tool_use" },
            ["tokenizer.ggml.tokens"] = new[] { "<unk>", "<s>", "</s>" },
            ["tokenizer.ggml.bos_token_id"] = 1u,
            ["tokenizer.ggml.eos_token_id"] = 9u,
        })!;
        Assert.Equal(("a", "b", "<s>", null), (set.Templates["default"], set.Templates["tool_use"], set.BosToken,
            set.EosToken));
        Assert.Null(Read([]));

        static ChatTemplateSet? Read(Dictionary<string, object> metadata)
        {
            var path = Path.GetTempFileName();
            var writer = new GgufWriter();
            foreach (var (key, value) in metadata) writer.Add(key, value);
            writer.Save(path);
            using var file = GgufFile.Open(path);
            File.Delete(path);
            return ChatTemplateSet.FromGguf(file);
        }
    }

    [Fact]
    public void A_template_in_a_file_of_its_own_goes_first_and_keeps_the_tokens()
    {
        var config = Conversations.Json("""{"bos_token":"<s>","eos_token":{"content":"</s>"},"chat_template":"old"}""");
        var set = ChatTemplateSet.FromTokenizerConfig(config, "new")!;
        Assert.Equal(("new", "<s>", "</s>"), (set.Templates[ChatTemplateSet.DefaultName], set.BosToken, set.EosToken));
    }

    [Fact]
    public void A_hostile_template_is_stopped_when_it_is_first_tried() => Assert.Throws<UserErrorException>(() =>
        new ChatRenderer(
        ChatTemplateSet.Of("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
            Conversations.Clock)
        .Render(Conversations.Plain));
}
