using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Chat;

namespace Weir.Inference.Models;

/// <summary>The chat templates in a model folder.</summary>
internal static class ModelTemplates
{
    private const string TemplateFileName = "chat_template.jinja";

    /// <summary>Null where the model has none.</summary>
    /// <exception cref="UserErrorException">A file of them is damaged.</exception>
    public static ChatTemplateSet? OfFolder(string folder)
    {
        // Newer models have their template in a file of its own.
        var own = Path.Combine(folder, TemplateFileName);
        var template = File.Exists(own) ? File.ReadAllText(own) : null;
        var file = Path.Combine(folder, TokenizerConfigFile.ConfigFileName);
        if (!File.Exists(file)) return template is null ? null : ChatTemplateSet.Of(template);
        try
        {
            using var config = JsonDocument.Parse(File.ReadAllText(file));
            return ChatTemplateSet.FromTokenizerConfig(config.RootElement, template);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{file} is no JSON: {e.Message} Fetch the model's file again.", inner: e);
        }
    }
}
