using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>One layer's weights.</summary>
internal sealed record LayerWeights(float[] InputNorm, PanelMatrix Query, PanelMatrix Key, PanelMatrix Value,
    PanelMatrix Output, float[] PostNorm, PanelMatrix Gate, PanelMatrix Up, PanelMatrix Down);

/// <summary>A decoder's weights in float32. With tied embeddings <see cref="Head"/> is <see cref="Embedding"/>
/// itself.</summary>
internal sealed record ModelWeights(PanelMatrix Embedding, IReadOnlyList<LayerWeights> Layers, float[] FinalNorm,
    PanelMatrix Head)
{
    /// <summary>Collects the tensors that <paramref name="config"/> calls for and checks each one's shape.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="where">What messages call the model.</param>
    /// <param name="shapeOf">[rows, columns], or [columns] of a vector, by Hugging Face name; null where there is no
    /// such tensor. Asked before the tensor is read, so that a wrong file costs no memory.</param>
    /// <param name="read">Reads a tensor by its Hugging Face name as row-major float32.</param>
    /// <exception cref="UserErrorException">A tensor is missing or of another shape.</exception>
    public static ModelWeights Collect(ModelConfig config, string where, Func<string, IReadOnlyList<long>?> shapeOf,
        Func<string, float[]> read)
    {
        int hidden = config.HiddenSize, inner = config.IntermediateSize;
        int queries = config.HeadCount * config.HeadSize, keys = config.KeyValueHeadCount * config.HeadSize;
        float[] Read(string name, params long[] shape)
        {
            var found = shapeOf(name) ?? throw new UserErrorException($"{where}: the tensor '{name}' is missing.");
            if (!found.SequenceEqual(shape))
                throw new UserErrorException($"{where}: the tensor '{name}' is {string.Join(" x ", found)}, the "
                    + $"configuration needs {string.Join(" x ", shape)}. They do not belong together.");
            return read(name);
        }
        PanelMatrix Matrix(string name, int rows, int columns)
        {
            if ((long)PanelMatrix.PaddedTo16(rows) * columns > Array.MaxLength)
                throw new UserErrorException($"{where}: the tensor '{name}' is larger than this version can hold.");
            return PanelMatrix.FromRows(Read(name, rows, columns), rows, columns);
        }
        var layers = new List<LayerWeights>();
        for (int l = 0; l < config.LayerCount; l++)
            layers.Add(new LayerWeights(Read(TensorNames.InputNorm(l), hidden),
                Matrix(TensorNames.Query(l), queries, hidden), Matrix(TensorNames.Key(l), keys, hidden),
                Matrix(TensorNames.Value(l), keys, hidden), Matrix(TensorNames.Output(l), hidden, queries),
                Read(TensorNames.PostNorm(l), hidden), Matrix(TensorNames.Gate(l), inner, hidden),
                Matrix(TensorNames.Up(l), inner, hidden), Matrix(TensorNames.Down(l), hidden, inner)));
        var embedding = Matrix(TensorNames.Embedding, config.VocabularySize, hidden);
        var head = config.TiedEmbeddings ? embedding : Matrix(TensorNames.Head, config.VocabularySize, hidden);
        return new ModelWeights(embedding, layers, Read(TensorNames.FinalNorm, hidden), head);
    }
}
