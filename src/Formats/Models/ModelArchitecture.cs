namespace Weir.Formats.Models;

/// <summary>Which layers slide where a configuration has a window and no list of layers.</summary>
public enum SlidingLayers
{
    None,
    All,
    /// <summary>Layers 0, 2, 4 ...</summary>
    Even,
    /// <summary>Those from <c>max_window_layers</c> on, if the window is switched on.</summary>
    FromMaxWindowLayers,
}

/// <summary>What sets a family of decoders apart. All of them are: RMS norm, rotary attention with grouped heads,
/// gated feed-forward, residuals.</summary>
/// <param name="GgufName">What GGUF calls the family (<c>general.architecture</c>).</param>
/// <param name="ModelTypes">What Hugging Face calls it, its own spelling first.</param>
public sealed record ModelArchitecture(string GgufName, params IReadOnlyList<string> ModelTypes)
{
    /// <summary>Query, key and value have a bias whatever the configuration says.</summary>
    public bool AlwaysHasQkvBias { get; private init; }

    /// <summary>Each head of queries and keys is normalised before it is turned.</summary>
    public bool HasQueryKeyNorm { get; private init; }

    /// <summary>Attention and feed-forward are normalised again before they are added.</summary>
    public bool HasPostNorms { get; private init; }

    /// <summary>Hugging Face keeps norm weights as w - 1 (GGUF does not).</summary>
    public bool NormsAreLessOne { get; private init; }

    /// <summary>Embeddings are multiplied by the square root of the hidden size.</summary>
    public bool ScalesEmbeddings { get; private init; }

    /// <summary>Hugging Face keeps query, key and value in one matrix, a group of heads after the other.</summary>
    public bool PacksQkv { get; private init; }

    /// <summary>GGUF keeps the rows of queries and keys so that neighbours turn together; otherwise, as in Hugging
    /// Face, the first half of a head turns with the second.</summary>
    public bool GgufInterleavesHeads { get; private init; }

    /// <summary>The activation where a GGUF file does not say, as Hugging Face spells it.</summary>
    public string Activation { get; private init; } = "silu";

    public SlidingLayers Sliding { get; private init; } = SlidingLayers.All;

    public static ModelArchitecture Llama { get; } = new("llama", "llama", "mistral") { GgufInterleavesHeads = true };

    public static ModelArchitecture Qwen2 { get; } = new("qwen2", "qwen2")
    {
        AlwaysHasQkvBias = true, Sliding = SlidingLayers.FromMaxWindowLayers,
    };

    public static ModelArchitecture Qwen3 { get; } = new("qwen3", "qwen3")
    {
        HasQueryKeyNorm = true, Sliding = SlidingLayers.FromMaxWindowLayers,
    };

    public static ModelArchitecture InternLm2 { get; } = new("internlm2", "internlm2")
    {
        PacksQkv = true, GgufInterleavesHeads = true, Sliding = SlidingLayers.None,
    };

    public static ModelArchitecture Gemma2 { get; } = new("gemma2", "gemma2")
    {
        HasPostNorms = true, NormsAreLessOne = true, ScalesEmbeddings = true, Activation = "gelu_pytorch_tanh",
        Sliding = SlidingLayers.Even,
    };

    public static IReadOnlyList<ModelArchitecture> All { get; } = [Llama, Qwen2, Qwen3, InternLm2, Gemma2];

    /// <summary>By <c>model_type</c>; null where the family is not known to this version.</summary>
    public static ModelArchitecture? Find(string modelType) =>
        All.FirstOrDefault(a => a.ModelTypes.Contains(modelType));

    /// <summary>By <c>general.architecture</c>; null where the family is not known to this version.</summary>
    public static ModelArchitecture? FindGguf(string name) => All.FirstOrDefault(a => a.GgufName == name);
}
