using Weir.Bench.Peers;
using Weir.Bench.Reports;
using Weir.Inference.Models;

namespace Weir.Bench.Engines;

/// <summary>How much of its decoding speed an engine keeps while a neighbour takes half of the processor. Engines whose
/// threads wait for each other by spinning lose nearly all of it.</summary>
/// <param name="busyThreads">Of the neighbour.</param>
internal sealed class NeighbourTrial(ModelFile model, IReadOnlyList<int> threads, int busyThreads, int tokens,
    int rounds, LlamaBench? llama, Figures figures, ProgressLine progress)
{
    /// <summary>Tokens of the prompt that warms the engine up.</summary>
    private const int PromptTokens = 128;

    public static int Steps(int models, int threads, int rounds, LlamaBench? llama) =>
        models * threads * rounds * (llama is null ? 2 : 4);

    public async Task RunAsync(CancellationToken ct)
    {
        var weights = LoadedModel.Load(model.Path);
        foreach (int count in threads)
        {
            using var trial = RunnerTrial.Open(weights, count, PromptTokens, depth: 0, tokens);
            trial.WarmUp(PromptTokens);
            for (int round = 0; round < rounds; round++) await MeasureAsync(trial, count, round, ct);
        }
    }

    private async Task MeasureAsync(RunnerTrial trial, int count, int round, CancellationToken ct)
    {
        string where = $"{model.Label}, {count} threads, round {round + 1}";
        var (quiet, quietPeer) = await BothAsync(trial, count, $"{where}: quiet", ct);
        double busy;
        double? busyPeer;
        using (new BusyNeighbour(busyThreads))
            (busy, busyPeer) = await BothAsync(trial, count, $"{where}: with a neighbour", ct);
        Figure Of(string name, string unit) =>
            figures.Of($"{name} {model.Label} {count}T", unit, Better.Higher, llama?.Name);
        Of("neighbours decode", "share of quiet speed").AddOurs(busy / quiet);
        Of("neighbours quiet", "tokens/s").AddOurs(quiet);
        Of("neighbours busy", "tokens/s").AddOurs(busy);
        if (quietPeer is not { } peerQuiet || busyPeer is not { } peerBusy) return;
        Of("neighbours decode", "share of quiet speed").AddBaseline(peerBusy / peerQuiet);
        Of("neighbours quiet", "tokens/s").AddBaseline(peerQuiet);
        Of("neighbours busy", "tokens/s").AddBaseline(peerBusy);
    }

    private async Task<(double Ours, double? Peer)> BothAsync(RunnerTrial trial, int count, string where,
        CancellationToken ct)
    {
        progress.Next($"{where}, weir");
        double ours = trial.Decode(depth: 0, tokens);
        if (llama is null) return (ours, null);
        progress.Next($"{where}, {llama.Name}");
        return (ours, await llama.DecodeAsync(model.Path, count, tokens, depth: 0, ct));
    }
}
