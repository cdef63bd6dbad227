using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Text.Chat;
using Weir.Text.Chat.ToolCalls;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;
using Weir.Text.Tests.Chat.Families;
using Weir.Text.Tests.Npm;

namespace Weir.Text.Tests.Chat;

/// <summary>Templates of the shapes that real models have: the documented prompts, and what the reference library
/// makes of them.</summary>
public sealed class FamilyTests
{
    private static readonly JsonSerializerOptions Json = new(
        ) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Family.All.Select(family => family.Name)];

    public static TheoryData<string> NamesWithTools =>
        [.. Family.All.Where(family => family.WithTools is not null).Select(family => family.Name)];

    private static Family Named(string name) => Family.All.Single(family => family.Name == name);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_conversation_has_the_documented_prompt(string name)
    {
        var family = Named(name);
        var prompt = family.Plain.Contains("Be brief", StringComparison.Ordinal)
            ? Conversations.Plain : Conversations.WithoutSystem;
        Assert.Equal(family.Plain, family.Renderer.Render(prompt).Text);
    }

    [Theory]
    [MemberData(nameof(NamesWithTools))]
    public void Tools_calls_and_results_have_the_documented_prompt(string name) =>
        Assert.Equal(Named(name).WithTools, Named(name).Renderer.Render(Conversations.WithTools).Text);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_style_of_tool_calls_is_told_from_the_template(string name) =>
        Assert.Equal(Named(name).Style, AnswerFormat.Of(Named(name).Template).Style);

    [Theory]
    [InlineData("Gemma 2", "System role not supported")]
    [InlineData("Mistral v0.1", "Only user and assistant roles")]
    public void What_a_template_refuses_is_a_user_error_with_its_words(string name, string words) =>
        Assert.Contains(words, Assert.Throws<UserErrorException>(
            () => Named(name).Renderer.Render(Conversations.Plain)).Message);

    [Fact]
    public void Thinking_can_be_turned_off_by_a_variable()
    {
        var prompt = Conversations.WithoutSystem with
        {
            Variables = new Dictionary<string, JsonElement> { ["enable_thinking"] = Conversations.Json("false") },
        };
        Assert.EndsWith("<|im_start|>assistant\n<think>\n\n</think>\n\n", Named("Qwen3").Renderer.Render(prompt).Text);
    }

    /// <summary>The values go to both in the form that the template takes, so that only rendering is
    /// compared.</summary>
    [Fact]
    public async Task The_reference_library_renders_every_conversation_to_the_same_text()
    {
        var cases = (from family in Family.All
                     from conversation in Conversations.All
                     from asText in new[] { false, true }
                     select (family, variables: Variables(family, conversation, asText))).ToArray();

        var answers = await NodeReference.Run("render.mjs", [], cases.Select(each => new JsonObject
        {
            ["template"] = each.family.Template,
            ["variables"] = each.variables.DeepClone(),
        }.ToJsonString(Json)));

        Assert.Equal(cases.Length, answers.Length);
        var rendered = 0;
        for (var i = 0; i < cases.Length; i++)
        {
            var (family, variables) = cases[i];
            var expected = (string?)JsonNode.Parse(answers[i])!["text"];
            // JavaScript has a text for an object that is added to a text; Python refuses it.
            if (expected is null || expected.Contains("[object ", StringComparison.Ordinal))
            {
                // Python has a text for a null ("None"), where the reference refuses it.
                if (!answers[i].Contains("null", StringComparison.OrdinalIgnoreCase))
                    Assert.Throws<UserErrorException>(() => Render(family, variables));
                continue;
            }
            Assert.True(expected == Render(family, variables),
                $"{family} {variables}\nexpected {expected}\nactual   {Render(family, variables)}");
            rendered++;
        }
        Assert.True(rendered > cases.Length / 2, $"The reference rendered only {rendered} of {cases.Length}.");
    }

    private static string Render(Family family, JsonObject variables) => JinjaTemplate.Parse(family.Template).Render(
        variables.ToDictionary(pair => pair.Key, pair => JinjaValue.FromJson(pair.Value)), Conversations.Clock);

    // The date is given, because the reference library has its own clock.
    private static JsonObject Variables(Family family, ChatPrompt prompt, bool argumentsAsText)
    {
        var messages = JsonArray.Create(prompt.Messages)!;
        foreach (var message in messages)
            foreach (var call in message!["tool_calls"]?.AsArray() ?? [])
                if (!argumentsAsText)
                    call!["function"]!["arguments"] = JsonNode.Parse((string)call["function"]!["arguments"]!);
        return new JsonObject
        {
            ["messages"] = messages,
            ["tools"] = prompt.Tools is { } tools ? JsonArray.Create(tools) : null,
            ["add_generation_prompt"] = prompt.AddGenerationPrompt,
            ["bos_token"] = family.Bos,
            ["eos_token"] = family.Eos,
            ["date_string"] = "05 Mar 2026",
        };
    }
}
