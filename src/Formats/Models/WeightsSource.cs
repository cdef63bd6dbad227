using System.Buffers;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;

namespace Weir.Formats.Models;

/// <summary>A model on disk, a Hugging Face folder or a GGUF file, with what differs between the two taken away: its
/// configuration, and its tensors by role, rows in the order of <see cref="ModelTensor"/>, read in groups so that no
/// tensor need be in memory as a whole. Names and shapes are checked when it is opened. Reading is safe from any number
/// of threads.</summary>
public abstract class WeightsSource : IDisposable
{
    private protected WeightsSource(ModelConfig config)
    {
        Config = config;
        Tensors = ModelTensors.Of(config);
    }

    public ModelConfig Config { get; }

    /// <summary>What the model is made of.</summary>
    public IReadOnlyList<ModelTensor> Tensors { get; }

    /// <summary>The files that hold the weights.</summary>
    public abstract IReadOnlyList<string> Paths { get; }

    /// <exception cref="UserErrorException">It is missing, damaged, or of a family that this version does not
    /// know.</exception>
    public static WeightsSource Open(string path)
    {
        if (Directory.Exists(path)) return new SafetensorsWeights(path);
        if (File.Exists(path)) return new GgufWeights(GgufFile.Open(path));
        throw new UserErrorException($"There is no model at {path}. Give a model folder or a .gguf file.");
    }

    /// <summary>An open GGUF file, which is closed with the source.</summary>
    /// <exception cref="UserErrorException">It is damaged, or of a family that this version does not know.</exception>
    public static WeightsSource Of(GgufFile file) => new GgufWeights(file);

    public abstract TensorType TypeOf(ModelTensor tensor);

    /// <summary>Bytes of a row, or of an element of a vector.</summary>
    public int RowBytes(ModelTensor tensor)
    {
        var layout = BlockLayout.Of(TypeOf(tensor));
        if (tensor.IsMatrix) return checked((int)layout.BytesOf(tensor.Shape[1]));
        return layout.Elements == 1 ? layout.Bytes : throw new UserErrorException(
            $"{Paths[0]}: the vector '{tensor.GgufName}' is quantised ({layout.Type}), which is not supported.");
    }

    /// <summary>Reads whole rows as they are stored. Norms are better read by <see cref="ReadFloat32"/>, which brings
    /// them to one form.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="first">Row.</param>
    /// <param name="into">Filled; a whole number of rows.</param>
    public void ReadRows(ModelTensor tensor, long first, Span<byte> into)
    {
        int rowBytes = RowBytes(tensor), count = into.Length / rowBytes;
        if (into.Length % rowBytes != 0) throw new ArgumentException($"A row has {rowBytes} bytes.", nameof(into));
        if (first < 0 || first > tensor.Rows - count) throw new ArgumentOutOfRangeException(nameof(first));
        if (Interleaving(tensor) is { } headSize)
        {
            ReadInterleaved(tensor, first, into, rowBytes, headSize);
            return;
        }
        while (count > 0)
        {
            long start = FileRow(tensor, first);
            int run = 1;
            while (run < count && FileRow(tensor, first + run) == start + run) run++;
            ReadFileRows(tensor, start, into[..(run * rowBytes)], rowBytes);
            into = into[(run * rowBytes)..];
            first += run;
            count -= run;
        }
    }

