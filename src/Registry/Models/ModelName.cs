using System.Text.RegularExpressions;
using Weir.Formats.Bcl;

namespace Weir.Registry.Models;

/// <summary>Names of models: they stand in addresses and in requests.</summary>
public static partial class ModelName
{
    public const int MaxLength = 64;

    /// <exception cref="UserErrorException">It is none.</exception>
    public static void Check(string name)
    {
        if (!Allowed().IsMatch(name))
            throw new UserErrorException($"'{name}' cannot be a name: use 1 to {MaxLength} letters, digits, dots, "
                + "dashes and underscores, a letter or digit first.");
    }

    /// <summary>A name made of a path's: without <c>.gguf</c> and the number of a part, in lower case. In a cache of
    /// Hugging Face, <c>models--OWNER--NAME/snapshots/COMMIT</c>, it is NAME.</summary>
    internal static string Of(string path)
    {
        var name = Path.GetFileName(path);
        var parent = Path.GetDirectoryName(path);
        if (Commit().IsMatch(name) && Path.GetFileName(parent) == "snapshots")
            name = Path.GetFileName(Path.GetDirectoryName(parent))?.Split("--")[^1] ?? name;
        name = Suffix().Replace(name, "");
        name = Other().Replace(name.ToLowerInvariant(), "-").Trim('-', '.', '_');
        return name.Length == 0 ? "model" : name[..Math.Min(name.Length, MaxLength)];
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();

    [GeneratedRegex(@"^[0-9a-f]{40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Commit();

    [GeneratedRegex(@"(-[0-9]{5}-of-[0-9]{5})?\.gguf\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Suffix();

    [GeneratedRegex("[^a-z0-9._-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Other();
}
