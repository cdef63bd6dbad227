using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Quantization;

namespace Weir.Inference.Quantization;

/// <summary>Which type each matrix of a model becomes. Mixtures give more bits to what hurts most when it is rounded:
/// the head, and in some layers the values and the way back from the feed-forward part (the choice of llama.cpp, so
/// that files of the same name are of the same size).</summary>
internal sealed class QuantizationMix
{
    private readonly TensorType _main;
    private readonly TensorType _more;
    private readonly int _layers;
    private readonly bool _tied;

    private QuantizationMix(TensorType main, TensorType more, ModelConfig config)
    {
        _main = main;
        _more = more;
        _layers = config.LayerCount;
        _tied = config.TiedEmbeddings;
    }

    public static IReadOnlyList<string> Names { get; } =
        ["q8_0", "q6_k", "q5_k_m", "q5_k_s", "q5_1", "q5_0", "q4_k_m", "q4_k_s", "q4_1", "q4_0", "f16", "bf16"];

    /// <exception cref="UserErrorException">There is no such mixture.</exception>
    public static QuantizationMix Parse(string name, ModelConfig config)
    {
        var (main, more) = name.ToLowerInvariant() switch
        {
            "f16" => (TensorType.F16, TensorType.F16),
            "bf16" => (TensorType.BF16, TensorType.BF16),
            "q8_0" => (TensorType.Q8_0, TensorType.Q8_0),
            "q6_k" => (TensorType.Q6_K, TensorType.Q6_K),
            "q5_k_m" => (TensorType.Q5_K, TensorType.Q6_K),
            "q5_k_s" => (TensorType.Q5_K, TensorType.Q5_K),
            "q5_1" => (TensorType.Q5_1, TensorType.Q5_1),
            "q5_0" => (TensorType.Q5_0, TensorType.Q5_0),
            "q4_k_m" => (TensorType.Q4_K, TensorType.Q6_K),
            "q4_k_s" => (TensorType.Q4_K, TensorType.Q4_K),
            "q4_1" => (TensorType.Q4_1, TensorType.Q4_1),
            "q4_0" => (TensorType.Q4_0, TensorType.Q4_0),
            _ => throw new UserErrorException($"--type {name}: use one of {string.Join(", ", Names)}.",
                ExitCodes.WrongUsage),
        };
        return new QuantizationMix(main, more, config);
    }

    public TensorType TypeOf(ModelTensor tensor) => Fitting(tensor, tensor.Role switch
    {
        TensorRole.Head => HeadType,
        TensorRole.Embedding => _tied ? HeadType : _main,
        TensorRole.Value or TensorRole.Down when GetsMore(tensor.Layer) => _more,
        _ => _main,
    });

    private TensorType HeadType => _main is TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 ? _main
        : TensorType.Q6_K;

    /// <summary>The first and the last eighth, and every third layer between.</summary>
    private bool GetsMore(int layer) =>
        layer < _layers / 8 || layer >= 7 * _layers / 8 || (layer - _layers / 8) % 3 == 2;

    /// <summary>Rows that are no whole blocks of a K type take the next type with blocks of 32.</summary>
    private static TensorType Fitting(ModelTensor tensor, TensorType type)
    {
        if (tensor.Shape[1] % BlockLayout.Of(type).Elements == 0) return type;
        var small = type switch
        {
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            _ => TensorType.Q8_0,
        };
        return tensor.Shape[1] % BlockLayout.Of(small).Elements == 0 ? small : TensorType.F16;
    }
}
