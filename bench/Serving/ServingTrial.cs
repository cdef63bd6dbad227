using Weir.Bench.Reports;

namespace Weir.Bench.Serving;

/// <summary>Compares two servers under the same loads: every load of every round on one and then on the other, the
/// first one taking turns, since the speed of a machine drifts.</summary>
/// <param name="ours">The engine.</param>
/// <param name="peer">Null where ours runs alone.</param>
internal sealed class ServingTrial(ServerProcess ours, ServerProcess? peer, IReadOnlyList<Load> loads, int rounds)
{
    private readonly Figures _figures = new();
    private readonly List<double> _promptTokens = [];

    /// <summary>Tokens of a prompt on average, the template's included, as the engine counts them; of loads without a
    /// shared prefix.</summary>
    public double PromptTokens => _promptTokens.Count == 0 ? 0 : _promptTokens.Average();

    /// <param name="afterRound">Called with the figures so far, so that what was measured is kept.</param>
    public async Task<IReadOnlyList<BenchRow>> RunAsync(Action<IReadOnlyList<BenchRow>> afterRound,
        CancellationToken ct)
    {
        ServerProcess[] servers = peer is null ? [ours] : [ours, peer];
        var progress = new ProgressLine((rounds * loads.Count * servers.Length) + servers.Length);
        foreach (var server in servers)
        {
            progress.Next($"warming up {server.Name}");
            var questions = Loads.WarmUp(loads.Max(l => l.Clients));
            await LoadResult.RunAsync(server.Client, questions.Count, questions, ct);
        }
        for (int round = 0; round < rounds; round++)
        {
            foreach (var load in loads)
            {
                foreach (var server in round % 2 == 0 ? servers : servers.Reverse())
                {
                    progress.Next($"round {round + 1}, {load.Name} clients, {server.Name}");
                    await MeasureAsync(server, load, round, ct);
                }
            }
            afterRound(_figures.Rows);
        }
        progress.End();
        return _figures.Rows;
    }

    private async Task MeasureAsync(ServerProcess server, Load load, int round, CancellationToken ct)
    {
        var questions = load.QuestionsOf(round);
        var result = await LoadResult.RunAsync(server.Client, load.Clients, questions, ct);
        bool isOurs = server == ours;
        if (isOurs && questions[0].System is null) _promptTokens.Add(result.PromptTokens);
        result.AddTo(_figures, load.Name, peer?.Name, isOurs ? (f, v) => f.AddOurs(v) : (f, v) => f.AddBaseline(v));
    }
}
