using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Weir.Tidy.Tests;

public sealed class SizeTests
{
    private const int MaximumFileLines = 500, MaximumMethodLines = 70, MaximumColumns = 120;

    /// <summary>Files that may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    [Fact]
    public void No_file_is_longer_than_its_limit()
    {
        var longer = SourceTree.CodeFiles.Where(f => !LongFiles.ContainsKey(f))
            .Select(f => (File: f, Lines: SourceTree.Read(f).AsSpan().Count('\n')))
            .Where(f => f.Lines > MaximumFileLines);
        Assert.Empty(longer.Select(f => $"{f.File}: {f.Lines} lines"));
    }

    [Fact]
    public void Nearly_all_files_are_short()
    {
        var sizes = SourceTree.CodeFiles.Select(f => SourceTree.Read(f).AsSpan().Count('\n')).ToList();
        Assert.True(sizes.Count(s => s < 350) >= 0.9 * sizes.Count,
            "Fewer than 90 % of the files have under 350 lines.");
    }

    [Fact]
    public void No_line_is_wider_than_its_limit()
    {
        // The attributes of markup may be wide.
        var wide = new List<string>();
        foreach (var file in SourceTree.CodeFiles
            .Where(f => !f.EndsWith(".razor", StringComparison.Ordinal)))
        {
            int number = 0;
            foreach (var line in SourceTree.Read(file).Split('\n'))
            {
                number++;
                if (line.TrimEnd('\r').Length > MaximumColumns) wide.Add($"{file}:{number} has {line.Length} columns");
            }
        }
        Assert.Empty(wide);
    }

    [Fact]
    public void No_method_is_longer_than_its_limit()
    {
        var longer = new List<string>();
        foreach (var file in SourceTree.CodeFiles.Where(f => f.EndsWith(".cs", StringComparison.Ordinal)))
        {
            foreach (var method in SourceTree.Parse(file).DescendantNodes().OfType<BaseMethodDeclarationSyntax>())
            {
                var span = method.GetLocation().GetLineSpan();
                int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
                if (lines > MaximumMethodLines) longer.Add($"{file}:{span.StartLinePosition.Line + 1} has {lines} "
                    + $"lines");
            }
        }
        Assert.Empty(longer);
    }
}
