namespace Weir.Inference.Kernels.Emitted;

/// <summary>
/// Writes the kernel of one layout for a number of columns, as a function of a pointer to <see cref="TileArguments"/>.
/// <para>zmm0-11: sums of the columns; 12-23: integer sums of a block; 24, 25: a quad of weights; 26: nibbles;
/// 27: high bits; 28, 29: scales and minima; 30: the mask of low nibbles; 31: scratch.</para>
/// <para>rax: quants; rcx: scales; rdx: the panel; r11: the panel's current block; r8: results; rsi: their stride;
/// r9: spans left; r10: groups left; rdi: arguments.</para>
/// </summary>
internal sealed class TileEmitter
{
    private const int Blocks = 12, Weights = 24, Nibbles = 26, High = 27, Scale = 28, Second = 29, Low = 30,
        Scratch = 31;
    private const int ColumnQuantBytes = 32, LineBytes = 64;

    /// <summary>Fewer columns than this wait for memory, not for arithmetic: they ask for it ahead.</summary>
    private const int PrefetchBelow = 6;

    /// <summary>How far ahead, in bytes of quants.</summary>
    private const int PrefetchDistance = 4096;

    // Offsets of the fields of TileArguments.
    private const int QuantsField = 0, ScalesField = 8, ActivationsField = 16, ResultsField = 24, StrideField = 32,
        GroupsField = 40, SpansField = 48, LowField = 56, FifthField = 60, HighField = 64;

    private readonly WeightLayout _layout;
    private readonly int _columns;
    private readonly VectorAssembler _asm = new();

    private TileEmitter(WeightLayout layout, int columns)
    {
        _layout = layout;
        _columns = columns;
    }

