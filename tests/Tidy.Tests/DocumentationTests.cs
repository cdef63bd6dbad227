using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Weir.Tidy.Tests;

public sealed partial class DocumentationTests
{
    /// <summary>Names with humps that documents mention and that are no types of ours.</summary>
    private static readonly HashSet<string> ForeignNames =
    [
        "TorchSharp", "MudBlazor", "SplitFuse", "LlamaForCausalLM", "PreTrainedTokenizerFast", "ByteLevel",
            "JsonSchema", "OpenAI",
        "SQLite", "PostgreSQL", "SwiGLU", "RMSNorm", "RoPE", "AdamW", "BannedApiAnalyzers", "WebApplication",
        "SocketsHttpHandler",
        "TimeToFirstTokenMs", "AnalysisLevel", "DisableTransitiveProjectReferences", "HttpClient",
    ];

    [Fact]
    public void Every_type_named_in_back_ticks_exists()
    {
        var types = SourceTree.CodeFiles.Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(f => SourceTree.Parse(f).DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Select(t => t.Identifier.Text)
            .ToHashSet();
        types.UnionWith(SourceTree.CodeFiles.Select(f => Path.GetFileNameWithoutExtension(f)));
        types.UnionWith(SourceTree.CodeFiles.SelectMany(f => f.Split('/')));
        var unknown = new List<string>();
        foreach (var file in SourceTree.DocFiles)
            foreach (Match match in TypeInBackTicks().Matches(SourceTree.Read(file)))
            {
                var name = match.Groups[1].Value;
                if (!types.Contains(name) && !ForeignNames.Contains(name)) unknown.Add($"{file}: {name}");
            }
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("README.md", "Not built yet")]
    [InlineData("README.zh-CN.md", "尚未实现")]
    public void The_readme_names_the_two_commands_and_what_is_not_built(string file, string heading)
    {
        var text = SourceTree.Read(file);
        Assert.Contains("./weir quickstart", text);
        Assert.Contains("./weir test", text);
        Assert.Contains(heading, text);
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (var file in SourceTree.DocFiles)
            foreach (Match match in RelativeLink().Matches(SourceTree.Read(file)))
            {
                var target = match.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                var full = Path.GetFullPath(target, Path.Combine(SourceTree.Root, Path.GetDirectoryName(file)!));
                if (!File.Exists(full) && !Directory.Exists(full)) broken.Add($"{file}: {target}");
            }
        Assert.Empty(broken);
    }

    // Two humps at least, so that single words in back-ticks (commands, folders) are left alone.
    [GeneratedRegex(@"`([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)`")]
    private static partial Regex TypeInBackTicks();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex RelativeLink();
}
