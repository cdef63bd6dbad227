using TorchSharp;
using TorchSharp.Modules;
using Weir.Formats.Models;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>
/// The float32 masters of a decoder. Layers of a kind are stacked in one tensor, so that a cast, an update or a norm is
/// one operation and Muon works on all layers at once; query, key and value are fused, and so are gate and up.
/// Shapes: V vocabulary, C hidden, L layers, R = (heads + 2 KV heads) * head size, O = heads * head size, F
/// intermediate.
/// </summary>
internal sealed class DecoderWeights : IDisposable
{
    private DecoderWeights(ModelConfig config, Dictionary<string, Parameter> all)
    {
        Config = config;
        All = all;
    }

    public ModelConfig Config { get; }

    /// <summary>By the names below, in a fixed order; what a checkpoint holds.</summary>
    public IReadOnlyDictionary<string, Parameter> All { get; }

    public Parameter Embedding_VC => All["embedding"];
    public Parameter InputNorm_LC => All["input_norm"];
    public Parameter Qkv_LRC => All["qkv"];
    public Parameter Output_LCO => All["output"];
    public Parameter PostNorm_LC => All["post_norm"];
    public Parameter GateUp_LGC => All["gate_up"];
    public Parameter Down_LCF => All["down"];
    public Parameter FinalNorm_C => All["final_norm"];

    public long Count => All.Values.Sum(p => p.numel());

    public static IReadOnlyDictionary<string, long[]> Shapes(ModelConfig c)
    {
        long layers = c.LayerCount, hidden = c.HiddenSize, output = c.HeadCount * c.HeadSize;
        return new Dictionary<string, long[]>
        {
            ["embedding"] = [c.VocabularySize, hidden],
            ["input_norm"] = [layers, hidden],
            ["qkv"] = [layers, output + 2 * c.KeyValueHeadCount * c.HeadSize, hidden],
            ["output"] = [layers, hidden, output],
            ["post_norm"] = [layers, hidden],
            ["gate_up"] = [layers, 2 * c.IntermediateSize, hidden],
            ["down"] = [layers, hidden, c.IntermediateSize],
            ["final_norm"] = [hidden],
        };
    }

    /// <summary>Random weights: normal, 0.05 for the embedding and 0.7 / sqrt(fan-in) for matrices, those that write
    /// into the residual stream divided by sqrt(2 L) besides.</summary>
    public static DecoderWeights Random(ModelConfig config, int seed, Device device)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        return Make(config, device, (name, shape) => name switch
        {
            "embedding" => randn(shape, generator: generator) * 0.05,
            "input_norm" or "post_norm" or "final_norm" => ones(shape),
            _ => randn(shape, generator: generator) * (0.7 / Math.Sqrt(shape[^1])
                / (name is "output" or "down" ? Math.Sqrt(2 * config.LayerCount) : 1)),
        });
    }

    /// <summary>Weights whose values are given by name, row-major.</summary>
    public static DecoderWeights Of(ModelConfig config, Device device, Func<string, float[]> values)
    {
        using var scope = NewDisposeScope();
        return Make(config, device, (name, shape) => tensor(values(name)).view(shape));
    }

    private static DecoderWeights Make(ModelConfig config, Device device, Func<string, long[], Tensor> value) =>
        new(config, Shapes(config).ToDictionary(s => s.Key,
            s => new Parameter(value(s.Key, s.Value).to(device).contiguous().DetachFromDisposeScope())));

    /// <summary>A copy in main memory, row-major.</summary>
    public static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        return tensor.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    public void Dispose()
    {
        foreach (var parameter in All.Values) parameter.Dispose();
    }
}
