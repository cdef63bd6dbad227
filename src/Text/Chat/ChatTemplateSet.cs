using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;

namespace Weir.Text.Chat;

/// <summary>The chat templates that come with a model, in Jinja, and the special tokens that they print by
/// name.</summary>
public sealed record ChatTemplateSet
{
    public const string DefaultName = "default";
    /// <summary>The name of the template that is taken where a request has tools.</summary>
    public const string ToolUseName = "tool_use";
    /// <summary>Where GGUF keeps the default one; the others have their name behind it.</summary>
    public const string GgufKey = "tokenizer.chat_template";

    /// <summary>The templates by name; one of them is <see cref="DefaultName"/>, unless every request names
    /// one.</summary>
    public required IReadOnlyDictionary<string, string> Templates { get; init; }

    /// <summary>The text of the token that begins a text; null where the model has none.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the token that ends an answer; null where the model has none.</summary>
    public string? EosToken { get; init; }

    public static ChatTemplateSet Of(string template, string? bosToken = null, string? eosToken = null) => new()
    {
        Templates = new Dictionary<string, string> { [DefaultName] = template },
        BosToken = bosToken,
        EosToken = eosToken,
    };

    /// <summary>From a <c>tokenizer_config.json</c>; null where there is no template.</summary>
    /// <param name="config">The file; it names the special tokens too.</param>
    /// <param name="ownFile">The template in a file of its own (<c>chat_template.jinja</c>), which goes first; null
    /// where the model has none.</param>
    /// <exception cref="UserErrorException">The template is neither a text nor a list of named texts.</exception>
    public static ChatTemplateSet? FromTokenizerConfig(JsonElement config, string? ownFile = null)
    {
        try
        {
            return ReadConfig(config, ownFile);
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException("A text of tokenizer_config.json is no valid Unicode (half of a surrogate "
                + "pair). Fetch the model's file again.", inner: e);
        }
    }

    private static ChatTemplateSet? ReadConfig(JsonElement config, string? ownFile)
    {
        if (config.ValueKind != JsonValueKind.Object)
            throw new UserErrorException("tokenizer_config.json is no JSON object. Fetch the model's file again.");
        if (ownFile is not null)
            return Of(ownFile, Token(config, "bos_token"), Token(config, "eos_token"));
        if (!config.TryGetProperty("chat_template", out var template) || template.ValueKind == JsonValueKind.Null)
            return null;
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (template.ValueKind == JsonValueKind.String) templates[DefaultName] = template.GetString()!;
        else if (template.ValueKind == JsonValueKind.Array)
            foreach (var named in template.EnumerateArray())
                templates[Text(named, "name") ?? throw Malformed()] = Text(named, "template") ?? throw Malformed();
        else throw Malformed();
        return new ChatTemplateSet
        {
            Templates = templates,
            BosToken = Token(config, "bos_token"),
            EosToken = Token(config, "eos_token"),
        };
    }

    /// <summary>From the metadata of a GGUF file; null where it has no template.</summary>
    public static ChatTemplateSet? FromGguf(GgufFile file)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in file.Metadata)
        {
            if (value is not string template) continue;
            if (key == GgufKey) templates[DefaultName] = template;
            else if (key.StartsWith(GgufKey + ".", StringComparison.Ordinal))
                templates[key[(GgufKey.Length + 1)..]] = template;
        }
        return templates.Count == 0 ? null : new ChatTemplateSet
        {
            Templates = templates,
            BosToken = TokenOf("tokenizer.ggml.bos_token_id"),
            EosToken = TokenOf("tokenizer.ggml.eos_token_id"),
        };

        string? TokenOf(string key) => file.TryGetInteger(key) is >= 0 and var id
            && file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") is string[] tokens && id < tokens.Length
                ? tokens[id] : null;
    }

    // A token is a text, or an object that has it as its content.
    private static string? Token(JsonElement config, string name) => !config.TryGetProperty(name, out var token) ? null
        : token.ValueKind == JsonValueKind.String ? token.GetString() : Text(token, "content");

    private static string? Text(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    private static UserErrorException Malformed() => new("The chat_template of tokenizer_config.json is neither a text "
        + "nor a list of objects with name and template. Fetch the model's file again.");
}
