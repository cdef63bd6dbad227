using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Bcl;

namespace Weir.Training.Configuration;

/// <summary>The door of training: file, <c>--set</c> and defaults become one checked
/// <see cref="TrainingConfig"/>.</summary>
internal static class TrainingConfigReader
{
    public static TrainingConfig Read(string path, IReadOnlyList<string> settings)
    {
        if (!File.Exists(path)) throw Wrong($"{path}: no such configuration file.");
        return Parse(File.ReadAllText(path), path, settings);
    }

    public static TrainingConfig Parse(string text, string where, IReadOnlyList<string> settings)
    {
        if (YamlDocument.Parse(text, where) is not JsonObject root)
            throw Wrong($"{where}: a mapping of keys to values is expected.");
        foreach (var setting in settings) Apply(root, setting);
        if (root["data"] is JsonValue single) root["data"] = new JsonArray(single.DeepClone());
        if (root["data"] is JsonArray list)
            for (int i = 0; i < list.Count; i++)
                if (list[i] is JsonValue value) list[i] = new JsonObject { ["path"] = value.DeepClone() };
        RefuseUnknownKeys(root, TrainingConfigJson.Default.TrainingConfig, where, "");
        TrainingConfig config;
        try
        {
            config = root.Deserialize(TrainingConfigJson.Default.TrainingConfig)!;
        }
        catch (JsonException e)
        {
            throw Wrong($"{where}: {e.Path?.TrimStart('$', '.')}: {e.InnerException?.Message ?? e.Message}", e);
        }
        TrainingConfigRules.Check(config, where);
        return config;
    }

    /// <summary><c>a.b=value</c>, the value read as YAML.</summary>
    private static void Apply(JsonObject root, string setting)
    {
        var equals = setting.IndexOf('=');
        if (equals < 1) throw Wrong($"--set {setting}: write it as key=value, for example optimiser.rate=0.003.");
        var keys = setting[..equals].Split('.');
        var at = root;
        foreach (var key in keys[..^1])
        {
            if (at[key] is not JsonObject next) at[key] = next = [];
            at = next;
        }
        at[keys[^1]] = YamlDocument.Parse(setting[(equals + 1)..], $"--set {setting}");
    }

    private static void RefuseUnknownKeys(JsonObject given, JsonTypeInfo type, string where, string prefix)
    {
        // A property that JSON ignores has no getter here.
        var known = type.Properties.Where(p => p.Get is not null).ToDictionary(p => p.Name);
        foreach (var (key, value) in given)
        {
            if (!known.TryGetValue(key, out var property))
                throw Wrong($"{where}: unknown key '{prefix}{key}'. Known here: {string.Join(", ", known.Keys)}.");
            var inner = type.Options.GetTypeInfo(property.PropertyType);
            if (value is JsonObject child && inner.Kind == JsonTypeInfoKind.Object)
                RefuseUnknownKeys(child, inner, where, $"{prefix}{key}.");
            if (value is not JsonArray items || inner.ElementType is null) continue;
            var element = type.Options.GetTypeInfo(inner.ElementType);
            for (int i = 0; i < items.Count; i++)
                if (items[i] is JsonObject item) RefuseUnknownKeys(item, element, where, $"{prefix}{key}[{i}].");
        }
    }

    private static UserErrorException Wrong(string message, Exception? inner = null) =>
        new(message, ExitCodes.WrongUsage, inner);
}
