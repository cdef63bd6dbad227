using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Platform;

namespace Weir.Gateway.Streaming;

/// <summary>Passes server-sent events from an engine to a client, counts what the client got, and cuts usage out where
/// the client did not ask for it.</summary>
internal sealed class EventRelay(HttpContext context, bool includeUsage, Meter meter)
{
    private const int MaxEventBytes = 1 << 20;

    /// <summary>Runs to the end of the upstream's stream. Throws what reading or writing throws.</summary>
    public async Task RunAsync(Stream upstream, CancellationToken ct)
    {
        var reader = PipeReader.Create(upstream);
        var output = context.Response.BodyWriter;
        while (true)
        {
            var read = await reader.ReadAsync(ct);
            var buffer = read.Buffer;
            long unsent = 0;
            while (TryReadLine(ref buffer, out var line))
            {
                unsent += Relay(line, output);
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
            if (buffer.Length > MaxEventBytes) throw new InvalidDataException("An event of the engine is too large.");
            if (unsent > 0)
            {
                var flushed = await output.FlushAsync(ct);
                if (flushed.IsCanceled
                    || context.RequestAborted.IsCancellationRequested) throw new OperationCanceledException(ct);
                meter.Delivered();
            }
            if (read.IsCompleted) break;
        }
        await reader.CompleteAsync();
    }

    /// <summary>Writes one line's event, if the client is to see it; returns the bytes written.</summary>
    private int Relay(ReadOnlySequence<byte> line, PipeWriter output)
    {
        var bytes = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        if (!bytes.StartsWith("data:"u8)) return 0; // blank lines and comments; events are separated anew below
        var json = bytes[5..].TrimStart((byte)' ');
        if (json.SequenceEqual("[DONE]"u8))
        {
            meter.Done();
            return Write(output, "data: [DONE]\n\n"u8);
        }
        SniffedAnswer chunk;
        try
        {
            chunk = AnswerSniffer.Read(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The engine sent an event that is not JSON.", e);
        }
        meter.Saw(chunk);
        if (!chunk.HasChoices && chunk.HasUsage && !includeUsage) return 0; // the usage-only chunk at the end
        bool keep = chunk.UsageStart < 0 || (includeUsage && !chunk.HasChoices);
        int count = Write(output, "data: "u8);
        if (keep) count += Write(output, json);
        else
        {
            count += Write(output, json[..chunk.UsageStart]);
            count += Write(output, json[chunk.UsageEnd..]);
        }
        return count + Write(output, "\n\n"u8);
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        var end = buffer.PositionOf((byte)'\n');
        if (end is null)
        {
            line = default;
            return false;
        }
        line = buffer.Slice(0, end.Value);
        buffer = buffer.Slice(buffer.GetPosition(1, end.Value));
        if (line.Length > 0 && line.Slice(line.Length - 1).FirstSpan[0] == (byte)'\r') line =
            line.Slice(0, line.Length - 1);
        return true;
    }

    private static int Write(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        return bytes.Length;
    }
}

/// <summary>Counts one request: what the engine made, what the client got, when the first token came, how it
/// ended.</summary>
internal sealed class Meter(long started, Func<long> now)
{
    private long _contentChunks;

    public long PromptTokens { get; private set; }
    public long CachedTokens { get; private set; }
    public long GeneratedTokens { get; private set; }
    public long DeliveredTokens { get; private set; }
    public double? TimeToFirstTokenMs { get; private set; }
    public string? FinishReason { get; private set; }
    public bool UpstreamFailed { get; private set; }
    public bool Ended { get; private set; }

    /// <summary>The engine reports usage; otherwise content chunks are counted.</summary>
    public bool Reported { get; private set; }

    public string Basis => Reported ? BillingBases.Reported : BillingBases.Counted;

    public void Saw(SniffedAnswer answer)
    {
        if (answer.HasUsage)
        {
            Reported = true;
            PromptTokens = answer.PromptTokens;
            CachedTokens = Math.Min(answer.CachedTokens, answer.PromptTokens);
            GeneratedTokens = Math.Max(GeneratedTokens, answer.CompletionTokens);
        }
        else if (answer.HasChoices && !Reported)
        {
            // The first chunk of a chat carries the role, not a token.
            _contentChunks++;
            GeneratedTokens = Math.Max(0, _contentChunks - 1);
        }
        FinishReason = answer.FinishReason ?? FinishReason;
        UpstreamFailed |= answer.IsError;
    }

    /// <summary>Everything seen so far has been written to the client.</summary>
    public void Delivered()
    {
        DeliveredTokens = GeneratedTokens;
        if (GeneratedTokens > 0) TimeToFirstTokenMs ??= ElapsedMs;
    }

    public void Done() => Ended = true;

    public double ElapsedMs => (now() - started) * 1000.0 / System.Diagnostics.Stopwatch.Frequency;
}
