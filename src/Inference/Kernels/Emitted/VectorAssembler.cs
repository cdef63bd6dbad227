namespace Weir.Inference.Kernels.Emitted;

/// <summary>General-purpose registers that a function may change without saving them (System V).</summary>
internal enum Gpr
{
    Rax = 0, Rcx = 1, Rdx = 2, Rsi = 6, Rdi = 7, R8 = 8, R9 = 9, R10 = 10, R11 = 11,
}

/// <summary>
/// Writes x86-64 machine code of the few instructions that the kernels need: the runtime has no intrinsics for the
/// EVEX forms of VNNI, nor for conversions of float16. Encodings are those of the Intel Software Developer's Manual,
/// volume 2 (EVEX: section 2.7). Vector registers are zmm0 to zmm31; a memory operand is a register with a
/// displacement; <c>Each</c> in a name says that one 32-bit value in memory is broadcast to all lanes.
/// </summary>
internal sealed class VectorAssembler
{
    private readonly List<byte> _code = [];

    private enum Map { Plain = 1, Map38 = 2, Map3A = 3 }

    private enum Prefix { None = 0, P66 = 1, PF3 = 2, PF2 = 3 }

    /// <summary>Where the next instruction begins.</summary>
    public int Position => _code.Count;

    public byte[] ToArray() => [.. _code];

    public void Load(int z, Gpr at, int offset) => Memory(Map.Plain, Prefix.PF3, 1, 0x6F, z, 0, at, offset, 64);

    public void Store(Gpr at, int offset, int z) => Memory(Map.Plain, Prefix.None, 0, 0x11, z, 0, at, offset, 64);

    public void LoadEach(int z, Gpr at, int offset) => Memory(Map.Map38, Prefix.P66, 0, 0x58, z, 0, at, offset, 4);

    /// <summary>sum += unsigned bytes of <paramref name="weights"/> · four signed bytes in memory, by lanes.</summary>
    public void DotBytesEach(int sum, int weights, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x50, sum, weights, at, offset, 4, each: true);

    /// <summary>sum += pairs of int16 of <paramref name="weights"/> · one pair in memory, by lanes.</summary>
    public void DotShortsEach(int sum, int weights, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x52, sum, weights, at, offset, 4, each: true);

    public void IntegersToFloats(int z, int from) => Registers(Map.Plain, Prefix.None, 0, 0x5B, z, 0, from);

    public void HalvesToFloats(int z, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x13, z, 0, at, offset, 32);

    public void BytesToIntegers(int z, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x31, z, 0, at, offset, 16);

    public void SignedBytesToIntegers(int z, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x21, z, 0, at, offset, 16);

    public void WordsToIntegers(int z, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0x33, z, 0, at, offset, 32);

    public void Multiply(int z, int a, int b) => Registers(Map.Plain, Prefix.None, 0, 0x59, z, a, b);

    public void MultiplyEach(int z, int a, Gpr at, int offset) =>
        Memory(Map.Plain, Prefix.None, 0, 0x59, z, a, at, offset, 4, each: true);

    /// <summary>sum = a · b + sum, rounded once.</summary>
    public void MultiplyAdd(int sum, int a, int b) => Registers(Map.Map38, Prefix.P66, 0, 0xB8, sum, a, b);

    public void MultiplyAddEach(int sum, int a, Gpr at, int offset) =>
        Memory(Map.Map38, Prefix.P66, 0, 0xB8, sum, a, at, offset, 4, each: true);

    public void And(int z, int a, int b) => Registers(Map.Plain, Prefix.P66, 0, 0xDB, z, a, b);

    public void Zero(int z) => Registers(Map.Plain, Prefix.P66, 0, 0xEF, z, z, z);

    public void ShiftRight(int z, int from, byte bits) => Shift(2, z, from, bits);

    public void ShiftLeft(int z, int from, byte bits) => Shift(6, z, from, bits);

