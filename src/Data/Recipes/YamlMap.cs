using System.Globalization;
using Weir.Formats.Bcl;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Weir.Data.Recipes;

/// <summary>A mapping of a YAML file (JSON is YAML too), read key by key. A key that nobody asked for is an error
/// that names the ones that there are, so that a misspelt setting is never ignored.</summary>
internal sealed class YamlMap
{
    private const int MaximumBytes = 1 << 20, MaximumDepth = 32;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly string _where;

    private YamlMap(YamlMappingNode node, string where)
    {
        _where = where;
        Node = node;
        foreach (var (key, value) in node.Children)
            _values[(key as YamlScalarNode)?.Value ?? throw Error(key, "a key must be a word")] = value;
    }

    private YamlMappingNode Node { get; }

    public static YamlMap ReadFile(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path).Length > MaximumBytes)
                throw new UserErrorException($"{path}: over {MaximumBytes} bytes; that is not a recipe.");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: the file cannot be read: {e.Message}", inner: e);
        }
        return ReadText(text, path);
    }

    public static YamlMap ReadText(string text, string where)
    {
        try
        {
            RequireShallow(text, where);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents is [{ RootNode: YamlMappingNode root }, ..]) return new YamlMap(root, where);
        }
        catch (YamlException e)
        {
            throw new UserErrorException($"{where}:{e.Start.Line}: not YAML: {e.Message}", inner: e);
        }
        // The parser ends so on some broken inputs.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new UserErrorException($"{where}: not YAML. Check quotes, brackets and indentation.", inner: e);
        }
        throw new UserErrorException($"{where}: expected 'key: value' lines.");
    }

    public string? Text(string key)
    {
        if (Take(key) is not { } node) return null;
        var text = (node as YamlScalarNode)?.Value ?? throw Error(node, $"'{key}' must be a text");
        return text.Contains('\0') ? throw Error(node, $"'{key}' holds a NUL character") : text;
    }

    public string RequiredText(string key) => Text(key) is { Length: > 0 } text ? text
        : throw Error(Node, $"'{key}' is missing");

    public long? Whole(string key, long minimum, long maximum)
    {
        if (Text(key) is not { } text) return null;
        if (long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out long value) && value >= minimum && value <= maximum) return value;
        throw Error(_values[key], $"'{key}' must be a whole number from {minimum} to {maximum}, not '{text}'");
    }

    public double? Fraction(string key)
    {
        if (Text(key) is not { } text) return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value is >= 0 and < 1)
            return value;
        throw Error(_values[key], $"'{key}' must be a number from 0 up to but not including 1, not '{text}'");
    }

    public bool? Flag(string key) => Text(key) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => throw Error(_values[key], $"'{key}' must be true or false, not '{other}'"),
    };

    public string? OneOf(string key, params ReadOnlySpan<string> choices)
    {
        if (Text(key) is not { } text) return null;
        foreach (var choice in choices) if (choice == text) return text;
        throw Error(_values[key], $"'{key}' must be one of {string.Join(", ", choices.ToArray())}, not '{text}'");
    }

    public YamlMap? Map(string key) => Take(key) switch
    {
        null => null,
        YamlMappingNode map => new YamlMap(map, _where),
        var other => throw Error(other, $"'{key}' must be a group of settings"),
    };

    /// <summary>A list whose entries are mappings, or single words that stand for <c>{ shortKey: word }</c>.</summary>
    public IReadOnlyList<YamlMap> Maps(string key, string shortKey)
    {
        if (Take(key) is not { } node) return [];
        if (node is not YamlSequenceNode list) throw Error(node, $"'{key}' must be a list");
        return [.. list.Children.Select(child => child switch
        {
            YamlMappingNode map => new YamlMap(map, _where),
            YamlScalarNode word => new YamlMap(new YamlMappingNode(new YamlScalarNode(shortKey), word), _where),
            _ => throw Error(child, $"an entry of '{key}' must be a path or a group of settings"),
        })];
    }

    /// <summary>A list of words, or one word.</summary>
    public IReadOnlyList<string> Texts(string key) => Take(key) switch
    {
        null => [],
        YamlScalarNode { Value: { } word } => [word],
        YamlSequenceNode list => [.. list.Children.Select(c => (c as YamlScalarNode)?.Value
            ?? throw Error(c, $"an entry of '{key}' must be a text"))],
        var other => throw Error(other, $"'{key}' must be a list"),
    };

    /// <summary>Call after the last key was asked for.</summary>
    public void RefuseUnknownKeys()
    {
        var known = string.Join(", ", _asked.Order(StringComparer.Ordinal));
        foreach (var key in Node.Children.Keys)
            if (!_asked.Contains(((YamlScalarNode)key).Value!))
                throw Error(key, $"unknown key '{key}'. Known here: {known}");
    }

    /// <summary>An error at this mapping's place in the file.</summary>
    public UserErrorException Error(string what) => Error(Node, what);

    /// <summary>The tree is built by recursion, so a bomb of brackets would end the process.</summary>
    private static void RequireShallow(string text, string where)
    {
        var parser = new Parser(new StringReader(text));
        for (int depth = 0; parser.MoveNext(); depth += parser.Current!.NestingIncrease)
            if (depth > MaximumDepth) throw new UserErrorException($"{where}: nested more than {MaximumDepth} deep.");
    }

    private YamlNode? Take(string key)
    {
        _asked.Add(key);
        if (!_values.TryGetValue(key, out var node)) return null;
        // An empty value is as good as no key.
        bool isNull = node is YamlScalarNode { Value: null or "" or "~" or "null", Style: ScalarStyle.Plain };
        return isNull ? null : node;
    }

    private UserErrorException Error(YamlNode node, string what) =>
        new(node.Start.Line > 0 ? $"{_where}:{node.Start.Line}: {what}." : $"{_where}: {what}.");
}
