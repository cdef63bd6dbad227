using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Weir.Inference.Serving;

/// <summary>Server-sent events in OpenAI's form: <c>data: JSON</c>, a blank line, and <c>data: [DONE]</c> at the end.
/// Every event is flushed, so that a client sees each token when it is made.</summary>
internal sealed class EventStream
{
    private readonly HttpContext _context;

    public EventStream(HttpContext context)
    {
        _context = context;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
    }

    public async Task SendAsync<T>(T value, JsonTypeInfo<T> type)
    {
        var writer = _context.Response.BodyWriter;
        writer.Write("data: "u8);
        using (var json = new Utf8JsonWriter(writer, new JsonWriterOptions { Encoder = type.Options.Encoder }))
            JsonSerializer.Serialize(json, value, type);
        writer.Write("\n\n"u8);
        await writer.FlushAsync(_context.RequestAborted);
    }

    public async Task EndAsync()
    {
        var writer = _context.Response.BodyWriter;
        writer.Write("data: [DONE]\n\n"u8);
        await writer.FlushAsync(_context.RequestAborted);
    }
}
