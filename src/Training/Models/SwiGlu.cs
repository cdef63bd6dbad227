using TorchSharp;
using Weir.Training.Kernels;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>silu(gate) * up: [N, 2 F] of rows [gate | up] to [N, F].</summary>
internal sealed class SwiGlu : autograd.SingleTensorFunction<SwiGlu>
{
    public override string Name => nameof(SwiGlu);

    public static Tensor Of(Tensor gateUp_NG) =>
        TensorMemory.Reaches(gateUp_NG) ? apply(gateUp_NG) : Composed(gateUp_NG);

    /// <summary>The same in libtorch's operations: for other devices, and the reference of the tests.</summary>
    public static Tensor Composed(Tensor gateUp_NG)
    {
        var halves = gateUp_NG.chunk(2, -1);
        return nn.functional.silu(halves[0]) * halves[1];
    }

    public override unsafe Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var gateUp = (Tensor)vars[0];
        var kernel = new SwiGluKernel((int)gateUp.shape[0], (int)gateUp.shape[1] / 2);
        var y = empty(kernel.Rows, kernel.Width, dtype: gateUp.dtype);
        byte* source = TensorMemory.Of(gateUp), target = TensorMemory.Of(y);
        if (gateUp.dtype == ScalarType.BFloat16)
            ThreadTeam.Run(SwiGluKernel.Parts, p => kernel.Forward<Kernels.BFloat16>(p, source, target));
        else
            ThreadTeam.Run(SwiGluKernel.Parts, p => kernel.Forward<Float32>(p, source, target));
        ctx.save_data("kernel", kernel);
        ctx.save_for_backward([gateUp]);
        return y;
    }

    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var kernel = (SwiGluKernel)ctx.get_data("kernel");
        var gateUp = ctx.get_saved_variables()[0];
        var dy = gradient.contiguous();
        var result = empty_like(gateUp);
        byte* source = TensorMemory.Of(gateUp), from = TensorMemory.Of(dy), to = TensorMemory.Of(result);
        if (dy.dtype == ScalarType.BFloat16)
            ThreadTeam.Run(SwiGluKernel.Parts, p => kernel.Backward<Kernels.BFloat16>(p, source, from, to));
        else
            ThreadTeam.Run(SwiGluKernel.Parts, p => kernel.Backward<Float32>(p, source, from, to));
        GC.KeepAlive(gateUp);
        return [result];
    }
}
