namespace Weir.Inference.Kernels;

/// <summary>Sees what matrices are multiplied with.</summary>
internal unsafe interface IProductObserver
{
    void Observe(PackedMatrix[] matrices, float* x, int xStride, int rows);
}

/// <summary>
/// Products of several matrices with the same rows of inputs, shared by a team: y = x · wᵀ. The results of the matrices
/// stand side by side in a row, each filled up to whole groups. Reused for every step; it allocates only when it meets
/// more rows than ever before.
/// </summary>
internal sealed unsafe class LinearProduct : IDisposable
{
    /// <summary>A unit of work is about this much of weights: small enough that another thread can take what is left
    /// evenly, large enough that claiming it costs nothing.</summary>
    private const int UnitBytes = 64 << 10;

    /// <summary>Panels that are worked on together stay in the second-level cache of a core.</summary>
    private const int CachedPanelBytes = 384 << 10;

    private readonly KernelTier _tier;
    private readonly ThreadTeam _team;
    private readonly Quantisation _quantisation = new();
    private readonly Multiplication _multiplication;
    private readonly List<ActivationPanels> _panels = [];
    private readonly IProductObserver? _observer;

    public LinearProduct(ThreadTeam team, KernelTier? tier = null, IProductObserver? observer = null)
    {
        _observer = observer;
        _team = team;
        _tier = tier ?? KernelTier.Best;
        _multiplication = new Multiplication(_tier);
    }

    /// <summary>Floats from one row of results to the next.</summary>
    public static int StrideOf(IReadOnlyList<PackedMatrix> matrices)
    {
        int stride = 0;
        for (int i = 0; i < matrices.Count; i++) stride += matrices[i].PaddedOutputs;
        return stride;
    }

    /// <summary>y[r] = x[r] · wᵀ of each matrix, side by side. The caller vouches for the sizes.</summary>
    /// <param name="matrices">All with the same number of inputs.</param>
    /// <param name="x">Row r begins at r · <paramref name="xStride"/>.</param>
    /// <param name="xStride">Floats from one row of x to the next.</param>
    /// <param name="rows">At least one.</param>
    /// <param name="y">Row r begins at r · <see cref="StrideOf"/>.</param>
    public void Multiply(PackedMatrix[] matrices, float* x, int xStride, int rows, float* y)
    {
        _observer?.Observe(matrices, x, xStride, rows);
        int stride = StrideOf(matrices), offset = 0, used = 0;
        // Neighbours whose weights take the same form of activations share panels and a run of the team.
        for (int first = 0; first < matrices.Length;)
        {
            int count = 1;
            while (first + count < matrices.Length
                && matrices[first + count].Layout.Form == matrices[first].Layout.Form
                && matrices[first + count].Blocks == matrices[first].Blocks) count++;
            var form = matrices[first].Layout.Form;
            var panels = form == ActivationForm.Floats ? null
                : PanelsFor(form, matrices[first], x, xStride, rows, ref used);
            _multiplication.Run(_team, matrices.AsSpan(first, count), panels, x, xStride, rows, y + offset, stride);
            for (int i = first; i < first + count; i++) offset += matrices[i].PaddedOutputs;
            first += count;
        }
    }

    public void Dispose()
    {
        foreach (var panels in _panels) panels.Dispose();
    }

    private ActivationPanels PanelsFor(ActivationForm form, PackedMatrix matrix, float* x, int xStride, int rows,
        ref int used)
    {
        for (int i = 0; i < used; i++)
            if (_panels[i].Form == form && _panels[i].Blocks == matrix.Blocks) return _panels[i];
        if (used == _panels.Count) _panels.Add(new ActivationPanels());
        var panels = _panels[used++];
        panels.Prepare(form, rows, matrix.Inputs, matrix.Blocks);
        _quantisation.Run(_team, panels, x, xStride);
        return panels;
    }

    /// <summary>Quantises rows, a few a unit.</summary>
    private sealed class Quantisation : ITeamWork
    {
        private const int UnitInputs = 16384;
        private ActivationPanels _panels = null!;
        private float* _x;
        private int _xStride, _unitRows;

        public void Run(ThreadTeam team, ActivationPanels panels, float* x, int xStride)
        {
            _panels = panels;
            _x = x;
            _xStride = xStride;
            _unitRows = Math.Max(1, UnitInputs / (panels.Blocks * WeightLayout.BlockInputs));
            team.Run(this, (panels.Rows + _unitRows - 1) / _unitRows);
        }

        public void Do(int unit, int member)
        {
            int until = Math.Min(_panels.Rows, (unit + 1) * _unitRows);
            for (int row = unit * _unitRows; row < until; row++) _panels.Fill(row, _x + (long)row * _xStride);
        }
    }

