using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Weir.Inference.Kernels.Emitted;

/// <summary>Kernels that are written as machine code at run time, for processors with AVX-512 VNNI. Where a hardened
/// system allows no new code, there is no such tier.</summary>
internal sealed unsafe class EmittedTier : KernelTier
{
    private readonly Lock _gate = new();
    private readonly nint[] _functions = new nint[WeightLayout.All.Count * (ActivationPanels.MaxColumns + 1)];

    private EmittedTier()
    {
    }

    public override string Name => "vnni";

    /// <summary>Null where the processor or the system cannot.</summary>
    public static EmittedTier? TryCreate()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !Avx512BW.IsSupported || !HasVnni()) return null;
        return ExecutableMemory.TryCreate(TileEmitter.Emit(WeightLayout.Q80, 1)) is null ? null : new EmittedTier();
    }

    public override void Multiply(WeightLayout layout, int columns, ref TileArguments arguments)
    {
        int at = layout.Index * (ActivationPanels.MaxColumns + 1) + columns;
        nint function = Volatile.Read(ref _functions[at]);
        if (function == 0) function = Compile(layout, columns, at);
        fixed (TileArguments* pointer = &arguments)
            ((delegate* unmanaged<TileArguments*, void>)function)(pointer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Compile(WeightLayout layout, int columns, int at)
    {
        lock (_gate)
        {
            if (_functions[at] != 0) return _functions[at];
            var code = ExecutableMemory.TryCreate(TileEmitter.Emit(layout, columns));
            if (code is null)
                throw new InsufficientMemoryException("The system gives no memory for machine code any more.");
            Volatile.Write(ref _functions[at], (nint)code);
            return (nint)code;
        }
    }

    /// <summary>CPUID leaf 7, ECX bit 11: AVX512_VNNI.</summary>
    private static bool HasVnni() => X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx & 1 << 11) != 0;
}
