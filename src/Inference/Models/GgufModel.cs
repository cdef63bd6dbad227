using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>Llama-architecture models as GGUF: what llama.cpp reads. Its rotary embedding turns neighbouring
/// dimensions, so the rows of query and key matrices are interleaved on export and put back on import.</summary>
internal static class GgufModel
{
    /// <exception cref="UserErrorException">The file is damaged or of a kind that this version does not
    /// run.</exception>
    public static LoadedModel Load(string path)
    {
        using var file = GgufFile.Open(path);
        var config = GgufModelConfig.Read(file);
        config.RefuseUnsupported(path);
        var tensors = ModelTensors.Of(config).ToDictionary(tensor => tensor.HuggingFaceName, StringComparer.Ordinal);
        var weights = ModelWeights.Collect(config, path, name => tensors[name].Shape,
            name => InModelOrder(tensors[name], file.ReadFloat32(tensors[name].GgufName)));
        var tokenizer = GgufTokenizer.Read(file);
        HashSet<int> ends = [];
        foreach (var key in (string[])["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"])
            if (file.TryGetInteger(key) is >= 0 and <= int.MaxValue and var id) ends.Add((int)id);
        return LoadedModel.Create(config, weights, tokenizer, ends, path);
    }

    /// <summary>Writes the model as GGUF. A matrix whose rows do not divide into Q8_0 blocks is written as F16 instead;
    /// norms stay F32. Returns the names of those matrices.</summary>
    public static IReadOnlyList<string> Save(LoadedModel model, string name, string path, TensorType type)
    {
        var config = model.Config;
        var writer = new GgufWriter();
        GgufModelConfig.Write(writer, config, name);
        writer.Add("general.file_type", type switch { TensorType.F32 => 0u, TensorType.F16 => 1u, _ => 7u });
        GgufTokenizer.Write(writer, model);
        var exceptions = new List<string>();
        var tensors = ModelTensors.Of(config).ToDictionary(tensor => tensor.HuggingFaceName, StringComparer.Ordinal);
        void Matrix(string name, PanelMatrix matrix)
        {
            var tensor = tensors[name];
            var chosen = matrix.Inputs % BlockLayout.Of(type).Elements == 0 ? type : TensorType.F16;
            if (chosen != type) exceptions.Add(tensor.GgufName);
            writer.AddTensor(tensor.GgufName, chosen, [matrix.Inputs, matrix.Outputs],
                InFileOrder(tensor, matrix.ToRows()));
        }
        void Norm(string name, float[] data) =>
            writer.AddTensor(tensors[name].GgufName, TensorType.F32, [data.LongLength], data);

        Matrix(TensorNames.Embedding, model.Weights.Embedding);
        for (int l = 0; l < config.LayerCount; l++)
        {
            var layer = model.Weights.Layers[l];
            Norm(TensorNames.InputNorm(l), layer.InputNorm);
            Matrix(TensorNames.Query(l), layer.Query);
            Matrix(TensorNames.Key(l), layer.Key);
            Matrix(TensorNames.Value(l), layer.Value);
            Matrix(TensorNames.Output(l), layer.Output);
            Norm(TensorNames.PostNorm(l), layer.PostNorm);
            Matrix(TensorNames.Gate(l), layer.Gate);
            Matrix(TensorNames.Up(l), layer.Up);
            Matrix(TensorNames.Down(l), layer.Down);
        }
        Norm(TensorNames.FinalNorm, model.Weights.FinalNorm);
        if (!config.TiedEmbeddings) Matrix(TensorNames.Head, model.Weights.Head);
        writer.Save(path);
        return exceptions;
    }

    private static float[] InModelOrder(ModelTensor tensor, float[] data)
    {
        if (tensor.InterleavedHeadSize is null) return data;
        var result = new float[data.Length];
        int columns = (int)(data.Length / tensor.Rows);
        for (int row = 0; row < tensor.Rows; row++)
            data.AsSpan((int)tensor.GgufRow(row) * columns, columns).CopyTo(result.AsSpan(row * columns));
        return result;
    }

    private static float[] InFileOrder(ModelTensor tensor, float[] data)
    {
        if (tensor.InterleavedHeadSize is null) return data;
        var result = new float[data.Length];
        int columns = (int)(data.Length / tensor.Rows);
        for (int row = 0; row < tensor.Rows; row++)
            data.AsSpan(row * columns, columns).CopyTo(result.AsSpan((int)tensor.GgufRow(row) * columns));
        return result;
    }
}
