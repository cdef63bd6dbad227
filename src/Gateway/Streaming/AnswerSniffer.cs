using System.Text.Json;

namespace Weir.Gateway.Streaming;

/// <summary>What an answer or a chunk says of itself. <see cref="UsageStart"/> and <see cref="UsageEnd"/> are the bytes
/// of the usage member with one comma beside it; both -1 where it has none.</summary>
internal record struct SniffedAnswer
{
    public SniffedAnswer() { }

    public bool HasUsage { get; set; }
    public long PromptTokens { get; set; }
    public long CachedTokens { get; set; }
    public long CompletionTokens { get; set; }
    public string? FinishReason { get; set; }
    public bool HasChoices { get; set; }
    public bool IsError { get; set; }
    public int UsageStart { get; set; } = -1;
    public int UsageEnd { get; set; } = -1;
}

/// <summary>Reads usage and finish reason of an answer in one pass over its bytes.</summary>
internal static class AnswerSniffer
{
    /// <exception cref="JsonException">The bytes are no JSON object.</exception>
    public static SniffedAnswer Read(ReadOnlySpan<byte> json)
    {
        var answer = new SniffedAnswer();
        var reader = new Utf8JsonReader(json);
        if (!reader.Read()
            || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int start = (int)reader.TokenStartIndex;
            if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                ReadUsage(ref reader, ref answer);
                (answer.UsageStart, answer.UsageEnd) = WithComma(json, start, (int)reader.BytesConsumed);
            }
            else if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                ReadChoices(ref reader, ref answer);
            }
            else
            {
                answer.IsError |= reader.ValueTextEquals("error"u8);
                reader.Read();
                reader.Skip();
            }
        }
        return answer;
    }

    private static void ReadUsage(ref Utf8JsonReader reader, ref SniffedAnswer answer)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        answer.HasUsage = true;
        int depth = reader.CurrentDepth;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            bool prompt = reader.ValueTextEquals("prompt_tokens"u8), cached = reader.ValueTextEquals("cached_tokens"u8),
                completion = reader.ValueTextEquals("completion_tokens"u8);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0) continue;
            if (prompt) answer.PromptTokens = value;
            else if (cached) answer.CachedTokens = value;
            else if (completion) answer.CompletionTokens = value;
        }
    }

    private static void ReadChoices(ref Utf8JsonReader reader, ref SniffedAnswer answer)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }
        int depth = reader.CurrentDepth;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            answer.HasChoices = true;
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != depth + 2
                || !reader.ValueTextEquals("finish_reason"u8)) continue;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String) answer.FinishReason = TextOf(ref reader);
        }
    }

    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("'finish_reason' is not valid text", e);
        }
    }

    /// <summary>The member with the comma before it, or, where it is the first, with the one after it.</summary>
    private static (int Start, int End) WithComma(ReadOnlySpan<byte> json, int start, int end)
    {
        int before = start - 1, after = end;
        while (IsSpace(json[before])) before--;
        if (json[before] == (byte)',') return (before, end);
        while (after < json.Length && IsSpace(json[after])) after++;
        return (start, after < json.Length && json[after] == (byte)',' ? after + 1 : end);
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
}
