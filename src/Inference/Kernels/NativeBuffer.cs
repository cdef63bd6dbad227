using System.Runtime.InteropServices;

namespace Weir.Inference.Kernels;

/// <summary>Zeroed memory outside of the garbage collector, aligned to a cache line. Large buffers lie on 2 MB pages
/// where the system has them: with 4 KB pages address translation costs a third of the memory bandwidth.</summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePageBytes = 2 << 20, CacheLineBytes = 64;
    private const int ReadWrite = 3, PrivateAnonymous = 0x22, AdviseHugePages = 14;
    private nint _mapping;
    private readonly nuint _mapped;
    private byte* _pointer;

    /// <exception cref="InsufficientMemoryException">The system has not so much left.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Bytes = bytes;
        if (bytes < HugePageBytes || !OperatingSystem.IsLinux())
        {
            _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, CacheLineBytes);
            NativeMemory.Clear(_pointer, (nuint)bytes);
            return;
        }
        // A mapping begins at any 4 KB: one huge page more leaves room to begin at a huge page.
        _mapped = checked((nuint)bytes + HugePageBytes);
        _mapping = Map(0, _mapped, ReadWrite, PrivateAnonymous, -1, 0);
        if (_mapping == -1)
            throw new InsufficientMemoryException($"The system has no {bytes:N0} bytes of memory left.");
        nint aligned = (_mapping + HugePageBytes - 1) & ~(nint)(HugePageBytes - 1);
        _ = Advise(aligned, (nuint)bytes, AdviseHugePages); // only a wish; without huge pages it is slower
        _pointer = (byte*)aligned;
    }

    ~NativeBuffer() => Free();

    public long Bytes { get; }

    /// <summary>Valid until <see cref="Dispose"/>.</summary>
    public byte* Pointer => _pointer;

    /// <exception cref="ArgumentOutOfRangeException">The part is not inside of the buffer.</exception>
    public Span<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        if (offset < 0 || length < 0 || offset > Bytes - length) throw new ArgumentOutOfRangeException(nameof(offset));
        return new Span<byte>(_pointer + offset, length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is null) return;
        if (_mapping != 0) _ = Unmap(_mapping, _mapped);
        else NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _mapping = 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
