using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;
using Weir.Inference.Commands;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Quantization;

public sealed class ModelQuantizeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("q8_0", 0.08)]
    [InlineData("q6_k", 0.4)]
    [InlineData("q5_k_m", 1)]
    [InlineData("q4_k_m", 3)]
    [InlineData("q4_0", 3)]
    public async Task A_quantised_model_runs_and_its_report_says_how_far_it_is(string type, double most)
    {
        var report = await QuantizeAsync(type, hidden: 256);
        double divergence = (double)report["divergenceNats"]!;
        Assert.InRange(divergence, 1e-7, most);
        Assert.InRange((double)report["perplexity"]! / (double)report["sourcePerplexity"]!, 0.3, 3);
        Assert.True((long)report["bytes"]! < (long)report["sourceBytes"]!);
    }

    [Fact]
    public async Task More_bits_are_nearer_to_the_source()
    {
        double last = 0;
        foreach (var type in new[] { "q8_0", "q6_k", "q5_k_m", "q4_k_m" })
        {
            double divergence = (double)(await QuantizeAsync(type, hidden: 256))["divergenceNats"]!;
            Assert.True(divergence > last, $"{type} is nearer than what has more bits");
            last = divergence;
        }
    }

    [Fact]
    public async Task Mixtures_keep_more_bits_where_it_counts_and_rows_that_do_not_fit_fall_back()
    {
        await QuantizeAsync("q4_k_m", hidden: 256);
        using (var file = GgufFile.Open(_folder.File("q4_k_m.gguf")))
        {
            Assert.Equal(TensorType.Q6_K, file.Tensors["token_embd.weight"].Type);
            Assert.Equal(TensorType.Q4_K, file.Tensors["blk.0.attn_q.weight"].Type);
            Assert.Equal(TensorType.Q6_K, file.Tensors["blk.1.attn_v.weight"].Type);
            Assert.Equal(15, file.GetInteger("general.file_type"));
        }
        await QuantizeAsync("q4_k_m", hidden: 96);
        using var small = GgufFile.Open(_folder.File("q4_k_m.gguf"));
        Assert.Equal(TensorType.Q5_0, small.Tensors["blk.0.attn_q.weight"].Type);
        Assert.Equal(TensorType.Q8_0, small.Tensors["token_embd.weight"].Type);
    }

    [Fact]
    public async Task Wrong_words_are_explained()
    {
        new RandomModel(RandomModel.SmallConfig, 1).WriteFolder(_folder.Path);
        Task<int> Run(params string[] arguments) => ModelQuantizeCommand.Create()
            .Parse([_folder.Path, "--out", _folder.File("x.gguf"), .. arguments])
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        Assert.Contains("use one of",
            (await Assert.ThrowsAsync<UserErrorException>(() => Run("--type", "q3_k"))).Message);
        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<UserErrorException>(() =>
            Run("--evaluate", _folder.File("nothing.txt")))).Message);
        File.WriteAllText(_folder.File("short.txt"), "");
        Assert.Contains("too short", (await Assert.ThrowsAsync<UserErrorException>(() =>
            Run("--calibration", _folder.File("short.txt")))).Message);
        Assert.False(File.Exists(_folder.File("x.gguf")));
    }

    private async Task<JsonObject> QuantizeAsync(string type, int hidden)
    {
        var config = RandomModel.SmallConfig with
        {
            HiddenSize = hidden, IntermediateSize = hidden * 2, HeadCount = 4, LayerCount = 2,
        };
        new RandomModel(config, seed: 5).WriteFolder(_folder.Path);
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 40)
            .Select(i => $"The lock keeper counts {i} boats. 河水流过小镇，价格是{i}元。\n")));
        var json = _folder.File("report.json");
        var code = await ModelQuantizeCommand.Create().Parse([_folder.Path, "--type", type, "--out",
            _folder.File(type + ".gguf"), "--calibration", _folder.File("text.txt"), "--evaluate",
            _folder.File("text.txt"), "--tokens", "600", "--json", json])
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false },
                TestContext.Current.CancellationToken);
        Assert.Equal(0, code);
        return JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!.AsObject();
    }
}