    /// <summary>z |= a &amp; the 32-bit value in memory.</summary>
    public void OrMaskedEach(int z, int a, Gpr at, int offset)
    {
        // The truth table of z | (a & m), indexed by the bits z a m.
        Memory(Map.Map3A, Prefix.P66, 0, 0x25, z, a, at, offset, 4, each: true);
        _code.Add(0xF8);
    }

    /// <summary>Asks for a cache line.</summary>
    public void Prefetch(Gpr at, int offset)
    {
        if (at >= Gpr.R8) _code.Add(0x41);
        Add(0x0F, 0x18, (byte)(0x88 | (int)at & 7));
        AddInt32(offset);
    }

    public void Move(Gpr to, Gpr from) => Add(Rex((int)from, (int)to), 0x89, Direct((int)from, (int)to));

    public void Move(Gpr to, Gpr at, int offset)
    {
        Add(Rex((int)to, (int)at), 0x8B, (byte)(0x80 | ((int)to & 7) << 3 | (int)at & 7));
        AddInt32(offset);
    }

    public void Add(Gpr to, int value)
    {
        Add(Rex(0, (int)to), 0x81, Direct(0, (int)to));
        AddInt32(value);
    }

    public void Add(Gpr to, Gpr value) => Add(Rex((int)value, (int)to), 0x01, Direct((int)value, (int)to));

    public void Decrement(Gpr register) => Add(Rex(0, (int)register), 0xFF, Direct(1, (int)register));

    /// <summary>Jumps back while the last result was not zero.</summary>
    public void JumpIfNotZero(int target)
    {
        Add(0x0F, 0x85);
        AddInt32(target - (_code.Count + 4));
    }

    /// <summary>Ends the function, and the use of wide registers.</summary>
    public void Return() => Add(0xC5, 0xF8, 0x77, 0xC3);

    private void Shift(int operation, int z, int from, byte bits)
    {
        // The destination is in vvvv, the operation where a register would be.
        Registers(Map.Plain, Prefix.P66, 0, 0x72, operation, z, from);
        _code.Add(bits);
    }

    private static byte Rex(int register, int other) => (byte)(0x48 | register >> 3 << 2 | other >> 3);

    private static byte Direct(int register, int other) => (byte)(0xC0 | (register & 7) << 3 | other & 7);

    private void Registers(Map map, Prefix prefix, int w, byte opcode, int z, int a, int b)
    {
        AddEvex(map, prefix, w, z, a, ~b >> 4 & 1, ~b >> 3 & 1, each: false);
        Add(opcode, Direct(z, b));
    }

    private void Memory(Map map, Prefix prefix, int w, byte opcode, int z, int a, Gpr at, int offset, int unit,
        bool each = false)
    {
        AddEvex(map, prefix, w, z, a, 1, ~(int)at >> 3 & 1, each);
        _code.Add(opcode);
        int fields = (z & 7) << 3 | (int)at & 7;
        // A displacement of one byte counts units of the operand's size.
        if (offset % unit == 0 && offset / unit is >= sbyte.MinValue and <= sbyte.MaxValue)
            Add((byte)(0x40 | fields), (byte)(offset / unit));
        else
        {
            _code.Add((byte)(0x80 | fields));
            AddInt32(offset);
        }
    }

    private void AddEvex(Map map, Prefix prefix, int w, int z, int a, int x, int b, bool each)
    {
        const int FullWidth = 2;
        Add(0x62,
            (byte)((~z >> 3 & 1) << 7 | x << 6 | b << 5 | (~z >> 4 & 1) << 4 | (int)map),
            (byte)(w << 7 | (~a & 15) << 3 | 4 | (int)prefix),
            (byte)(FullWidth << 5 | (each ? 0x10 : 0) | (~a >> 4 & 1) << 3));
    }

    private void Add(params ReadOnlySpan<byte> bytes) => _code.AddRange(bytes);

    private void AddInt32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }
}
