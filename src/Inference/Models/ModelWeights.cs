using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>A decoder layer's weights. Matrices that read the same inputs stand together; what a family does not have
/// is null.</summary>
internal sealed class LayerWeights
{
    public required float[] InputNorm { get; init; }

    /// <summary>Query, key, value.</summary>
    public required PackedMatrix[] Projections { get; init; }

    public float[]? QueryBias { get; init; }
    public float[]? KeyBias { get; init; }
    public float[]? ValueBias { get; init; }
    public float[]? QueryNorm { get; init; }
    public float[]? KeyNorm { get; init; }
    public required PackedMatrix[] Output { get; init; }
    public float[]? OutputBias { get; init; }
    public float[]? PostAttentionNorm { get; init; }
    public required float[] FeedForwardNorm { get; init; }

    /// <summary>Gate and up.</summary>
    public required PackedMatrix[] GateUp { get; init; }

    public required PackedMatrix[] Down { get; init; }
    public float[]? PostFeedForwardNorm { get; init; }
}

/// <summary>All weights of a model, as the kernels want them.</summary>
internal sealed class ModelWeights
{
    public required PackedMatrix Embedding { get; init; }
    public required IReadOnlyList<LayerWeights> Layers { get; init; }
    public required float[] FinalNorm { get; init; }

    /// <summary>The same matrix as <see cref="Embedding"/> where those are tied.</summary>
    public required PackedMatrix Head { get; init; }

    /// <summary>Memory of the matrices.</summary>
    public required long Bytes { get; init; }

    /// <summary>Puts a model together.</summary>
    /// <param name="config">What there must be.</param>
    /// <param name="matrixOf">A matrix of the model.</param>
    /// <param name="vectorOf">A norm or bias of the model.</param>
    /// <param name="bytes">Memory of the matrices.</param>
    public static ModelWeights Assemble(ModelConfig config, Func<ModelTensor, PackedMatrix> matrixOf,
        Func<ModelTensor, float[]> vectorOf, long bytes)
    {
        var tensors = ModelTensors.Of(config).ToDictionary(t => (t.Role, t.Layer));
        PackedMatrix Matrix(TensorRole role, int layer = 0) => matrixOf(tensors[(role, layer)]);
        float[] Vector(TensorRole role, int layer = 0) => vectorOf(tensors[(role, layer)]);
        float[]? Optional(TensorRole role, int layer) =>
            tensors.TryGetValue((role, layer), out var tensor) ? vectorOf(tensor) : null;

        var embedding = Matrix(TensorRole.Embedding);
        return new ModelWeights
        {
            Embedding = embedding, Head = config.TiedEmbeddings ? embedding : Matrix(TensorRole.Head),
            FinalNorm = Vector(TensorRole.FinalNorm), Bytes = bytes,
            Layers = [.. Enumerable.Range(0, config.LayerCount).Select(l => new LayerWeights
            {
                InputNorm = Vector(TensorRole.InputNorm, l),
                Projections =
                [
                    Matrix(TensorRole.Query, l), Matrix(TensorRole.Key, l), Matrix(TensorRole.Value, l),
                ],
                QueryBias = Optional(TensorRole.QueryBias, l), KeyBias = Optional(TensorRole.KeyBias, l),
                ValueBias = Optional(TensorRole.ValueBias, l), QueryNorm = Optional(TensorRole.QueryNorm, l),
                KeyNorm = Optional(TensorRole.KeyNorm, l), Output = [Matrix(TensorRole.Output, l)],
                OutputBias = Optional(TensorRole.OutputBias, l),
                PostAttentionNorm = Optional(TensorRole.PostAttentionNorm, l),
                FeedForwardNorm = Vector(TensorRole.FeedForwardNorm, l),
                GateUp = [Matrix(TensorRole.Gate, l), Matrix(TensorRole.Up, l)], Down = [Matrix(TensorRole.Down, l)],
                PostFeedForwardNorm = Optional(TensorRole.PostFeedForwardNorm, l),
            })],
        };
    }
}
