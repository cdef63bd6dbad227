using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Formats.OpenAi;

namespace Weir.Inference.Requests;

/// <summary>
/// Server-sent events in OpenAI's form: <c>data: JSON</c>, a blank line, and <c>data: [DONE]</c> at the end. Chunks are
/// written straight into the response's buffer, and flushed when all that is ready has been written. Usage is the last
/// member of a chunk, so that a gateway can cut it off.
/// </summary>
internal sealed class EventStream : IDisposable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    private readonly AnswerContext _answer;
    private readonly PipeWriter _output;
    private readonly Utf8JsonWriter _json;
    private readonly byte[] _head;

    public EventStream(AnswerContext answer, string kind, string model)
    {
        _answer = answer;
        var response = answer.Http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        _output = response.BodyWriter;
        _json = new Utf8JsonWriter(_output, Options);
        _head = HeadOf(answer, kind, model);
    }

    /// <summary>Begins a chunk; the caller writes its choices as objects of a list.</summary>
    public Utf8JsonWriter Begin()
    {
        _output.Write("data: "u8);
        _output.Write(_head);
        _json.Reset(_output);
        _json.WriteStartArray();
        return _json;
    }

    public void End(Usage? usage)
    {
        _json.WriteEndArray();
        _json.Flush();
        if (usage is not null)
        {
            _output.Write(",\"usage\":"u8);
            _json.Reset(_output);
            JsonSerializer.Serialize(_json, usage, OpenAiJson.Wire.Usage);
            _json.Flush();
        }
        _output.Write("}\n\n"u8);
    }

    public async ValueTask FlushAsync() => await _output.FlushAsync(_answer.Aborted);

    public async Task FinishAsync()
    {
        _output.Write("data: [DONE]\n\n"u8);
        await FlushAsync();
    }

    public void Dispose() => _json.Dispose();

    /// <summary>What all chunks of an answer begin with, up to their choices.</summary>
    private static byte[] HeadOf(AnswerContext answer, string kind, string model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("id", answer.Id);
            json.WriteString("object", kind);
            json.WriteNumber("created", answer.Created);
            json.WriteString("model", model);
            json.WritePropertyName("choices");
        }
        return buffer.WrittenSpan.ToArray();
    }
}
