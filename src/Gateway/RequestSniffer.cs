using System.Buffers;
using System.Text.Json;

namespace Weir.Gateway;

/// <summary>The few things that the gateway reads of a request body; everything else passes through
/// untouched.</summary>
internal readonly record struct SniffedRequest(string? Model, bool Stream, bool IncludeUsage, int OptionsStart,
    int OptionsEnd, int ObjectEnd);

/// <summary>Finds model and streaming options in one pass over the bytes, and rewrites the options.</summary>
internal static class RequestSniffer
{
    private static ReadOnlySpan<byte> ForcedOptions => "{\"include_usage\":true,\"continuous_usage_stats\":true}"u8;

    /// <exception cref="JsonException">The body is no JSON object.</exception>
    public static SniffedRequest Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read()
            || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("the body is not a JSON object");
        string? model = null;
        bool stream = false, includeUsage = false;
        int optionsStart = -1, optionsEnd = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isModel = reader.ValueTextEquals("model"u8), isStream = reader.ValueTextEquals("stream"u8),
                isOptions = reader.ValueTextEquals("stream_options"u8);
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) model = TextOf(ref reader);
            else if (isStream) stream = reader.TokenType == JsonTokenType.True;
            else if (isOptions)
            {
                optionsStart = (int)reader.TokenStartIndex;
                includeUsage = ReadIncludeUsage(ref reader);
                optionsEnd = (int)reader.BytesConsumed;
                continue;
            }
            reader.Skip();
        }
        int end = (int)reader.TokenStartIndex;
        while (reader.Read()) { } // what follows the object must be nothing
        return new SniffedRequest(model, stream, includeUsage, optionsStart, optionsEnd, end);
    }

    /// <summary>The body with usage asked for on every chunk, so that the gateway always knows what was
    /// generated.</summary>
    public static byte[] WithUsage(ReadOnlySpan<byte> body, SniffedRequest sniffed)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 96);
        if (sniffed.OptionsStart >= 0)
        {
            output.Write(body[..sniffed.OptionsStart]);
            output.Write(ForcedOptions);
            output.Write(body[sniffed.OptionsEnd..]);
        }
        else
        {
            // There is at least the property "stream" before the closing brace.
            output.Write(body[..sniffed.ObjectEnd]);
            output.Write(",\"stream_options\":"u8);
            output.Write(ForcedOptions);
            output.Write(body[sniffed.ObjectEnd..]);
        }
        return output.WrittenSpan.ToArray();
    }

    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("'model' is not valid UTF-8 or has half a surrogate pair", e);
        }
    }

    private static bool ReadIncludeUsage(ref Utf8JsonReader reader)
    {
        bool found = false;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (isUsage) found = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        return found;
    }
}
