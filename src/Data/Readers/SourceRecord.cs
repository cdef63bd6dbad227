using System.Text;
using System.Text.Json;
using Weir.Formats.Datasets;

namespace Weir.Data.Readers;

/// <summary>A record as it stands in a source: running text, a conversation, or both. Nothing is cleaned yet.</summary>
internal sealed record SourceRecord
{
    public required SourceFile File { get; init; }
    /// <summary>Line number from 1; null where the file is one document.</summary>
    public long? Line { get; init; }
    public string? Id { get; init; }
    public string? Text { get; init; }
    public IReadOnlyList<ChatTurn>? Messages { get; init; }
    public string? Answer { get; init; }
    public string? Kind { get; init; }
    public string? Template { get; init; }
    public string? Source { get; init; }
    public string? Licence { get; init; }

    /// <summary>Where it stands: <c>file</c> or <c>file:line</c>.</summary>
    public string Place => Line is null ? File.Name : $"{File.Name}:{Line}";

    /// <summary>All turns, a separate answer included as the last assistant turn.</summary>
    public IReadOnlyList<ChatTurn>? Turns =>
        Messages is null || Answer is null ? Messages : [.. Messages, new ChatTurn("assistant", Answer)];

    /// <summary>Reads one line; <paramref name="utf8"/> is valid UTF-8.</summary>
    /// <returns>Null with what is wrong in <paramref name="issue"/>.</returns>
    public static SourceRecord? Parse(ReadOnlySpan<byte> utf8, SourceFile file, long line, out ReadIssue? issue)
    {
        issue = null;
        try
        {
            var json = new Utf8JsonReader(utf8);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                issue = new ReadIssue(ReadReasons.BadJson, $"{file.Name}:{line}: the line is not a JSON object.");
                return null;
            }
            var record = ReadFields(ref json, file, line);
            if (json.Read()) throw new JsonException("more than one value");
            if (record.Text is not null || record.Messages is { Count: > 0 }) return record;
            issue = new ReadIssue(ReadReasons.NoText,
                $"{file.Name}:{line}: neither a string field 'text' nor a field 'messages' with role and content.");
        }
        // InvalidOperationException: a string with half a surrogate pair
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            issue = new ReadIssue(ReadReasons.BadJson, $"{file.Name}:{line}: not JSON: {FirstSentence(e.Message)}");
        }
        return null;
    }

    private static SourceRecord ReadFields(ref Utf8JsonReader json, SourceFile file, long line)
    {
        string? id = null, text = null, answer = null, kind = null, template = null, source = null, licence = null;
        List<ChatTurn>? messages = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("text"u8)) text = Scalar(ref json, text);
            else if (json.ValueTextEquals("messages"u8)) messages = ReadMessages(ref json);
            else if (json.ValueTextEquals("answer"u8)) answer = Scalar(ref json, answer);
            else if (json.ValueTextEquals("id"u8)) id = Scalar(ref json, id, numbers: true);
            else if (json.ValueTextEquals("kind"u8)) kind = Scalar(ref json, kind);
            else if (json.ValueTextEquals("template"u8)) template = Scalar(ref json, template);
            else if (json.ValueTextEquals("source"u8)) source = Scalar(ref json, source);
            else if (json.ValueTextEquals("licence"u8) || json.ValueTextEquals("license"u8))
                licence = Scalar(ref json, licence);
            else
            {
                json.Read();
                json.Skip();
            }
        }
        return new SourceRecord
        {
            File = file, Line = line, Id = id, Text = text, Messages = messages, Answer = answer, Kind = kind,
            Template = template, Source = source, Licence = licence,
        };
    }

    /// <summary>Null where one message lacks a string role or content.</summary>
    private static List<ChatTurn>? ReadMessages(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }
        var turns = new List<ChatTurn>();
        bool whole = true;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            string? role = null, content = null;
            if (json.TokenType != JsonTokenType.StartObject)
            {
                whole = false;
                json.Skip();
                continue;
            }
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("role"u8)) role = Scalar(ref json, role);
                else if (json.ValueTextEquals("content"u8)) content = Scalar(ref json, content);
                else
                {
                    json.Read();
                    json.Skip();
                }
            }
            if (role is null || content is null) whole = false;
            else turns.Add(new ChatTurn(role, content));
        }
        return whole ? turns : null;
    }

    /// <summary>The value if it is a string (or a number where that will do), else what was there before.</summary>
    private static string? Scalar(ref Utf8JsonReader json, string? before, bool numbers = false)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        if (numbers && json.TokenType == JsonTokenType.Number) return Encoding.UTF8.GetString(json.ValueSpan);
        json.Skip();
        return before;
    }

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }
}
