using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;

namespace Weir.Inference.Models;

/// <summary>Writes a model as GGUF, tensor by tensor, so that it need never be in memory as a whole: what llama.cpp
/// reads. Its rotary embedding of some families turns neighbouring dimensions, so their query and key rows are
/// interleaved.</summary>
internal sealed class GgufExport(ModelFiles files, Func<ModelTensor, TensorType> typeOf,
    Func<ModelTensor, float[]?>? importanceOf = null)
{
    private const int ChunkBytes = 4 << 20;
    private readonly List<string> _exceptions = [];

    /// <summary>Writes the file, wholly or not at all. A matrix whose rows are no whole blocks of its type is kept in a
    /// type of small blocks, or as F16; vectors are F32. Returns the names of those matrices.</summary>
    public IReadOnlyList<string> Save(string name, string path)
    {
        var writer = new GgufWriter();
        var matrices = ModelTensors.Of(files.Config).Where(t => t.IsMatrix).ToList();
        var types = matrices.ToDictionary(t => t.GgufName, t => Fitting(t, typeOf(t)), StringComparer.Ordinal);
        GgufModelConfig.Write(writer, files.Config, name);
        writer.Add("general.file_type", FileType(
            matrices.GroupBy(t => types[t.GgufName]).MaxBy(g => g.Sum(t => t.Shape[0] * t.Shape[1]))!.Key));
        GgufTokenizer.Write(writer, files.Tokenizer, files.Templates, files.Config);
        foreach (var tensor in ModelTensors.Of(files.Config))
            if (tensor.IsMatrix) AddMatrix(writer, tensor, types[tensor.GgufName]);
            else AddVector(writer, tensor);
        writer.Save(path);
        return _exceptions;
    }

    private TensorType Fitting(ModelTensor tensor, TensorType wanted)
    {
        long columns = tensor.Shape[1];
        if (columns % BlockLayout.Of(wanted).Elements == 0) return wanted;
        _exceptions.Add(tensor.GgufName);
        return columns % 32 != 0 ? TensorType.F16 : TensorType.Q8_0;
    }

    /// <summary>The format's numbers for mixtures, named after their main type.</summary>
    private static uint FileType(TensorType type) => type switch
    {
        TensorType.F32 => 0,
        TensorType.Q4_0 => 2,
        TensorType.Q8_0 => 7,
        TensorType.Q4_K => 15,
        TensorType.Q5_K => 17,
        TensorType.Q6_K => 18,
        TensorType.BF16 => 32,
        _ => 1,
    };

    private void AddVector(GgufWriter writer, ModelTensor tensor)
    {
        var values = files.Weights.ReadFloat32(tensor);
        var ordered = new float[values.Length];
        for (int i = 0; i < values.Length; i++) ordered[(int)tensor.GgufRow(i)] = values[i];
        writer.AddTensor(tensor.GgufName, TensorType.F32, [ordered.LongLength], ordered);
    }

    private void AddMatrix(GgufWriter writer, ModelTensor tensor, TensorType type)
    {
        int columns = (int)tensor.Shape[1], rows = (int)tensor.Shape[0];
        var layout = BlockLayout.Of(type);
        int rowBytes = (int)layout.BytesOf(columns), unit = tensor.InterleavedHeadSize ?? 1;
        int chunk = Math.Max(1, ChunkBytes / (columns * 4) / unit) * unit;
        var importance = importanceOf?.Invoke(tensor);
        writer.AddTensor(tensor.GgufName, type, [columns, rows], stream =>
        {
            var bytes = new byte[Math.Min(chunk, rows) * rowBytes];
            for (int first = 0; first < rows; first += chunk)
            {
                int count = Math.Min(chunk, rows - first);
                WriteRows(tensor, layout, first, count, bytes, importance);
                stream.Write(bytes, 0, count * rowBytes);
            }
        });
    }

    private void WriteRows(ModelTensor tensor, BlockLayout layout, int first, int count, byte[] into,
        float[]? importance)
    {
        int columns = (int)tensor.Shape[1], rowBytes = (int)layout.BytesOf(columns);
        var source = BlockLayout.Of(files.Weights.TypeOf(tensor));
        int sourceBytes = (int)source.BytesOf(columns);
        var raw = new byte[count * sourceBytes];
        files.Weights.ReadRows(tensor, first, raw);
        Parallel.For(0, count, row =>
        {
            var from = raw.AsSpan(row * sourceBytes, sourceBytes);
            var to = into.AsSpan((int)(tensor.GgufRow(first + row) - first) * rowBytes, rowBytes);
            if (source.Type == layout.Type)
            {
                from.CopyTo(to);
                return;
            }
            var values = new float[columns];
            source.Dequantize(from, values);
            layout.Quantize(values, to, importance);
        });
    }
}
