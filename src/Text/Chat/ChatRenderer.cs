using System.Collections.Concurrent;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Chat.ToolCalls;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Chat;

/// <summary>Renders conversations by the chat templates of a model, with the variables that Hugging Face's libraries
/// give them. Safe for any number of threads.</summary>
public sealed class ChatRenderer
{
    private static readonly string[] OwnVariables =
        ["messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token"];
    private readonly ChatTemplateSet _templates;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, ParsedTemplate> _parsed = new(StringComparer.Ordinal);

    /// <param name="templates">The model's templates; each is parsed when it is first used, the default one
    /// now.</param>
    /// <param name="clock">What templates print dates by.</param>
    /// <exception cref="UserErrorException">The default template has something that is not supported.</exception>
    public ChatRenderer(ChatTemplateSet templates, TimeProvider clock)
    {
        (_templates, _clock) = (templates, clock);
        if (templates.Templates.ContainsKey(ChatTemplateSet.DefaultName)) Parsed(ChatTemplateSet.DefaultName);
    }

    /// <summary>How answers to the prompt write tool calls and reasoning.</summary>
    public AnswerFormat FormatOf(ChatPrompt prompt) => Parsed(NameFor(prompt)).Format;

    /// <exception cref="UserErrorException">The messages are not in the API's form, the template refuses them, or it
    /// passes a limit.</exception>
    public RenderedPrompt Render(ChatPrompt prompt)
    {
        var parsed = Parsed(NameFor(prompt));
        var messages = RequestMessages.Read(prompt.Messages, parsed.Traits);
        var tools = prompt.HasTools ? JinjaValue.FromJson(prompt.Tools!.Value) : JinjaValue.None;
        var variables = Variables(messages, tools, prompt.AddGenerationPrompt);
        foreach (var (name, value) in prompt.Variables ?? new Dictionary<string, JsonElement>())
        {
            if (OwnVariables.Contains(name) && name != "documents")
                throw new UserErrorException($"The variable '{name}' of the chat template is not the request's to set. "
                    + "Leave it out.");
            variables[name] = JinjaValue.FromJson(value);
        }
        return new RenderedPrompt(parsed.Template.RenderMarked(variables, _clock, new RenderBudget()));
    }

    // As Hugging Face chooses: the one for tools where there are some and it exists.
    private string NameFor(ChatPrompt prompt)
    {
        var name = prompt.TemplateName ?? (prompt.HasTools && _templates.Templates.ContainsKey(
            ChatTemplateSet.ToolUseName) ? ChatTemplateSet.ToolUseName : ChatTemplateSet.DefaultName);
        return _templates.Templates.ContainsKey(name) ? name
            : throw new UserErrorException($"The model has no chat template '{name}'. It has: "
                + string.Join(", ", _templates.Templates.Keys) + ".");
    }

    private ParsedTemplate Parsed(string name) => _parsed.GetOrAdd(name, _ =>
    {
        var source = _templates.Templates[name];
        var template = JinjaTemplate.Parse(source);
        return new ParsedTemplate(template, TemplateTraits.Of(template, Probe), AnswerFormat.Of(source));
    });

    private string Probe(JinjaTemplate template, JsonElement messages, JsonElement? tools, long mostSteps) =>
        template.RenderMarked(Variables(JinjaValue.FromJson(messages),
            tools is null ? JinjaValue.None : JinjaValue.FromJson(tools.Value), addGenerationPrompt: true),
            _clock, new RenderBudget(mostSteps)).Text;

    private Dictionary<string, JinjaValue> Variables(JinjaValue messages, JinjaValue tools, bool addGenerationPrompt)
    {
        var variables = new Dictionary<string, JinjaValue>(StringComparer.Ordinal)
        {
            ["messages"] = messages,
            ["tools"] = tools,
            ["documents"] = JinjaValue.None,
            ["add_generation_prompt"] = JinjaValue.Of(addGenerationPrompt),
        };
        // A model without such a token leaves the name undefined.
        if (_templates.BosToken is { } bos) variables["bos_token"] = JinjaValue.Of(bos);
        if (_templates.EosToken is { } eos) variables["eos_token"] = JinjaValue.Of(eos);
        return variables;
    }

    private sealed record ParsedTemplate(JinjaTemplate Template, TemplateTraits Traits, AnswerFormat Format);
}

/// <summary>A prompt as text, which knows what of it the request wrote.</summary>
public sealed class RenderedPrompt
{
    internal RenderedPrompt(StringValue text) => Marked = text;

    public string Text => Marked.Text;

    internal StringValue Marked { get; }
}
