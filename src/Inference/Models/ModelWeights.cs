using Weir.Formats.Bcl;
using Weir.Formats.Models;

namespace Weir.Inference.Models;

/// <summary>One layer's weights; matrices are row-major [out, in].</summary>
internal sealed record LayerWeights(float[] InputNorm, float[] Query, float[] Key, float[] Value, float[] Output,
    float[] PostNorm,
    float[] Gate, float[] Up, float[] Down);

/// <summary>A decoder's weights in float32. With tied embeddings <see cref="Head"/> is <see cref="Embedding"/>
/// itself.</summary>
internal sealed record ModelWeights(float[] Embedding, IReadOnlyList<LayerWeights> Layers, float[] FinalNorm,
    float[] Head)
{
    /// <summary>Collects the tensors that <paramref name="config"/> calls for and checks each one's shape.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="where">What messages call the model.</param>
    /// <param name="read">Reads a tensor by its Hugging Face name as float32 [rows, columns]; null where there is
    /// none.</param>
    public static ModelWeights Collect(ModelConfig config, string where, Func<string, float[]?> read)
    {
        int hidden = config.HiddenSize, queries = config.HeadCount * config.HeadSize,
            keys = config.KeyValueHeadCount * config.HeadSize;
        float[] Need(string name, long rows, long columns)
        {
            var data = read(name) ?? throw new UserErrorException($"{where}: the tensor '{name}' is missing.");
            return data.LongLength == rows * columns ? data : throw new UserErrorException(
                $"{where}: the tensor '{name}' has {data.LongLength} values, the configuration needs {rows} x "
                    + $"{columns}.");
        }
        var layers = new List<LayerWeights>();
        for (int l = 0; l < config.LayerCount; l++)
            layers.Add(new LayerWeights(Need(TensorNames.InputNorm(l), 1, hidden),
            Need(TensorNames.Query(l), queries, hidden),
                Need(TensorNames.Key(l), keys, hidden), Need(TensorNames.Value(l), keys, hidden),
                Need(TensorNames.Output(l), hidden, queries), Need(TensorNames.PostNorm(l), 1, hidden),
                Need(TensorNames.Gate(l), config.IntermediateSize, hidden),
                Need(TensorNames.Up(l), config.IntermediateSize, hidden),
                Need(TensorNames.Down(l), hidden, config.IntermediateSize)));
        var embedding = Need(TensorNames.Embedding, config.VocabularySize, hidden);
        var head = config.TiedEmbeddings ? embedding : Need(TensorNames.Head, config.VocabularySize, hidden);
        return new ModelWeights(embedding, layers, Need(TensorNames.FinalNorm, 1, hidden), head);
    }
}
