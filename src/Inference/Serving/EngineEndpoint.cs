using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Weir.Formats.Bcl;
using Weir.Formats.OpenAi;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>The HTTP side of one engine (contract 4): health, statistics, and the OpenAI endpoints. Answers 503 while
/// the model loads and once it drains.</summary>
internal sealed class EngineEndpoint(string name) : IDisposable
{
    public const long MaxBodyBytes = 4 << 20;
    private const long MaxDrainedBytes = 64 << 20;
    private const string Invalid = "invalid_request_error";
    private volatile EngineRequests? _requests;
    private volatile bool _draining;
    private Engine? _engine;

    /// <summary>loading, ready or draining.</summary>
    public string State => _draining ? "draining" : _requests is null ? "loading" : "ready";

    /// <summary>Begins to serve; the endpoint owns the engine from now on.</summary>
    public void Serve(LoadedModel model, Engine engine)
    {
        _engine = engine;
        _requests = new EngineRequests(name, model, engine);
    }

    public EngineStats Stats() => _engine?.Stats() ?? new EngineStats(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Takes no new requests; returns when the running ones have ended or <paramref name="grace"/> is
    /// over.</summary>
    public async Task DrainAsync(TimeSpan grace, TimeProvider time)
    {
        _draining = true;
        long began = time.GetTimestamp();
        while (Stats() is { } stats && stats.Running + stats.Waiting > 0 && time.GetElapsedTime(began) < grace)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
    }

    public void Map(WebApplication app)
    {
        app.MapGet("/health", HealthAsync);
        app.MapGet("/weir/stats", StatsAsync);
        app.MapGet("/v1/models", context => WriteAsync(context, 200,
            new ModelList("list", [new ModelEntry(name, "model", 0, "weir")]), OpenAiJson.Wire.ModelList));
        app.MapPost("/v1/chat/completions", context => ServeAsync(context, OpenAiJson.Wire.ChatRequest,
            (requests, body) => requests.ChatAsync(context, body)));
        app.MapPost("/v1/completions", context => ServeAsync(context, OpenAiJson.Wire.CompletionRequest,
            (requests, body) => requests.CompletionAsync(context, body)));
        app.MapFallback(context => WriteErrorAsync(context, 404,
            $"There is no {context.Request.Method} {context.Request.Path} here.", Invalid, "not_found"));
    }

    public void Dispose() => _engine?.Dispose();

    internal static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private static Task WriteErrorAsync(HttpContext context, int status, string message, string type,
        string? code = null, string? parameter = null)
    {
        if (status is 429 or 503) context.Response.Headers.RetryAfter = "1";
        var error = ErrorResponse.Of(message, type, code, parameter);
        return WriteAsync(context, status, error, OpenAiJson.Wire.ErrorResponse);
    }

    private Task HealthAsync(HttpContext context)
    {
        context.Response.StatusCode = State == "ready" ? 200 : 503;
        return WriteObjectAsync(context, new JsonObject { ["status"] = State, ["model"] = name });
    }

    private Task StatsAsync(HttpContext context)
    {
        var stats = Stats();
        return WriteObjectAsync(context, new JsonObject
        {
            ["model"] = name, ["running"] = stats.Running, ["waiting"] = stats.Waiting,
            ["kv_tokens_used"] = stats.KvTokensUsed, ["kv_tokens_total"] = stats.KvTokensTotal,
            ["tokens_per_second"] = stats.TokensPerSecond, ["requests_total"] = stats.RequestsTotal,
            ["tokens_generated_total"] = stats.TokensGeneratedTotal, ["uptime_seconds"] = stats.UptimeSeconds,
        });
    }

    private static Task WriteObjectAsync(HttpContext context, JsonObject value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(value.ToJsonString(), context.RequestAborted);
    }

    private async Task ServeAsync<T>(HttpContext context, JsonTypeInfo<T> type, Func<EngineRequests, T, Task> serve)
        where T : class
    {
        var requests = _requests;
        if (requests is null || _draining)
        {
            await WriteErrorAsync(context, 503, $"The engine is {State}.", "server_error", "engine_" + State);
            return;
        }
        try
        {
            RefuseLargeBody(context);
            var body = await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new RequestException("The body is null.");
            await serve(requests, body);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone, and with it whoever could be answered; its sequence ends within a step.
        }
        catch (Exception e) when (AnswerTo(e) is { } error)
        {
            // A stream that has begun cannot become an error any more; cutting it tells the client that it is not
            // whole.
            if (context.Response.HasStarted) context.Abort();
            else await WriteErrorAsync(context, error.Status, error.Message, error.Type, error.Code, error.Parameter);
        }
    }

    /// <summary>A client that announces too much gets its answer after the server has taken the body in; one that would
    /// have to be cut off while it sends might never see why. Bodies without a length are limited as they are
    /// read.</summary>
    private static void RefuseLargeBody(HttpContext context)
    {
        if (context.Request.ContentLength is null or <= MaxBodyBytes) return;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxDrainedBytes;
        throw new BadHttpRequestException("The body is too large.", 413);
    }

    /// <summary>The one place where what went wrong becomes an answer; null for what is a mistake of the
    /// program.</summary>
    private static (int Status, string Message, string Type, string? Code, string? Parameter)? AnswerTo(
        Exception exception) => exception switch
        {
            JsonException e => (400, $"The body is not the JSON of this endpoint: {e.Message}", Invalid, "invalid_json",
                null),
            BadHttpRequestException { StatusCode: 413 } => (413, $"The body is larger than {MaxBodyBytes >> 20} MB.",
                Invalid, "body_too_large", null),
            BadHttpRequestException e => (e.StatusCode, e.Message, Invalid, null, null),
            RequestException e => (400, e.Message, Invalid, e.Code, e.Parameter),
            UserErrorException e => (400, e.Message, Invalid, null, null),
            EngineBusyException e => (429, e.Message, "rate_limit_error", "engine_busy", null),
            EngineStoppedException e => (503, e.Message, "server_error", "engine_draining", null),
            OutOfMemoryException => (503, "The engine has no memory left for this request.", "server_error",
                "out_of_memory", null),
            _ => null,
        };
}
