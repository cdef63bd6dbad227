using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Weir.Tidy.Tests;

/// <summary>The repository as the rules see it: its root, its C# files, and their syntax.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(d => Path.GetFileName(d)!)
        .Order(StringComparer.Ordinal)];

    /// <summary>Every C# and Razor file of src/, tests/ and bench/, relative to the root.</summary>
    public static IReadOnlyList<string> CodeFiles { get; } =
        [.. Files("src", "tests", "bench").Where(f => f.EndsWith(".cs", StringComparison.Ordinal)
            || f.EndsWith(".razor", StringComparison.Ordinal))];

    public static IReadOnlyList<string> DocFiles { get; } =
        [.. Files("docs").Where(f => f.EndsWith(".md", StringComparison.Ordinal)),
            .. Directory.GetFiles(Root, "*.md").Select(f => Path.GetRelativePath(Root, f)),
            .. Files("src").Where(f => f.EndsWith("README.md", StringComparison.Ordinal)),
            .. Files("bench").Where(f => f.EndsWith(".md", StringComparison.Ordinal))];

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    public static CompilationUnitSyntax Parse(string relative) => CSharpSyntaxTree.ParseText(Read(relative),
        new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot();

    public static IEnumerable<string> Files(params string[] folders)
    {
        foreach (var folder in folders)
        {
            var full = Path.Combine(Root, folder);
            if (!Directory.Exists(full)) continue;
            foreach (var file in Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories))
            {
                var relative = Path.GetRelativePath(Root, file).Replace('\\', '/');
                if (!relative.Contains("/node_modules/") && !relative.Contains("/obj/")
                    && !relative.Contains("/bin/")) yield return relative;
            }
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Weir.slnx"))) folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException("The tests run inside the source tree (Weir.slnx was not found).");
    }
}
