using TorchSharp;
using Weir.Training.Kernels;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>Root-mean-square normalisation of rows: x [N, C], weight [C] in float32, result as x.</summary>
internal sealed class RmsNorm : autograd.SingleTensorFunction<RmsNorm>
{
    public override string Name => nameof(RmsNorm);

    public static Tensor Of(Tensor x_NC, Tensor weight_C, double epsilon) =>
        TensorMemory.Reaches(x_NC) ? apply(x_NC, weight_C, epsilon) : Composed(x_NC, weight_C, epsilon);

    /// <summary>The same in libtorch's operations: for other devices, and the reference of the tests.</summary>
    public static Tensor Composed(Tensor x_NC, Tensor weight_C, double epsilon)
    {
        var x = x_NC.to(ScalarType.Float32);
        return (x * rsqrt(x.pow(2).mean([-1], keepdim: true) + epsilon) * weight_C).to(x_NC.dtype);
    }

    public override unsafe Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var x = (Tensor)vars[0];
        var weight = (Tensor)vars[1];
        var kernel = new RmsNormKernel((int)x.shape[0], (int)x.shape[1], (float)(double)vars[2]);
        var y = empty_like(x);
        var inverse = empty(x.shape[0]);
        byte* source = TensorMemory.Of(x), target = TensorMemory.Of(y);
        float* scale = (float*)TensorMemory.Of(weight), saved = (float*)TensorMemory.Of(inverse);
        if (x.dtype == ScalarType.BFloat16)
            ThreadTeam.Run(RmsNormKernel.Parts, p => kernel.Forward<Kernels.BFloat16>(p, source, scale, target, saved));
        else
            ThreadTeam.Run(RmsNormKernel.Parts, p => kernel.Forward<Float32>(p, source, scale, target, saved));
        ctx.save_data("kernel", kernel);
        ctx.save_for_backward([x, weight, inverse]);
        return y;
    }

    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var kernel = (RmsNormKernel)ctx.get_data("kernel");
        var saved = ctx.get_saved_variables();
        var dy = gradient.contiguous();
        var dx = empty_like(dy);
        var parts = zeros(RmsNormKernel.Parts, kernel.Width);
        byte* x = TensorMemory.Of(saved[0]), from = TensorMemory.Of(dy), to = TensorMemory.Of(dx);
        float* weight = (float*)TensorMemory.Of(saved[1]), inverse = (float*)TensorMemory.Of(saved[2]);
        float* shares = (float*)TensorMemory.Of(parts);
        if (dy.dtype == ScalarType.BFloat16)
            ThreadTeam.Run(RmsNormKernel.Parts, p =>
                kernel.Backward<Kernels.BFloat16>(p, x, weight, inverse, from, to, shares));
        else
            ThreadTeam.Run(RmsNormKernel.Parts, p => kernel.Backward<Float32>(p, x, weight, inverse, from, to, shares));
        GC.KeepAlive(saved);
        return [dx, parts.sum([0L]), null!];
    }
}
