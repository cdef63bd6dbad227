using TorchSharp;
using Weir.Training.Kernels;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>
/// The language-model head and its loss in one: hidden [M, C] and embedding [V, C] to the sum of weight * -log
/// p(target) * scale. Logits live a chunk of rows at a time, become their own gradient in place and are consumed, so
/// [M, V] never exists. The gradient is made in the forward pass; <c>backward</c> only hands it out.
/// </summary>
internal sealed class LinearCrossEntropy : autograd.SingleTensorFunction<LinearCrossEntropy>
{
    /// <summary>Logits of a chunk, at most, so that they stay in the cache from one pass to the next.</summary>
    private const long ChunkLogits = 1 << 20;

    public override string Name => nameof(LinearCrossEntropy);

    /// <param name="hidden_MC">In the type of computation.</param>
    /// <param name="master_VC">The embedding in float32; receives the gradient.</param>
    /// <param name="cast_VC">The same in the type of computation; receives none.</param>
    /// <param name="targets_M">int64.</param>
    /// <param name="weights_M">float32.</param>
    public static Tensor Of(Tensor hidden_MC, Tensor master_VC, Tensor cast_VC, Tensor targets_M, Tensor weights_M,
        double scale) =>
        apply(hidden_MC, master_VC, cast_VC.detach(), targets_M, weights_M, scale, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (hidden, master, cast) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var (targets, weights) = ((Tensor)vars[3], (Tensor)vars[4]);
        float scale = (float)(double)vars[5];
        long rows = hidden.shape[0], chunk = Math.Max(16, ChunkLogits / cast.shape[0]);
        bool learns = (bool)vars[6];
        var hiddenGradient = empty_like(hidden);
        var masterGradient = zeros_like(master, dtype: ScalarType.Float32);
        var loss = zeros(1, device: hidden.device);
        var cast_CV = cast.t();
        for (long from = 0; from < rows; from += chunk)
        {
            using var scope = NewDisposeScope();
            long count = Math.Min(chunk, rows - from);
            var h = hidden.narrow(0, from, count);
            var logits = h.mm(cast_CV);
            logits = NegativeLogLikelihood(logits, targets.narrow(0, from, count), weights.narrow(0, from, count),
                learns ? scale : 0, loss);
            if (!learns) continue;
            hiddenGradient.narrow(0, from, count).copy_(logits.mm(cast));
            if (h.dtype == ScalarType.Float32) masterGradient.addmm_(logits.t(), h, 1, 1);
            else masterGradient.add_(logits.t().mm(h));
        }
        ctx.save_for_backward([hiddenGradient, masterGradient]);
        return loss.mul_(scale);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var saved = ctx.get_saved_variables();
        return [saved[0] * gradient.to(saved[0].dtype), saved[1] * gradient, null!, null!, null!, null!, null!];
    }

    /// <summary>Adds the chunk's weighted loss to <paramref name="loss"/>; returns the gradient of its
    /// logits.</summary>
    private static Tensor NegativeLogLikelihood(Tensor logits, Tensor targets, Tensor weights, float scale, Tensor loss)
    {
        if (TensorMemory.Reaches(logits))
        {
            loss.add_(InPlace(logits, targets, weights, scale).sum());
            return logits;
        }
        var wide = logits.to(ScalarType.Float32);
        var columns = targets.unsqueeze(1);
        var logSum = wide.logsumexp(1, true);
        loss.add_(((logSum - wide.gather(1, columns)).squeeze(1) * weights).sum());
        var ones = full([logits.shape[0], 1], -1f, device: logits.device);
        var gradient = (wide - logSum).exp_().scatter_add_(1, columns, ones).mul_(weights.unsqueeze(1) * scale);
        return gradient.to(logits.dtype);
    }

    private static unsafe Tensor InPlace(Tensor logits, Tensor targets, Tensor weights, float scale)
    {
        var kernel = new CrossEntropyKernel((int)logits.shape[0], (int)logits.shape[1]);
        var losses = empty(kernel.Rows);
        byte* values = TensorMemory.Of(logits);
        long* ids = (long*)TensorMemory.Of(targets);
        float* counts = (float*)TensorMemory.Of(weights), results = (float*)TensorMemory.Of(losses);
        if (logits.dtype == ScalarType.BFloat16)
            ThreadTeam.Run(CrossEntropyKernel.Parts, p =>
                kernel.Run<Kernels.BFloat16>(p, values, ids, counts, results, scale));
        else
            ThreadTeam.Run(CrossEntropyKernel.Parts, p => kernel.Run<Float32>(p, values, ids, counts, results, scale));
        return losses;
    }
}
