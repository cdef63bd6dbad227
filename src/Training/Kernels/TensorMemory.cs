using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Weir.Training.Kernels;

internal static unsafe class TensorMemory
{
    /// <summary>The first byte of a contiguous tensor in main memory. It lives as long as the tensor does: the caller
    /// keeps the tensor alive until the kernel has returned.</summary>
    public static byte* Of(Tensor tensor)
    {
        if (!tensor.is_contiguous()) throw new ArgumentException("A kernel needs contiguous memory.", nameof(tensor));
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
    }

    /// <summary>Whether the kernels of this folder can work on the tensor; otherwise libtorch's own operations
    /// do.</summary>
    public static bool Reaches(Tensor tensor) =>
        tensor.device_type == TorchSharp.DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16;
}
