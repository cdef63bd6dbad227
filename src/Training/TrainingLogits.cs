using Weir.Training.Batches;
using Weir.Training.Models;
using static TorchSharp.torch;

namespace Weir.Training;

/// <summary>The training module's own answer, for tests that hold another implementation of the model against
/// it.</summary>
public static class TrainingLogits
{
    /// <summary>Logits of every position of one document, computed in float32 on the CPU by the trained module's
    /// forward pass.</summary>
    /// <param name="modelFolder">A model folder in the Hugging Face layout.</param>
    /// <param name="ids">Token ids, at least one.</param>
    /// <returns>[position][vocabulary].</returns>
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">The folder holds no usable model.</exception>
    public static float[][] Compute(string modelFolder, int[] ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfZero(ids.Length);
        using var weights = ModelFolder.Load(modelFolder, CPU);
        return Compute(new Decoder(weights, ScalarType.Float32), ids);
    }

    internal static float[][] Compute(Decoder decoder, int[] ids)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        // The batch leaves a document's last token out, as nothing follows it: one more is put behind.
        var batch = new Batch(1, ids.Length);
        batch.Add(0, [.. ids, 0], 0, ids.Length, default, 1);
        var logits = decoder.Logits(batch).cpu().contiguous().data<float>().ToArray();
        return [.. logits.Chunk(decoder.Weights.Config.VocabularySize)];
    }
}
