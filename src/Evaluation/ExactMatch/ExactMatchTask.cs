using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Weir.Evaluation.Engines;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Scorecards;

namespace Weir.Evaluation.ExactMatch;

/// <summary>Asks every question greedily and counts the answers that are, but for white space at the ends, exactly the
/// expected text; by kind, beside what always giving the kind's most frequent answer would reach.</summary>
internal sealed class ExactMatchTask(int maximumTokens, int parallel)
{
    private const int WrongAnswersKept = 200;

    public async Task<(IReadOnlyList<Score> Scores, IReadOnlyList<WrongAnswer> Wrong)> RunAsync(
        EngineUnderTest engine, IReadOnlyList<ChatRecord> items, Action<int> answered, CancellationToken ct)
    {
        var answers = new string[items.Count];
        int done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, items.Count),
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct }, async (i, token) =>
            {
                answers[i] = await AskAsync(engine, items[i].Messages, token);
                answered(Interlocked.Increment(ref done));
            });
        return Grade(items, answers);
    }

    internal static (IReadOnlyList<Score> Scores, IReadOnlyList<WrongAnswer> Wrong) Grade(
        IReadOnlyList<ChatRecord> items, IReadOnlyList<string> answers)
    {
        var scores = new List<Score>();
        var wrong = new List<WrongAnswer>();
        foreach (var kind in Enumerable.Range(0, items.Count).GroupBy(i => items[i].Kind ?? "all")
            .OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            int right = 0, count = 0;
            foreach (var i in kind)
            {
                count++;
                if (answers[i].Trim() == items[i].Answer!.Trim()) right++;
                else if (wrong.Count < WrongAnswersKept)
                    wrong.Add(new WrongAnswer(kind.Key, items[i].Messages[^1].Content, items[i].Answer!, answers[i]));
            }
            var (low, high) = Wilson(right, count);
            scores.Add(new Score
            {
                Task = kind.Key, Metric = Metrics.ExactMatch, Unit = "%", Value = 100.0 * right / count, Low = low,
                    High = high,
                Count = count, Baseline = 100.0 * kind.GroupBy(i => items[i].Answer).Max(g => g.Count()) / count,
            });
        }
        var counted = scores.Where(s => !s.Task.StartsWith("hard-", StringComparison.Ordinal)).ToList();
        if (counted.Count > 0)
            scores.Add(new Score
            {
                Task = Metrics.Macro, Metric = Metrics.ExactMatch, Unit = "%", Value = counted.Average(s => s.Value),
                Count = counted.Sum(s => s.Count), Baseline = counted.Average(s => s.Baseline),
            });
        return (scores, wrong);
    }

    /// <summary>The 95 % Wilson interval of a proportion, in percent.</summary>
    internal static (double Low, double High) Wilson(int right, int count)
    {
        const double z = 1.959964;
        double p = (double)right / count, zz = z * z / count;
        double centre = (p + zz / 2) / (1 + zz),
            half = z * Math.Sqrt(p * (1 - p) / count + zz / (4 * count)) / (1 + zz);
        return (100 * Math.Max(0, centre - half), 100 * Math.Min(1, centre + half));
    }

    private async Task<string> AskAsync(EngineUnderTest engine, IReadOnlyList<ChatTurn> messages, CancellationToken ct)
    {
        var request = new JsonObject
        {
            ["model"] = engine.Model,
            ["messages"] = new JsonArray([.. messages.Select(m =>
                (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]),
            ["temperature"] = 0,
            ["max_tokens"] = maximumTokens,
        };
        using var response = await engine.Http.PostAsJsonAsync("v1/chat/completions", request, ct);
        var body = await response.Content.ReadFromJsonAsync<JsonObject>(ct);
        if (!response.IsSuccessStatusCode)
            throw new UserErrorException($"The model answered {(int)response.StatusCode}: "
                + $"{(string?)body?["error"]?["message"]}");
        return (string?)body?["choices"]?[0]?["message"]?["content"] ?? "";
    }
}