    /// <summary>The machine code.</summary>
    public static byte[] Emit(WeightLayout layout, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, ActivationPanels.MaxColumns);
        var emitter = new TileEmitter(layout, columns);
        emitter.EmitFunction();
        return emitter._asm.ToArray();
    }

    private void EmitFunction()
    {
        _asm.Move(Gpr.Rax, Gpr.Rdi, QuantsField);
        _asm.Move(Gpr.Rcx, Gpr.Rdi, ScalesField);
        _asm.Move(Gpr.Rdx, Gpr.Rdi, ActivationsField);
        _asm.Move(Gpr.R8, Gpr.Rdi, ResultsField);
        _asm.Move(Gpr.Rsi, Gpr.Rdi, StrideField);
        _asm.Move(Gpr.R10, Gpr.Rdi, GroupsField);
        _asm.LoadEach(Low, Gpr.Rdi, LowField);
        int group = _asm.Position;
        _asm.Move(Gpr.R11, Gpr.Rdx);
        _asm.Move(Gpr.R9, Gpr.Rdi, SpansField);
        for (int c = 0; c < _columns; c++) _asm.Zero(c);
        int span = _asm.Position;
        // Offsets within a span are known, so its blocks are written out.
        int blockBytes = _columns * WeightLayout.ColumnBytes(_layout.Form);
        for (int inner = 0; inner < _layout.SpanBlocks; inner++)
        {
            EmitBlock(inner);
            _asm.Add(Gpr.Rax, _layout.QuantBytes);
            _asm.Add(Gpr.R11, blockBytes);
        }
        _asm.Add(Gpr.Rcx, _layout.SpanScaleBytes);
        _asm.Decrement(Gpr.R9);
        _asm.JumpIfNotZero(span);
        _asm.Move(Gpr.R11, Gpr.R8);
        for (int c = 0; c < _columns; c++)
        {
            _asm.Store(Gpr.R11, 0, c);
            _asm.Add(Gpr.R11, Gpr.Rsi);
        }
        _asm.Add(Gpr.R8, LineBytes);
        _asm.Decrement(Gpr.R10);
        _asm.JumpIfNotZero(group);
        _asm.Return();
    }

    private void EmitBlock(int inner)
    {
        if (_columns < PrefetchBelow)
            for (int line = 0; line < _layout.QuantBytes; line += LineBytes)
                _asm.Prefetch(Gpr.Rax, PrefetchDistance + line);
        if (_layout.Form == ActivationForm.Shorts)
        {
            EmitShorts();
            return;
        }
        int words = _columns * ColumnQuantBytes, row = _columns * 4;
        bool halves = _layout.Form == ActivationForm.BytesWithSums && !_layout.HasMinimum;
        EmitScales(inner);
        for (int c = 0; c < _columns; c++)
            if (halves) _asm.LoadEach(Blocks + c, Gpr.R11, words + 2 * row + 4 * c);
            else if (_layout.HasMinimum) _asm.Zero(Blocks + c);
            else _asm.LoadEach(Blocks + c, Gpr.R11, words + row + 4 * c);
        for (int quad = 0; quad < WeightLayout.QuadsPerBlock; quad++)
        {
            if (quad == 4 && halves)
            {
                EmitSum(Scale, words);
                for (int c = 0; c < _columns; c++) _asm.LoadEach(Blocks + c, Gpr.R11, words + 3 * row + 4 * c);
            }
            int weights = Weights + quad % 2;
            EmitQuad(quad, weights);
            for (int c = 0; c < _columns; c++)
                _asm.DotBytesEach(Blocks + c, weights, Gpr.R11, c * ColumnQuantBytes + 4 * quad);
        }
        EmitSum(halves ? Second : Scale, words);
        if (!_layout.HasMinimum) return;
        for (int c = 0; c < _columns; c++) _asm.MultiplyAddEach(c, Second, Gpr.R11, words + row + 4 * c);
    }

    private void EmitShorts()
    {
        _asm.WordsToIntegers(Scale, Gpr.Rcx, 0);
        _asm.ShiftLeft(Scale, Scale, 16);
        for (int c = 0; c < _columns; c++) _asm.Zero(Blocks + c);
        for (int pair = 0; pair < 16; pair++)
        {
            int weights = Weights + pair % 2;
            _asm.Load(weights, Gpr.Rax, pair * LineBytes);
            for (int c = 0; c < _columns; c++) _asm.DotShortsEach(Blocks + c, weights, Gpr.R11, c * 64 + 4 * pair);
        }
        EmitSum(Scale, _columns * 64);
    }

    /// <summary>sum of a column += float(integer sum) · column's scale · output's scale.</summary>
    private void EmitSum(int scale, int columnScales)
    {
        for (int c = 0; c < _columns; c++) _asm.IntegersToFloats(Blocks + c, Blocks + c);
        for (int c = 0; c < _columns; c++)
            _asm.MultiplyEach(Blocks + c, Blocks + c, Gpr.R11, columnScales + 4 * c);
        for (int c = 0; c < _columns; c++) _asm.MultiplyAdd(c, Blocks + c, scale);
    }

    private void EmitScales(int inner)
    {
        _asm.HalvesToFloats(Scale, Gpr.Rcx, 0);
        if (_layout.SpanBlocks == 1)
        {
            if (_layout.HasMinimum) _asm.HalvesToFloats(Second, Gpr.Rcx, 32);
            return;
        }
        if (_layout.HasMinimum)
        {
            _asm.HalvesToFloats(Second, Gpr.Rcx, 32);
            _asm.BytesToIntegers(Scratch, Gpr.Rcx, 64 + inner * 32);
            Times(Scale);
            _asm.BytesToIntegers(Scratch, Gpr.Rcx, 64 + inner * 32 + 16);
            Times(Second);
            return;
        }
        _asm.SignedBytesToIntegers(Scratch, Gpr.Rcx, 32 + inner * 32 + 16);
        _asm.IntegersToFloats(Scratch, Scratch);
        _asm.Multiply(Second, Scratch, Scale);
        _asm.SignedBytesToIntegers(Scratch, Gpr.Rcx, 32 + inner * 32);
        Times(Scale);

        void Times(int floats)
        {
            _asm.IntegersToFloats(Scratch, Scratch);
            _asm.Multiply(floats, Scratch, floats);
        }
    }

    private void EmitQuad(int quad, int to)
    {
        if (!_layout.IsNibbles)
        {
            _asm.Load(to, Gpr.Rax, quad * LineBytes);
            return;
        }
        // Low nibbles are quads 0 to 3; the same four vectors come again for the high ones.
        _asm.Load(Nibbles, Gpr.Rax, (quad & 3) * LineBytes);
        if (quad < 4) _asm.And(to, Nibbles, Low);
        else
        {
            _asm.ShiftRight(to, Nibbles, 4);
            _asm.And(to, to, Low);
        }
        if (_layout.HighBits == 0) return;
        bool one = _layout.HighBits == 1;
        if (quad == 0 || quad == 4 && !one) _asm.Load(High, Gpr.Rax, 256 + quad / 4 * LineBytes);
        int from = one ? quad : 2 * (quad & 3), bits = High;
        if (from != 4)
        {
            bits = Scratch;
            if (from < 4) _asm.ShiftLeft(Scratch, High, (byte)(4 - from));
            else _asm.ShiftRight(Scratch, High, (byte)(from - 4));
        }
        _asm.OrMaskedEach(to, bits, Gpr.Rdi, one ? FifthField : HighField);
    }
}
