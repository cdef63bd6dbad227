using Weir.Formats.Gguf;
using Weir.Formats.Quantization;

namespace Weir.Inference.Tests.Models;

/// <summary>Makes GGUF files that differ from a good one in a single point.</summary>
internal static class GgufFixture
{
    /// <summary>Writes the file again, with what <paramref name="change"/> adds in place of entries of the same
    /// name.</summary>
    public static void Rewrite(string path, Action<GgufWriter> change)
    {
        var writer = new GgufWriter();
        change(writer);
        using (var file = GgufFile.Open(path))
        {
            foreach (var (key, value) in file.Metadata)
                if (!writer.Has(key)) writer.Add(key, Narrow(value));
            foreach (var tensor in file.Tensors.Values)
                writer.AddTensor(tensor.Name, TensorType.F32, [.. tensor.Shape], file.ReadFloat32(tensor.Name));
        }
        writer.Save(path);
    }

    /// <summary>The reader gives wide kinds, the writer takes narrow ones.</summary>
    private static object Narrow(object value) => value switch
    {
        ulong number => (uint)number,
        long number => (int)number,
        double number => (float)number,
        long[] numbers => numbers.Select(n => (int)n).ToArray(),
        _ => value,
    };
}
