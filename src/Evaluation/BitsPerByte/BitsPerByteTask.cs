using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Evaluation.Engines;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Scorecards;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Evaluation.BitsPerByte;

/// <summary>How well a model predicts held-out text: negative log2 likelihood over UTF-8 bytes, comparable between
/// tokenizers. Documents are cut into windows of the context; each window begins after a document separator and is
/// scored through
/// <c>/v1/completions</c> with <c>echo</c>, so any engine that reports prompt log-probabilities can be
/// measured.</summary>
internal sealed class BitsPerByteTask(Tokenizer tokenizer, int windowTokens, int parallel)
{
    public async Task<IReadOnlyList<Score>> RunAsync(EngineUnderTest engine, string task,
        IReadOnlyList<TextRecord> documents,
        Action<int> scored, CancellationToken ct)
    {
        int separator = tokenizer.IdOf(WeirTokens.EndOfText)
            ?? throw new UserErrorException($"The tokenizer has no {WeirTokens.EndOfText}, so documents cannot be "
                + $"separated.");
        var windows = new List<int[]>();
        long bytes = 0;
        foreach (var document in documents)
        {
            bytes += Encoding.UTF8.GetByteCount(document.Text);
            foreach (var window in tokenizer.Encode(document.Text)
                .Chunk(windowTokens - 1)) windows.Add([separator, .. window]);
        }
        if (bytes == 0) throw new UserErrorException("There is no held-out text to measure bits per byte on.");
        double nats = 0;
        long tokens = 0;
        int done = 0;
        var gate = new Lock();
        await Parallel.ForEachAsync(windows, new ParallelOptions { MaxDegreeOfParallelism = parallel,
            CancellationToken = ct },
            async (window, token) =>
            {
                double sum = await ScoreAsync(engine, window, token);
                lock (gate)
                {
                    nats += sum;
                    tokens += window.Length - 1;
                }
                scored(Interlocked.Increment(ref done) * documents.Count / windows.Count);
            });
        int count = documents.Count;
        return
        [
            new Score { Task = task, Metric = Metrics.BitsPerByte, Unit = "bits/byte",
                Value = nats / Math.Log(2) / bytes, Count = count },
            new Score { Task = task, Metric = Metrics.Perplexity, Unit = "a token", Value = Math.Exp(nats / tokens),
            Count = count },
        ];
    }

    private static async Task<double> ScoreAsync(EngineUnderTest engine, int[] window, CancellationToken ct)
    {
        var request = new JsonObject
        {
            ["model"] = engine.Model, ["prompt"] = new JsonArray([.. window.Select(t => (JsonNode)t)]),
            ["echo"] = true, ["logprobs"] = 0, ["max_tokens"] = 0, ["temperature"] = 0,
        };
        using var response = await engine.Http.PostAsJsonAsync("v1/completions", request, ct);
        var body = await response.Content.ReadFromJsonAsync<JsonObject>(ct);
        if (!response.IsSuccessStatusCode)
            throw new UserErrorException($"The model answered {(int)response.StatusCode}: "
                + $"{(string?)body?["error"]?["message"]}");
        var logprobs = body?["choices"]?[0]?["logprobs"]?["token_logprobs"]?.AsArray();
        if (logprobs is null || logprobs.Count < window.Length)
            throw new UserErrorException("The engine does not report prompt log-probabilities (echo with logprobs), "
                + "which bits per byte needs. Leave --text out, or use weir engine.");
        double sum = 0;
        for (int i = 1; i < window.Length; i++) sum -= (double)logprobs[i]!;
        return sum;
    }
}
