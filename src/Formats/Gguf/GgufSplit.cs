using System.Globalization;
using System.Text.RegularExpressions;
using Weir.Formats.Bcl;

namespace Weir.Formats.Gguf;

/// <summary>A model in several GGUF files, <c>NAME-00001-of-00003.gguf</c> and so on, as llama.cpp's gguf-split writes
/// them: each says its number (<c>split.no</c>, from 0) and how many there are (<c>split.count</c>); the first bears
/// the metadata and the number of all tensors (<c>split.tensors.count</c>).</summary>
internal static partial class GgufSplit
{
    private const int MaxParts = 1000;

    /// <summary>The name of a part in the same folder.</summary>
    /// <param name="prefix">A plain name: no folder, no way upwards.</param>
    /// <param name="part">From 0.</param>
    /// <param name="count">Of all parts.</param>
    public static string NameOf(string prefix, int part, int count)
    {
        if (prefix.Length == 0 || prefix.AsSpan().ContainsAny('/', '\\', '\0')
            || prefix.Contains("..", StringComparison.Ordinal))
            throw new UserErrorException($"'{prefix}' is no name for the parts of a model: use letters, digits, '-', "
                + "'_' and single dots.");
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}-{part + 1:D5}-of-{count:D5}.gguf");
    }

    /// <summary>All parts in order, the given one first. What is opened here is closed again where one is
    /// refused.</summary>
    /// <exception cref="UserErrorException">A part is missing or does not belong to the others.</exception>
    public static IReadOnlyList<GgufPart> OpenAll(GgufPart first)
    {
        if (!first.Header.Metadata.ContainsKey("split.count")) return [first];
        long count = Number(first, "split.count");
        if (count == 1) return [first];
        if (count is < 1 or > MaxParts) throw Bad(first, $"it is one of {count} parts, and 1 to {MaxParts} are read");
        var match = PartName().Match(Path.GetFileName(first.Path));
        if (!match.Success || int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) != count)
            throw Bad(first, $"it is one of {count} parts, so it must be named NAME-00001-of-{count:D5}.gguf");
        var prefix = match.Groups[1].Value;
        if (Number(first, "split.no") != 0)
            throw new UserErrorException($"{first.Path} is part {Number(first, "split.no") + 1} of {count}. Give the "
                + $"first one: {NameOf(prefix, 0, (int)count)}.");
        List<GgufPart> parts = [first];
        try
        {
            OpenRest(parts, prefix, (int)count);
            return parts;
        }
        catch
        {
            foreach (var part in parts.Skip(1)) part.Dispose();
            throw;
        }
    }

    private static void OpenRest(List<GgufPart> parts, string prefix, int count)
    {
        var first = parts[0];
        var folder = Path.GetDirectoryName(Path.GetFullPath(first.Path))!;
        for (int index = 1; index < count; index++)
        {
            var name = NameOf(prefix, index, count);
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                throw new UserErrorException($"{first.Path} is one of {count} parts, and {name} is missing beside it. "
                    + "Fetch that part too.");
            var part = GgufPart.Open(path);
            parts.Add(part);
            if (Number(part, "split.count") != count || Number(part, "split.no") != index)
                throw Bad(part, $"it says that it is part {Number(part, "split.no") + 1} of "
                    + $"{Number(part, "split.count")}, its name says {index + 1} of {count}");
        }
        long announced = Number(first, "split.tensors.count"), found = parts.Sum(p => (long)p.Header.Tensors.Count);
        if (announced != found)
            throw Bad(first, $"its parts hold {found} tensors, and {announced} were written");
    }

    private static long Number(GgufPart part, string key) => part.Header.Metadata.GetValueOrDefault(key) switch
    {
        ulong value and <= int.MaxValue => (long)value,
        long value and >= 0 and <= int.MaxValue => value,
        _ => throw Bad(part, $"its metadata has no number '{key}'"),
    };

    private static UserErrorException Bad(GgufPart part, string what) => GgufPart.Bad(part.Path, what);

    [GeneratedRegex(@"^(.+)-[0-9]{5}-of-([0-9]{5})\.gguf\z", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
