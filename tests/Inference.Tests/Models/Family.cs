using Weir.Formats.Models;

namespace Weir.Inference.Tests.Models;

/// <summary>A tiny model of each family, and of each way to scale rotary embeddings.</summary>
internal static class Family
{
    private static readonly ModelConfig Small = RandomModel.SmallConfig with { IntermediateSize = 96 };

    public static IReadOnlyDictionary<string, ModelConfig> All { get; } = new Dictionary<string, ModelConfig>
    {
        ["mistral with a window"] = Small with { ModelType = "mistral", SlidingWindow = 21 },
        ["qwen2"] = Small with { ModelType = "qwen2", RopeTheta = 1_000_000 },
        ["qwen3"] = Small with { ModelType = "qwen3", HeadDimension = 24, TiedEmbeddings = false },
        ["internlm2"] = Small with { ModelType = "internlm2", TiedEmbeddings = false },
        ["internlm2 with biases"] = Small with { ModelType = "internlm2", AttentionBias = true },
        ["gemma2"] = Small with
        {
            ModelType = "gemma2", Activation = "gelu_pytorch_tanh", HeadDimension = 32, QueryScalar = 24,
            AttentionSoftCap = 5, FinalSoftCap = 8, SlidingWindow = 17, LayerCount = 3,
        },
        ["llama with biases"] = Small with { AttentionBias = true },
        ["llama, linear"] = Small with { RopeScaling = new RopeScaling { TypeName = "linear", Factor = 4 } },
        ["llama 3"] = Small with
        {
            RopeTheta = 500_000,
            RopeScaling = new RopeScaling
            {
                TypeName = "llama3", Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4,
                OriginalContextLength = 64,
            },
        },
        ["qwen2, yarn"] = Small with
        {
            ModelType = "qwen2",
            RopeScaling = new RopeScaling { TypeName = "yarn", Factor = 4, OriginalContextLength = 64 },
        },
        ["llama, longrope"] = Small with
        {
            RopeScaling = new RopeScaling
            {
                TypeName = "longrope", OriginalContextLength = 64,
                ShortFactors = [.. Enumerable.Repeat(1.0, 8)],
                LongFactors = [.. Enumerable.Range(0, 8).Select(i => 1 + i / 2.0)],
            },
        },
    };
}
