using System.Text;
using System.Text.Json;
using Weir.Formats.Datasets;
using Weir.Inference.Generation;
using Weir.Text.Chat;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary>A rendered conversation.</summary>
/// <param name="Ids">Tokens of the prompt.</param>
/// <param name="Text">Its text, special tokens written out.</param>
/// <param name="Format">How answers to it write tool calls and reasoning.</param>
internal sealed record EncodedChat(int[] Ids, string Text, AnswerFormat Format);

/// <summary>Messages of a request as ids of a prompt, by the model's chat template or by Weir's own.</summary>
internal sealed class ChatPrompts
{
    private static readonly AnswerFormat OwnFormat = AnswerFormat.Of(ChatTemplate.Jinja);
    private readonly ServedModel _model;
    private readonly ChatRenderer? _renderer;
    private readonly PromptEncoder _encoder;

    /// <exception cref="Weir.Formats.Bcl.UserErrorException">The model's template has something that is not
    /// supported.</exception>
    public ChatPrompts(ServedModel model)
    {
        _model = model;
        _encoder = new PromptEncoder(model.Tokenizer);
        // Weir's own template is known without being interpreted.
        if (model.Templates is { } templates
            && templates.Templates.GetValueOrDefault(ChatTemplateSet.DefaultName) != ChatTemplate.Jinja)
            _renderer = new ChatRenderer(templates, TimeProvider.System);
    }

    /// <exception cref="RequestException">The template cannot show what the request has.</exception>
    public EncodedChat Encode(JsonElement messages, JsonElement? tools, bool addGenerationPrompt,
        IReadOnlyDictionary<string, JsonElement>? variables)
    {
        if (_renderer is null) return EncodeOwn(messages, tools, addGenerationPrompt);
        var prompt = new ChatPrompt
        {
            Messages = messages, Tools = tools, AddGenerationPrompt = addGenerationPrompt, Variables = variables,
        };
        var rendered = _renderer.Render(prompt);
        var ids = _encoder.Encode(rendered);
        // A template may write the token that begins a text, and may leave it to the tokenizer.
        if (_model.Tokenizer is { AddsBos: true, BosId: { } bos } && (ids.Length == 0 || ids[0] != bos))
            ids = [bos, .. ids];
        return new EncodedChat(ids, rendered.Text, _renderer.FormatOf(prompt));
    }

    private EncodedChat EncodeOwn(JsonElement messages, JsonElement? tools, bool addGenerationPrompt)
    {
        if (tools is { } given && given.GetArrayLength() > 0)
            throw RequestException.Unsupported("tools", "This model's chat template does not show tools.");
        var turns = messages.EnumerateArray()
            .Select(m => new ChatTurn(m.GetProperty("role").GetString()!, TextOf(m))).ToList();
        return new EncodedChat(ChatTemplate.Encode(_model.Tokenizer, turns, addGenerationPrompt).Ids, "", OwnFormat);
    }

    private static string TextOf(JsonElement message)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null) return "";
        if (content.ValueKind == JsonValueKind.String) return content.GetString()!;
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray()) text.Append(part.GetProperty("text").GetString());
        return text.ToString();
    }
}
