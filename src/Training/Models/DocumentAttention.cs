using TorchSharp;
using Weir.Training.Kernels;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>What the attention of all layers shares for one batch. <paramref name="Starts"/> [Rows * Tokens] says
/// where, in its row, the document of a position begins.</summary>
internal sealed record AttentionPlan(AttentionShape Shape, RotaryTable Table, int[] Starts)
{
    /// <summary>Above this many scores a position, matrix products over whole rows are faster than the kernel, which
    /// computes in float32 but only inside documents. Measured in bf16 on two threads, whole rows of one document,
    /// forward and backward: head size 32, 128 tokens 5 against 16 ms; head size 64, 256 tokens 18 against 30, 512
    /// tokens 49 against 43.</summary>
    private const int DenseFrom = 200;

    private (Tensor Cos, Tensor Sin, Tensor Mask)? _dense;

    /// <summary>Whether the documents are long enough for <see cref="DocumentAttention.Composed"/> to win on a
    /// CPU.</summary>
    public bool IsDense { get; } = MeanScores(Shape, Starts) > DenseFrom;

    private static double MeanScores(AttentionShape shape, int[] starts)
    {
        double sum = 0;
        for (int p = 0; p < starts.Length; p++) sum += p % shape.Tokens - starts[p] + 1;
        return sum / starts.Length;
    }

    /// <summary>Rotary factors [B, T, 1, D / 2] and the additive mask [B, 1, T, T]; made once a batch, in the current
    /// scope.</summary>
    public (Tensor Cos, Tensor Sin, Tensor Mask) Dense(ScalarType type, Device device)
    {
        if (_dense is { } made) return made;
        int half = Shape.HeadSize / 2;
        var index = arange(Shape.Tokens, dtype: ScalarType.Int64).unsqueeze(0);
        var starts = tensor(Starts, dtype: ScalarType.Int64).view(Shape.Rows, Shape.Tokens);
        var positions = (index - starts).view(-1);
        Tensor Rotary(float[] values) => tensor(values).view(Table.Positions, half).index_select(0, positions)
            .view(Shape.Rows, Shape.Tokens, 1, half).to(type).to(device);
        // Key k is visible to query q where k lies at or behind the start of q's document and not after q.
        var visible = index.unsqueeze(1).ge(starts.unsqueeze(2)).logical_and(index.unsqueeze(1).le(index.unsqueeze(2)));
        var mask = zeros(visible.shape).masked_fill_(visible.logical_not(), float.NegativeInfinity).unsqueeze(1);
        _dense = (Rotary(Table.Cos), Rotary(Table.Sin), mask.to(type).to(device));
        return _dense.Value;
    }
}

/// <summary>Causal attention inside documents with rotary positions: fused projection [N, (H + 2 K) D] to [N, H
/// D].</summary>
internal sealed class DocumentAttention : autograd.SingleTensorFunction<DocumentAttention>
{
    public override string Name => nameof(DocumentAttention);

    public static Tensor Of(Tensor qkv_NR, AttentionPlan plan) =>
        TensorMemory.Reaches(qkv_NR) && !plan.IsDense ? apply(qkv_NR, plan) : Composed(qkv_NR, plan);

    /// <summary>The same in libtorch's operations: for other devices and long documents, and the reference of the
    /// tests.</summary>
    public static Tensor Composed(Tensor qkv_NR, AttentionPlan plan)
    {
        var s = plan.Shape;
        var (cos, sin, mask) = plan.Dense(qkv_NR.dtype, qkv_NR.device);
        var all = qkv_NR.view(s.Rows, s.Tokens, s.Heads + 2 * s.KvHeads, s.HeadSize);
        var turned = Turn(all.narrow(2, 0, s.Heads + s.KvHeads), cos, sin);
        var q_BHTD = turned.narrow(2, 0, s.Heads).transpose(1, 2);
        var k_BHTD = Spread(turned.narrow(2, s.Heads, s.KvHeads).transpose(1, 2), s.Group);
        var v_BHTD = Spread(all.narrow(2, s.Heads + s.KvHeads, s.KvHeads).transpose(1, 2), s.Group);
        var mixed = nn.functional.scaled_dot_product_attention(q_BHTD, k_BHTD, v_BHTD, mask);
        return mixed.transpose(1, 2).reshape(s.Rows * s.Tokens, s.OutputWidth);
    }

    private static Tensor Turn(Tensor x_BTHD, Tensor cos, Tensor sin)
    {
        var halves = x_BTHD.chunk(2, -1);
        return cat([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], -1);
    }

    /// <summary>Key heads repeated for the query heads that read them.</summary>
    private static Tensor Spread(Tensor x_BKTD, int group) => group == 1 ? x_BKTD : x_BKTD.repeat_interleave(group, 1);

    public override unsafe Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var qkv = (Tensor)vars[0];
        var plan = (AttentionPlan)vars[1];
        var shape = plan.Shape;
        var output = empty(qkv.shape[0], shape.OutputWidth, dtype: qkv.dtype);
        var logSums = empty(qkv.shape[0], shape.Heads);
        byte* source = TensorMemory.Of(qkv), target = TensorMemory.Of(output);
        float* saved = (float*)TensorMemory.Of(logSums);
        if (qkv.dtype == ScalarType.BFloat16)
        {
            var kernel = new AttentionForward<Kernels.BFloat16>(shape, plan.Table, plan.Starts);
            ThreadTeam.Run(shape.Parts, p => kernel.Run(p, source, target, saved));
        }
        else
        {
            var kernel = new AttentionForward<Float32>(shape, plan.Table, plan.Starts);
            ThreadTeam.Run(shape.Parts, p => kernel.Run(p, source, target, saved));
        }
        ctx.save_data("plan", plan);
        ctx.save_for_backward([qkv, logSums]);
        return output;
    }

    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var plan = (AttentionPlan)ctx.get_data("plan");
        var shape = plan.Shape;
        var saved = ctx.get_saved_variables();
        var dy = gradient.contiguous();
        var result = empty_like(saved[0]);
        byte* source = TensorMemory.Of(saved[0]), from = TensorMemory.Of(dy), to = TensorMemory.Of(result);
        float* logSums = (float*)TensorMemory.Of(saved[1]);
        if (dy.dtype == ScalarType.BFloat16)
        {
            var kernel = new AttentionBackward<Kernels.BFloat16>(shape, plan.Table, plan.Starts);
            ThreadTeam.Run(shape.Parts, p => kernel.Run(p, source, from, logSums, to));
        }
        else
        {
            var kernel = new AttentionBackward<Float32>(shape, plan.Table, plan.Starts);
            ThreadTeam.Run(shape.Parts, p => kernel.Run(p, source, from, logSums, to));
        }
        GC.KeepAlive(saved);
        return [result, null!];
    }
}
