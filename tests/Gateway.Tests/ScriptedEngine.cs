using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Weir.Gateway.Tests;

/// <summary>An HTTP server on a Unix socket that answers as its script says: what a real engine cannot be made to do on
/// demand (die in the middle, hang, send rubbish).</summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedEngine(WebApplication app, string address)
    {
        _app = app;
        Address = address;
    }

    public string Address { get; }

    public ConcurrentQueue<JsonObject> Bodies { get; } = [];

    /// <summary>Set when a request's connection was closed by the gateway before the script ended.</summary>
    public TaskCompletionSource Abandoned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Func<HttpContext, Task> Script { get; set; } = _ => Task.CompletedTask;

    public static async Task<ScriptedEngine> StartAsync(string folder)
    {
        var socket = Path.Combine(folder, "engine.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket));
        var engine = new ScriptedEngine(builder.Build(), "unix:" + socket);
        engine._app.Run(engine.AnswerAsync);
        await engine._app.StartAsync();
        return engine;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>A chunk of a chat stream: the text and the usage so far.</summary>
    public static string Chunk(string? text, int completion, string? finish = null) =>
        $$"""{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":"""
        + (text is null ? """{"role":"assistant"}""" : $$"""{"content":"{{text}}"}""")
        + $$""","finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}],"usage":{{Usage(completion)}}}""";

    public static string Usage(int completion) =>
        $$"""{"prompt_tokens":7,"completion_tokens":{{completion}},"total_tokens":{{7 + completion}},"""
        + """ "prompt_tokens_details":{"cached_tokens":2}}""";

    public static async Task SendAsync(HttpContext context, params string[] events)
    {
        if (!context.Response.HasStarted) context.Response.ContentType = "text/event-stream";
        foreach (var e in events) await context.Response.WriteAsync($"data: {e}\n\n");
        await context.Response.Body.FlushAsync();
    }

    /// <summary>A whole, orderly stream of the words.</summary>
    public static async Task StreamAsync(HttpContext context, params string[] words)
    {
        await SendAsync(context, Chunk(null, 0));
        for (int i = 0; i < words.Length; i++) await SendAsync(context, Chunk(words[i], i + 1));
        await SendAsync(context, Chunk("", words.Length, "stop"),
            $$"""{"id":"c","choices":[],"usage":{{Usage(words.Length)}}}""", "[DONE]");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        Bodies.Enqueue(JsonNode.Parse(await reader.ReadToEndAsync())!.AsObject());
        using var registration = context.RequestAborted.Register(() => Abandoned.TrySetResult());
        await Script(context);
    }
}