    /// <summary>A small tensor as row-major float32.</summary>
    /// <exception cref="UserErrorException">It is too large for one buffer, or cannot be read.</exception>
    public float[] ReadFloat32(ModelTensor tensor)
    {
        long elements = tensor.Shape.Aggregate(1L, (a, b) => a * b);
        int rowBytes = RowBytes(tensor), rowElements = (int)(elements / tensor.Rows);
        if (elements > Array.MaxLength / 4)
            throw new UserErrorException($"{Paths[0]}: '{tensor.GgufName}' is larger than one buffer can hold.");
        var layout = BlockLayout.Of(TypeOf(tensor));
        var values = new float[elements];
        int group = Math.Max(1, (1 << 18) / rowBytes);
        var raw = new byte[Math.Min(group, tensor.Rows) * rowBytes];
        for (long row = 0; row < tensor.Rows; row += group)
        {
            int rows = (int)Math.Min(group, tensor.Rows - row);
            ReadRows(tensor, row, raw.AsSpan(0, rows * rowBytes));
            layout.Dequantize(raw.AsSpan(0, rows * rowBytes),
                values.AsSpan((int)row * rowElements, rows * rowElements));
        }
        if (IsLessOne(tensor))
            for (int i = 0; i < values.Length; i++) values[i] += 1;
        return values;
    }

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Close();

    /// <summary>Head size where the rows of each head are interleaved in the file.</summary>
    private protected abstract int? Interleaving(ModelTensor tensor);

    private protected abstract bool IsLessOne(ModelTensor tensor);

    private protected abstract long FileRow(ModelTensor tensor, long row);

    private protected abstract void ReadFileRows(ModelTensor tensor, long fileRow, Span<byte> into, int rowBytes);

    // A head's rows stay within the head: whole heads are read and their rows put in order.
    private void ReadInterleaved(ModelTensor tensor, long first, Span<byte> into, int rowBytes, int headSize)
    {
        long from = first - first % headSize, end = first + into.Length / rowBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(headSize * rowBytes);
        var head = buffer.AsSpan(0, headSize * rowBytes);
        for (; from < end; from += headSize)
        {
            ReadFileRows(tensor, from, head, rowBytes);
            for (long row = Math.Max(first, from); row < Math.Min(end, from + headSize); row++)
                head.Slice((int)(FileRow(tensor, row) - from) * rowBytes, rowBytes)
                    .CopyTo(into[((int)(row - first) * rowBytes)..]);
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }
}

internal sealed class GgufWeights(GgufFile file) : WeightsSource(ConfigOf(file))
{
    public override IReadOnlyList<string> Paths => file.Paths;

    public override TensorType TypeOf(ModelTensor tensor) => file.Tensors[tensor.GgufName].Type;

    private protected override void Close() => file.Dispose();

    private protected override int? Interleaving(ModelTensor tensor) => tensor.InterleavedHeadSize;

    private protected override bool IsLessOne(ModelTensor tensor) => false;

    private protected override long FileRow(ModelTensor tensor, long row) => tensor.GgufRow(row);

    private protected override void ReadFileRows(ModelTensor tensor, long fileRow, Span<byte> into, int rowBytes) =>
        file.ReadTensor(file.Tensors[tensor.GgufName], fileRow * rowBytes, into);

    private static ModelConfig ConfigOf(GgufFile file)
    {
        try
        {
            return GgufModelConfig.Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

internal sealed class SafetensorsWeights : WeightsSource
{
    private readonly SafetensorsFile _file;

    public SafetensorsWeights(string folder) : base(ModelConfigFile.ReadFolder(folder))
    {
        _file = SafetensorsFile.OpenFolder(folder);
        try
        {
            ModelTensors.Check(Config, _file.Path, _file.Names,
                name => _file.Contains(name) ? _file.Shape(name) : null, gguf: false);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<string> Paths => _file.Paths;

    public override TensorType TypeOf(ModelTensor tensor) => _file.Tensors[tensor.HuggingFaceName].Type;

    private protected override void Close() => _file.Dispose();

    private protected override int? Interleaving(ModelTensor tensor) => null;

    private protected override bool IsLessOne(ModelTensor tensor) => tensor.HuggingFaceIsLessOne;

    private protected override long FileRow(ModelTensor tensor, long row) => tensor.HuggingFaceRow(row);

    private protected override void ReadFileRows(ModelTensor tensor, long fileRow, Span<byte> into, int rowBytes) =>
        _file.ReadTensor(_file.Tensors[tensor.HuggingFaceName], fileRow * rowBytes, into);
}
