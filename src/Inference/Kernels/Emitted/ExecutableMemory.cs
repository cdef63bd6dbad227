using System.Runtime.InteropServices;

namespace Weir.Inference.Kernels.Emitted;

/// <summary>Machine code that can be called. Its pages are writable, then executable, and never both; where a hardened
/// system forbids that, there is none.</summary>
internal static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22, PageBytes = 4096;

    /// <summary>Null where the system refuses. The code stays for the life of the process.</summary>
    public static void* TryCreate(ReadOnlySpan<byte> code)
    {
        nuint length = (nuint)((code.Length + PageBytes - 1) / PageBytes * PageBytes);
        nint pages = Map(0, length, ReadWrite, PrivateAnonymous, -1, 0);
        if (pages == -1) return null;
        code.CopyTo(new Span<byte>((void*)pages, code.Length));
        if (Protect(pages, length, ReadExecute) == 0) return (void*)pages;
        _ = Unmap(pages, length);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
