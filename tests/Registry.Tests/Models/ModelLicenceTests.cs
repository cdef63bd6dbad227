using Weir.Registry.Models;

namespace Weir.Registry.Tests.Models;

public sealed class ModelLicenceTests
{
    [Theory]
    [InlineData("---\nlicense: apache-2.0\n---\n", "apache-2.0")]
    [InlineData("---\r\nlanguage:\r\n- zh\r\nlicense: \"mit\" # ours\r\n---\r\n", "mit")]
    [InlineData("---\nlicense:\n- cc-by-4.0\n- mit\n---\n", "cc-by-4.0")]
    [InlineData("---\nlicense: other\nlicense_name: qwen-research\n---\n", "qwen-research")]
    [InlineData("---\nlicense: other\n---\n", "other")]
    [InlineData("---\ntags: [x]\n---\nlicense: mit\n", null)]
    [InlineData("# Model\nlicense: mit\n", null)]
    [InlineData("", null)]
    public void Front_matter_names_the_licence(string text, string? licence) =>
        Assert.Equal(licence, ModelLicence.OfFrontMatter(text));

    [Theory]
    [InlineData("                 Apache License\n           Version 2.0", "apache-2.0")]
    [InlineData("MIT License\n\nCopyright (c) 2024", "mit")]
    [InlineData("Copyright X\nRedistribution and use in source and binary\nforms, with or without", "bsd-2-clause")]
    [InlineData("GNU AFFERO GENERAL PUBLIC LICENSE\nlike the GNU General Public License", "agpl-3.0")]
    [InlineData("\n# LLAMA 3.2 COMMUNITY LICENSE AGREEMENT\nRelease date", "LLAMA 3.2 COMMUNITY LICENSE AGREEMENT")]
    [InlineData("----\n\n", null)]
    public void A_licence_is_known_by_its_text_or_called_by_its_title(string text, string? licence) =>
        Assert.Equal(licence, ModelLicence.OfText(text));

    [Theory]
    [InlineData("/m/Qwen2.5-0.5B-Instruct-Q4_K_M.gguf", "qwen2.5-0.5b-instruct-q4_k_m")]
    [InlineData("/m/big-00001-of-00003.gguf", "big")]
    [InlineData("/m/我的 Model v2", "model-v2")]
    [InlineData("/m/模型", "model")]
    [InlineData("/hub/models--Qwen--Qwen3-0.6B/snapshots/0123456789abcdef0123456789abcdef01234567", "qwen3-0.6b")]
    public void A_path_makes_a_name(string path, string name)
    {
        Assert.Equal(name, ModelName.Of(path));
        ModelName.Check(name);
    }
}
