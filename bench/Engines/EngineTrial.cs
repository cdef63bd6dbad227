using Weir.Bench.Peers;
using Weir.Bench.Reports;
using Weir.Inference.Models;

namespace Weir.Bench.Engines;

/// <summary>How large the measurements are. The names of rows speak of the depth, so that it is fixed.</summary>
/// <param name="PromptTokens">Of the prompt whose reading is timed.</param>
/// <param name="GeneratedTokens">Decoded in one go.</param>
/// <param name="Rounds">Each gives one value to each figure.</param>
internal sealed record TrialSize(int PromptTokens, int GeneratedTokens, int Rounds)
{
    /// <summary>Tokens of context before the deep decoding.</summary>
    public const int Depth = 2000;
}

/// <summary>Compares the engine with its peers on one file: every measurement of every round on each of them in turn,
/// since the memory bandwidth of a shared host drifts by up to two times over hours and only neighbours in time may be
/// compared.</summary>
internal sealed class EngineTrial(ModelFile model, IReadOnlyList<int> threads, TrialSize size, LlamaBench? llama,
    LlamaBench? ik, Figures figures, ProgressLine progress)
{
    private const string TokensPerSecond = "tokens/s", GigabytesPerSecond = "GB/s";

    /// <summary>Calls of <see cref="ProgressLine.Next"/> for so many models.</summary>
    public static int Steps(int models, int threads, TrialSize size, LlamaBench? llama, LlamaBench? ik) =>
        models * threads * size.Rounds * (2 + (llama is null ? 0 : 1) + (ik is null ? 0 : 1));

    public async Task RunAsync(CancellationToken ct)
    {
        var weights = LoadedModel.Load(model.Path);
        var runners = new Dictionary<int, RunnerTrial>();
        try
        {
            for (int round = 0; round < size.Rounds; round++)
                foreach (int count in threads)
                    await MeasureAsync(weights, runners, round, count, ct);
        }
        finally
        {
            foreach (var runner in runners.Values) runner.Dispose();
        }
    }

    private async Task MeasureAsync(LoadedModel weights, Dictionary<int, RunnerTrial> runners, int round, int count,
        CancellationToken ct)
    {
        string where = $"{model.Label}, {count} threads, round {round + 1}";
        progress.Next($"{where}: memory bandwidth");
        double bandwidth = Bandwidth(count);
        Func<Task>[] turns =
        [
            () =>
            {
                progress.Next($"{where}: weir");
                MeasureOurs(RunnerOf(weights, runners, count), count, bandwidth);
                return Task.CompletedTask;
            },
            () => MeasurePeersAsync(where, count, ct),
        ];
        foreach (var turn in round % 2 == 0 ? turns : turns.Reverse())
        {
            ct.ThrowIfCancellationRequested();
            await turn();
        }
    }

    private double Bandwidth(int count)
    {
        using var memory = new ReadBandwidth();
        double bandwidth = memory.BytesPerSecond(count);
        figures.Of($"bandwidth {count}T", GigabytesPerSecond).AddOurs(bandwidth / 1e9);
        return bandwidth;
    }

    private RunnerTrial RunnerOf(LoadedModel weights, Dictionary<int, RunnerTrial> runners, int count)
    {
        if (runners.TryGetValue(count, out var known)) return known;
        var trial = RunnerTrial.Open(weights, count, size.PromptTokens, TrialSize.Depth, size.GeneratedTokens);
        runners.Add(count, trial);
        trial.WarmUp(size.PromptTokens);
        return trial;
    }

    private void MeasureOurs(RunnerTrial trial, int count, double bandwidth)
    {
        foreach (int depth in (int[])[0, TrialSize.Depth])
        {
            double rate = trial.Decode(depth, size.GeneratedTokens);
            Decode(depth, count).AddOurs(rate);
            double bytes = rate * model.BytesPerToken(depth + (size.GeneratedTokens / 2.0));
            var read = figures.Of($"decode-read {model.Label} ctx{depth} {count}T", GigabytesPerSecond, Better.Higher,
                "memory bandwidth");
            read.AddOurs(bytes / 1e9);
            read.AddBaseline(bandwidth / 1e9);
        }
        double prefill = trial.Prefill(size.PromptTokens);
        Prefill(count).AddOurs(prefill);
        if (ik is not null) PrefillIk(count).AddOurs(prefill);
    }

    private async Task MeasurePeersAsync(string where, int count, CancellationToken ct)
    {
        if (llama is not null)
        {
            progress.Next($"{where}: {llama.Name}");
            foreach (int depth in (int[])[0, TrialSize.Depth])
                Decode(depth, count)
                    .AddBaseline(await llama.DecodeAsync(model.Path, count, size.GeneratedTokens, depth, ct));
            Prefill(count).AddBaseline(await llama.PrefillAsync(model.Path, count, size.PromptTokens, ct));
        }
        if (ik is not null)
        {
            progress.Next($"{where}: {ik.Name}");
            PrefillIk(count).AddBaseline(await ik.PrefillAsync(model.Path, count, size.PromptTokens, ct));
        }
    }

    private Figure Decode(int depth, int count) =>
        figures.Of($"decode {model.Label} ctx{depth} {count}T", TokensPerSecond, Better.Higher, llama?.Name);

    private Figure Prefill(int count) =>
        figures.Of($"prefill {model.Label} {count}T", TokensPerSecond, Better.Higher, llama?.Name);

    private Figure PrefillIk(int count) =>
        figures.Of($"prefill-ik {model.Label} {count}T", TokensPerSecond, Better.Higher, ik?.Name);
}
