using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;

namespace Weir.Inference.Requests;

/// <summary>Reads the sequences of one request to their ends.</summary>
internal static class AnswerReading
{
    /// <summary>Gives each step to <paramref name="take"/>, and calls <paramref name="pause"/> when all that is there
    /// has been given.</summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public static async Task RunAsync(Sequence[] sequences, AnswerSignal signal, Action<int, Step> take,
        Func<ValueTask> pause, CancellationToken ct)
    {
        try
        {
            int left = sequences.Length;
            var done = new bool[left];
            while (true)
            {
                bool any = false;
                for (int i = 0; i < sequences.Length; i++)
                {
                    while (sequences[i].Answer.TryTake(out var step))
                    {
                        take(i, step);
                        any = true;
                    }
                    if (done[i] || !sequences[i].Answer.IsDone()) continue;
                    ct.ThrowIfCancellationRequested();
                    done[i] = true;
                    left--;
                }
                if (any) await pause();
                if (left == 0) return;
                await signal.WaitAsync(ct);
            }
        }
        finally
        {
            foreach (var sequence in sequences) sequence.Answer.Dispose();
        }
    }

    /// <summary>The prompt counts once, however many answers there are.</summary>
    public static Usage UsageOf(IEnumerable<Sequence> sequences)
    {
        int generated = 0;
        Sequence? first = null;
        foreach (var sequence in sequences)
        {
            first ??= sequence;
            generated += sequence.Generated;
        }
        return Usage.Of(first!.Prompt.Length, generated, first.CachedTokens);
    }

    public static Usage UsageOf(Sequence[] sequences, int generated) =>
        Usage.Of(sequences[0].Prompt.Length, generated, sequences[0].CachedTokens);
}

/// <summary>Writes whole answers.</summary>
internal static class JsonAnswer
{
    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
