using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Weir.Tidy.Tests;

public sealed partial class StructureTests
{
    private static readonly string[] ForbiddenFolders =
        ["Utils", "Common", "Core", "Shared", "Helpers", "Abstractions", "Managers", "Services", "Misc", "Base",
        "Impl"];

    private static readonly string[] ForbiddenSuffixes =
        ["Manager", "Helper", "Helpers", "Utils", "Util", "Processor", "Impl"];

    /// <summary>docs/architecture.md, "The floors": what each project may reference.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Formats"] = [],
        ["Text"] = ["Formats"],
        ["Scheduling"] = [],
        ["Data"] = ["Formats", "Text"],
        ["Inference"] = ["Formats", "Text"],
        ["Evaluation"] = ["Formats", "Text"],
        ["Training"] = ["Formats", "Text", "Evaluation"],
        ["Registry"] = ["Formats"],
        ["Fleet"] = ["Formats", "Scheduling"],
        ["Accounts"] = ["Formats"],
        ["Gateway"] = ["Formats", "Text"],
        ["Client"] = ["Formats"],
        ["WebConsole"] = ["Formats", "Client"],
    };

    [Fact]
    public void No_folder_is_named_for_a_layer_or_a_left_over() =>
        Assert.Empty(SourceTree.Files("src", "tests", "bench").SelectMany(f => f.Split('/')[..^1])
        .Where(ForbiddenFolders.Contains).Distinct());

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        var bad = SourceTree.CodeFiles.Where(f =>
            f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(f => SourceTree.Parse(f).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            .Select(t => t.Identifier.Text))
            .Where(name => ForbiddenSuffixes.Any(s => name.EndsWith(s, StringComparison.Ordinal)));
        Assert.Empty(bad);
    }

    [Fact]
    public void Projects_reference_only_what_the_architecture_allows()
    {
        var wrong = new List<string>();
        foreach (var project in SourceTree.Projects)
        {
            var references = XDocument.Parse(SourceTree.Read($"src/{project}/{project}.csproj"))
                .Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!.Value.Replace('\\',
                '/')));
            if (project == "Host") continue; // the composition root knows everyone
            Assert.True(Arrows.ContainsKey(project),
            $"src/{project} is not in the architecture: a new project needs a decision record.");
            wrong.AddRange(references.Where(r => !Arrows[project].Contains(r)).Select(r => $"{project} -> {r}"));
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Only_training_references_torch()
    {
        var users = SourceTree.Projects.Where(p =>
            SourceTree.Read($"src/{p}/{p}.csproj").Contains("TorchSharp", StringComparison.Ordinal));
        Assert.Equal(["Training"], users);
    }

    [Fact]
    public void Every_project_has_a_short_readme()
    {
        foreach (var project in SourceTree.Projects)
        {
            var path = Path.Combine(SourceTree.Root, "src", project, "README.md");
            Assert.True(File.Exists(path), $"src/{project}/README.md is missing");
            Assert.True(File.ReadAllLines(path).Length <= 20, $"src/{project}/README.md has more than 20 lines");
        }
    }

    [Fact]
    public void Namespaces_of_a_project_have_no_circle()
    {
        var circles = new List<string>();
        foreach (var project in SourceTree.Projects)
        {
            var edges = new Dictionary<string, HashSet<string>>();
            foreach (var file in SourceTree.CodeFiles.Where(f =>
                f.StartsWith($"src/{project}/", StringComparison.Ordinal)
                && f.EndsWith(".cs", StringComparison.Ordinal)))
            {
                var root = SourceTree.Parse(file);
                var own = root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
                    .FirstOrDefault()?.Name.ToString();
                if (own is null) continue;
                var used = edges.TryGetValue(own, out var set) ? set : edges[own] = [];
                foreach (var name in root.Usings.Select(u => u.Name?.ToString()).OfType<string>())
                    if (name != own && name.StartsWith($"Weir.{project}", StringComparison.Ordinal)) used.Add(name);
            }
            foreach (var start in edges.Keys)
                if (Reaches(edges, start, start, [])) circles.Add(start);
        }
        Assert.Empty(circles);
    }

    [Fact]
    public void Scheduling_bans_clock_randomness_files_and_tasks()
    {
        var banned = SourceTree.Read("src/Scheduling/BannedSymbols.txt");
        foreach (var name in (string[])["System.DateTime", "System.Random", "System.Threading.Tasks.Task",
            "System.IO.File"])
            Assert.Contains(name, banned);
        Assert.Contains("BannedApiAnalyzers", SourceTree.Read("src/Scheduling/Scheduling.csproj"));
    }

    [Fact]
    public void Code_and_docs_speak_of_the_project_alone()
    {
        var pattern = PlacesOfOneMachine();
        var hits = SourceTree.CodeFiles.Concat(SourceTree.DocFiles)
            .Where(f => f != "tests/Tidy.Tests/StructureTests.cs")
            .Where(f => pattern.IsMatch(SourceTree.Read(f)));
        Assert.Empty(hits);
    }

    private static bool Reaches(Dictionary<string, HashSet<string>> edges, string from, string target,
        HashSet<string> seen) =>
        edges.TryGetValue(from, out var next)
        && next.Any(n => n == target || (seen.Add(n) && Reaches(edges, n, target, seen)));

    [GeneratedRegex(@"/(home|root|Users)/[a-z]|/work/(main|wt|shared)")]
    private static partial Regex PlacesOfOneMachine();
}