    /// <summary>
    /// A unit is a range of groups of one matrix against a set of panels. Each member of the team has a stretch of
    /// units that follow each other, since memory is fastest when each core reads on and on; whoever is done with its
    /// own takes from the others', so that nobody waits for a thread that the system has taken off its core.
    /// </summary>
    private sealed class Multiplication(KernelTier tier) : ITeamWork
    {
        private const int MaxMatrices = 8, LineInts = 16;
        private int[] _next = [];
        private readonly PackedMatrix[] _matrices = new PackedMatrix[MaxMatrices];
        private readonly int[] _firstUnit = new int[MaxMatrices], _offset = new int[MaxMatrices],
            _unitGroups = new int[MaxMatrices];
        private ActivationPanels? _panels;
        private float* _x, _y;
        private int _count, _xStride, _rows, _yStride, _setPanels, _unitsPerSet, _units, _stretches;

        public void Run(ThreadTeam team, ReadOnlySpan<PackedMatrix> matrices, ActivationPanels? panels, float* x,
            int xStride, int rows, float* y, int yStride)
        {
            matrices.CopyTo(_matrices);
            (_count, _panels, _xStride, _rows, _yStride) = (matrices.Length, panels, xStride, rows, yStride);
            _x = x;
            _y = y;
            _setPanels = panels is null ? 1 : (int)Math.Clamp(CachedPanelBytes / panels.PanelBytes, 1, panels.Panels);
            int sets = panels is null ? 1 : (panels.Panels + _setPanels - 1) / _setPanels;
            int units = 0, offset = 0;
            for (int i = 0; i < _count; i++)
            {
                var matrix = _matrices[i];
                _unitGroups[i] = (int)Math.Clamp(UnitBytes / matrix.GroupQuantBytes, 1,
                    (matrix.Groups + team.Size - 1) / team.Size);
                _firstUnit[i] = units;
                _offset[i] = offset;
                units += (matrix.Groups + _unitGroups[i] - 1) / _unitGroups[i];
                offset += matrix.PaddedOutputs;
            }
            _unitsPerSet = units;
            _units = units * sets;
            _stretches = Math.Min(team.Size, _units);
            // A cache line each: members count on their own.
            if (_next.Length < _stretches * LineInts) _next = new int[_stretches * LineInts];
            for (int stretch = 0; stretch < _stretches; stretch++) _next[stretch * LineInts] = FirstUnit(stretch);
            team.Run(this, _stretches);
        }

        public void Do(int unit, int member)
        {
            for (int other = 0; other < _stretches; other++)
            {
                int stretch = (unit + other) % _stretches, until = FirstUnit(stretch + 1);
                ref int next = ref _next[stretch * LineInts];
                while (Volatile.Read(ref next) < until && Interlocked.Increment(ref next) - 1 is var taken
                    && taken < until) DoUnit(taken);
            }
        }

        private int FirstUnit(int stretch) => (int)((long)_units * stretch / _stretches);

        private void DoUnit(int unit)
        {
            // A set of panels stays in the core's cache while the weights go by.
            int set = unit / _unitsPerSet, inSet = unit % _unitsPerSet, i = _count - 1;
            while (_firstUnit[i] > inSet) i--;
            var matrix = _matrices[i];
            int first = (inSet - _firstUnit[i]) * _unitGroups[i];
            int groups = Math.Min(_unitGroups[i], matrix.Groups - first);
            float* y = _y + _offset[i] + first * WeightLayout.GroupOutputs;
            if (_panels is { } panels) Tiles(matrix, panels, first, groups, set * _setPanels, y);
            else Floats(matrix, first, groups, y);
        }

        // One group against all panels of the set before the next group: its weights stay close, and so do the panels.
        private void Tiles(PackedMatrix matrix, ActivationPanels panels, int first, int groups, int firstPanel,
            float* y)
        {
            int untilPanel = Math.Min(panels.Panels, firstPanel + _setPanels);
            bool single = untilPanel - firstPanel == 1;
            for (int g = 0; g < groups; g += single ? groups : 1)
                for (int panel = firstPanel; panel < untilPanel; panel++)
                {
                    var arguments = new TileArguments
                    {
                        Quants = matrix.Quants(first + g), Scales = matrix.Scales(first + g),
                        Activations = panels.Panel(panel),
                        Results = y + (long)panel * panels.Columns * _yStride + g * WeightLayout.GroupOutputs,
                        ResultStrideBytes = _yStride * 4L, Groups = single ? groups : 1, Spans = matrix.Spans,
                    };
                    tier.Multiply(matrix.Layout, panels.ColumnsOf(panel), ref arguments);
                }
        }

        private void Floats(PackedMatrix matrix, int first, int groups, float* y)
        {
            const int width = PanelKernel.Width;
            int inputs = matrix.Inputs, panelStride = matrix.Blocks * WeightLayout.BlockInputs * width;
            ref float weights = ref *(float*)matrix.Quants(first);
            int tiled = _rows / 4 * 4;
            if (tiled > 0)
                for (int g = 0; g < groups; g++)
                    PanelKernel.Multiply(ref *_x, _xStride, tiled, ref *(float*)matrix.Quants(first + g), width, inputs,
                        ref *(y + g * width), _yStride);
            for (int r = tiled; r < _rows; r++)
                PanelKernel.MultiplyRow(ref *(_x + (long)r * _xStride), ref weights, groups, panelStride, width, inputs,
                    ref *(y + (long)r * _yStride));
        }
    }
}
