using System.Text;
using Weir.Formats.Gguf;

namespace Weir.Registry.Models;

/// <summary>Reads under which licence a model's files say that they are: the identifiers of Hugging Face and SPDX in
/// lower case where the text is known, otherwise the licence's own title.</summary>
internal static class ModelLicence
{
    public const int MaxLength = 200;
    private const int MaxBytes = 64 << 10;
    private const string Other = "other";

    /// <summary>What each text holds, the more special first; GNU's later licences name the earlier ones.</summary>
    private static readonly (string Phrase, string Licence)[] KnownTexts =
    [
        ("apache license", "apache-2.0"), ("gnu affero general public license", "agpl-3.0"),
        ("gnu lesser general public license", "lgpl-3.0"), ("gnu general public license", "gpl-3.0"),
        ("mit license", "mit"), ("permission is hereby granted, free of charge", "mit"),
        ("neither the name of", "bsd-3-clause"),
        ("redistribution and use in source and binary forms", "bsd-2-clause"),
    ];

    /// <summary><c>general.license</c>; null where the file does not say.</summary>
    public static string? Of(GgufFile file)
    {
        var licence = Clean(file.Metadata.GetValueOrDefault("general.license") as string);
        return licence is null or Other
            ? Clean(file.Metadata.GetValueOrDefault("general.license.name") as string) ?? licence : licence;
    }

    /// <summary>From the front matter of <c>README.md</c>, or else from the text of the licence itself; null where
    /// neither says.</summary>
    public static string? OfFolder(string folder)
    {
        var readme = Path.Combine(folder, "README.md");
        var stated = File.Exists(readme) ? OfFrontMatter(Head(readme)) : null;
        if (stated is not null) return stated;
        var text = Directory.EnumerateFiles(folder, "LIC*").Order(StringComparer.Ordinal).FirstOrDefault(path =>
            Path.GetFileNameWithoutExtension(path) is "LICENSE" or "LICENCE");
        return text is null ? null : OfText(Head(text));
    }

    /// <summary>The keys <c>license</c> and <c>license_name</c> of the YAML between two lines of dashes; a list's
    /// first.</summary>
    public static string? OfFrontMatter(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        if (lines[0].TrimEnd() != "---") return null;
        string? licence = null, name = null;
        for (int i = 1; i < lines.Length && lines[i].TrimEnd() != "---"; i++)
        {
            if (Value(lines[i], "license_name:") is { } named) name = named;
            else if (Value(lines[i], "license:") is { } value)
                licence = value.Length > 0 ? value : i + 1 < lines.Length ? Value(lines[i + 1].TrimStart(), "-") : null;
        }
        return Clean(licence) is { } known and not Other ? known : Clean(name) ?? Clean(licence);
    }

    /// <summary>A known licence's identifier, or the first line that says something.</summary>
    public static string? OfText(string text)
    {
        var plain = string.Join(' ', text.ToLowerInvariant().Split((char[]?)null,
            StringSplitOptions.RemoveEmptyEntries));
        foreach (var (phrase, licence) in KnownTexts)
            if (plain.Contains(phrase, StringComparison.Ordinal)) return licence;
        return Clean(text.Split('\n').FirstOrDefault(line => line.Any(char.IsLetter)));
    }

    private static string? Value(string line, string key) =>
        line.StartsWith(key, StringComparison.Ordinal) ? line[key.Length..].Split(" #")[0].Trim().Trim('"', '\'')
            : null;

    /// <summary>One line of text that can be shown; null where nothing is left.</summary>
    private static string? Clean(string? text)
    {
        if (text is null) return null;
        var plain = string.Concat(text.Where(c => !char.IsControl(c))).Trim('#', '*', ' ', '\t');
        return plain.Length == 0 ? null : plain[..Math.Min(plain.Length, MaxLength)];
    }

    private static string Head(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[MaxBytes];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, count).TrimStart('\uFEFF');
    }
}
