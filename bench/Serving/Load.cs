using System.Diagnostics;
using Weir.Bench.Reports;

namespace Weir.Bench.Serving;

/// <summary>So many clients, each of which asks one question after another.</summary>
/// <param name="Name">What precedes the figures in a row's name, as in <c>serving 16</c>.</param>
/// <param name="Clients">Questions that are open at the same time.</param>
/// <param name="QuestionsOf">The questions of a round, as many for each client.</param>
internal sealed record Load(string Name, int Clients, Func<int, IReadOnlyList<Question>> QuestionsOf);

/// <summary>What a load reached.</summary>
internal sealed record LoadResult(double TokensPerSecond, IReadOnlyList<double> FirstTokenMs,
    IReadOnlyList<double> GapsMs, double PromptTokens)
{
    /// <summary>Everything from the first request's sending to the last answer's end.</summary>
    public static async Task<LoadResult> RunAsync(ChatClient client, int clients, IReadOnlyList<Question> questions,
        CancellationToken ct)
    {
        // One client that meets an error stops the others.
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        long began = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(c => Task.Run(async () =>
        {
            var own = new List<AnswerTiming>();
            try
            {
                for (int q = c; q < questions.Count; q += clients)
                    own.Add(await client.AskAsync(questions[q], failed.Token));
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
            return own;
        }, ct)));
        return Of([.. answers.SelectMany(a => a)], Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    internal static LoadResult Of(IReadOnlyList<AnswerTiming> answers, double seconds) => new(
        answers.Sum(a => (long)a.GeneratedTokens) / seconds, [.. answers.Select(a => a.FirstTokenMs)],
        [.. answers.SelectMany(a => a.GapsMs)], answers.Average(a => a.PromptTokens));

    /// <summary>Adds this to the figures of a load.</summary>
    /// <param name="add">Which side of a figure it belongs to.</param>
    public void AddTo(Figures figures, string load, string? baselineName, Action<Figure, double> add)
    {
        void Add(string name, string unit, Better better, double value) =>
            add(figures.Of($"{load} {name}", unit, better, baselineName), value);
        Add("tokens/s", "tokens/s", Better.Higher, TokensPerSecond);
        foreach (int percent in (int[])[50, 95])
            Add($"ttft p{percent}", "ms", Better.Lower, Statistics.Percentile(FirstTokenMs, percent));
        if (GapsMs.Count == 0) return; // answers of one token
        foreach (int percent in (int[])[50, 95])
            Add($"inter-token p{percent}", "ms", Better.Lower, Statistics.Percentile(GapsMs, percent));
    }
}
