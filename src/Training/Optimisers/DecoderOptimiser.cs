using Weir.Training.Configuration;
using Weir.Training.Models;
using static TorchSharp.torch;

namespace Weir.Training.Optimisers;

/// <summary>
/// Updates the masters of a decoder: AdamW (Loshchilov and Hutter 2019), fused, for embedding and norms; Muon (Jordan
/// 2024) for the matrices of the blocks, or AdamW for those too. Norms are not decayed.
/// </summary>
internal sealed class DecoderOptimiser : IDisposable
{
    private const int NewtonSchulzSteps = 5;
    private readonly DecoderWeights _weights;
    private readonly OptimiserSettings _settings;
    private readonly Dictionary<string, Tensor> _state = [];
    private readonly Dictionary<string, Tensor> _steps = [];
    private readonly string[] _decayed, _plain, _matrices;

    public DecoderOptimiser(DecoderWeights weights, OptimiserSettings settings)
    {
        _weights = weights;
        _settings = settings;
        string[] matrices = ["qkv", "output", "gate_up", "down"];
        bool muon = settings.Matrix == MatrixOptimisers.Muon;
        _matrices = muon ? matrices : [];
        _decayed = muon ? ["embedding"] : ["embedding", .. matrices];
        _plain = ["input_norm", "post_norm", "final_norm"];
        using var scope = NewDisposeScope();
        foreach (var name in _matrices) _state[name + ".momentum"] = Zeros(name);
        foreach (var name in _decayed.Concat(_plain))
        {
            _state[name + ".first"] = Zeros(name);
            _state[name + ".second"] = Zeros(name);
            _steps[name] = zeros(1, device: weights.All[name].device).DetachFromDisposeScope();
        }
    }

    /// <summary>What a checkpoint holds beside the weights, by name, float32.</summary>
    public IReadOnlyDictionary<string, Tensor> State => _state;

    /// <summary>Clips the gradients of all parameters together, updates, and drops them. Returns their norm before
    /// clipping.</summary>
    public double Step(double factor)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var gradients = _weights.All.ToDictionary(p => p.Key, p => p.Value.grad
            ?? throw new InvalidOperationException($"The parameter {p.Key} has no gradient."));
        Tensor[] all = [.. gradients.Values];
        double norm = OptimiserScript.Norm(all);
        if (_settings.Clip > 0 && norm > _settings.Clip) OptimiserScript.Scale(all, _settings.Clip / (norm + 1e-6));
        foreach (var name in _matrices)
            foreach (var (parameter, gradient, momentum) in Matrices(name, gradients[name]))
                OptimiserScript.Muon(parameter, gradient, momentum, _settings.MuonRate * factor, _settings.MuonMomentum,
                    _settings.WeightDecay, NewtonSchulzSteps);
        AdamW(_decayed, gradients, factor, _settings.WeightDecay);
        AdamW(_plain, gradients, factor, 0);
        foreach (var parameter in _weights.All.Values) parameter.grad = null;
        return norm;
    }

    /// <summary>Takes over the state of a checkpoint made after <paramref name="steps"/> steps.</summary>
    public void Restore(Func<string, float[]> values, long steps)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var (name, value) in _state) value.copy_(tensor(values(name)).view(value.shape));
        foreach (var count in _steps.Values) count.fill_(steps);
    }

    public void Dispose()
    {
        foreach (var value in _state.Values.Concat(_steps.Values)) value.Dispose();
    }

    private void AdamW(string[] names, Dictionary<string, Tensor> gradients, double factor, double decay) =>
        OptimiserScript.AdamW([.. names.Select(n => _weights.All[n])], [.. names.Select(n => gradients[n])],
            [.. names.Select(n => _state[n + ".first"])], [.. names.Select(n => _state[n + ".second"])],
            [.. names.Select(n => _steps[n])],
            _settings.Rate * factor, _settings.Beta1, _settings.Beta2, decay, _settings.Epsilon);

    /// <summary>A stacked parameter as the batches of single matrices that Muon makes orthogonal: query, key, value,
    /// gate and up each are matrices of their own, though they are stored fused.</summary>
    private IEnumerable<(Tensor Parameter, Tensor Gradient, Tensor Momentum)> Matrices(string name, Tensor gradient)
    {
        var (parameter, momentum) = ((Tensor)_weights.All[name], _state[name + ".momentum"]);
        var c = _weights.Config;
        long queries = c.HeadCount * c.HeadSize, keys = c.KeyValueHeadCount * c.HeadSize;
        if (name == "qkv" && queries == keys) yield return Each(t => t.unflatten(1, [3, queries]));
        else if (name == "qkv")
        {
            yield return Each(t => t.narrow(1, 0, queries));
            yield return Each(t => t.narrow(1, queries, 2 * keys).unflatten(1, [2, keys]));
        }
        else if (name == "gate_up") yield return Each(t => t.unflatten(1, [2, c.IntermediateSize]));
        else yield return (parameter, gradient, momentum);

        (Tensor, Tensor, Tensor) Each(Func<Tensor, Tensor> view) => (view(parameter), view(gradient), view(momentum));
    }

    private Tensor Zeros(string name) => zeros_like(_weights.All[name]).detach().DetachFromDisposeScope();
}
