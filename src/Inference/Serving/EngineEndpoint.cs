using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.OpenAi;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>The HTTP side of one engine (contract 4): health, statistics, and the OpenAI endpoints. Answers 503 while
/// the model loads and once it drains.</summary>
internal sealed class EngineEndpoint : IDisposable
{
    public const long MaxBodyBytes = 4 << 20;
    private readonly string _name;
    private readonly int _threads, _parallel;
    private readonly int? _context;
    private volatile EngineRequests? _requests;
    private volatile bool _draining;
    private Engine? _engine;

    public EngineEndpoint(string name, int threads, int parallel, int? context)
    {
        _name = name;
        _threads = threads;
        _parallel = parallel;
        _context = context;
    }

    public string State => _draining ? "draining" : _requests is null ? "loading" : "ready";

    /// <summary>Loads the model and begins to serve it.</summary>
    public void Load(string path)
    {
        var model = LoadedModel.Load(path);
        if (_context is { } context && context < model.Config.ContextLength)
            model = new LoadedModel(model.Config with { ContextLength = context }, model.Weights, model.Tokenizer,
            model.EndTokens);
        Serve(model);
    }

    public void Serve(LoadedModel model)
    {
        _engine = new Engine(model, _threads, _parallel);
        _requests = new EngineRequests(_name, model, _engine);
    }

    /// <summary>Takes no new requests; returns when the running ones have ended or <paramref name="grace"/> is
    /// over.</summary>
    public async Task DrainAsync(TimeSpan grace)
    {
        _draining = true;
        using var limit = new CancellationTokenSource(grace);
        while (_engine?.Stats() is { } stats && stats.Running + stats.Waiting > 0 && !limit.IsCancellationRequested)
            await Task.Delay(20, CancellationToken.None);
    }

    public void Map(WebApplication app)
    {
        app.MapGet("/health", HealthAsync);
        app.MapGet("/weir/stats", StatsAsync);
        app.MapGet("/v1/models", context => WriteAsync(context, 200,
            new ModelList("list", [new ModelEntry(_name, "model", 0, "weir")]),
            OpenAiJson.Wire.ModelList));
        app.MapPost("/v1/chat/completions", context => ServeAsync(context, OpenAiJson.Wire.ChatRequest,
            (requests, body) => requests.ChatAsync(context, body)));
        app.MapPost("/v1/completions", context => ServeAsync(context, OpenAiJson.Wire.CompletionRequest,
            (requests, body) => requests.CompletionAsync(context, body)));
        app.MapFallback(context => ErrorAsync(context, 404,
            $"There is no {context.Request.Method} {context.Request.Path} here.",
            "invalid_request_error", "not_found"));
    }

    public void Dispose() => _engine?.Dispose();

    internal static Task ErrorAsync(HttpContext context, int status, string message, string type, string? code = null,
        string? param = null) =>
        WriteAsync(context, status, ErrorResponse.Of(message, type, code, param), OpenAiJson.Wire.ErrorResponse);

    internal static Task WriteAsync<T>(HttpContext context, int status, T value,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private Task HealthAsync(HttpContext context)
    {
        context.Response.StatusCode = State == "ready" ? 200 : 503;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(new JsonObject { ["status"] = State, ["model"] = _name }.ToJsonString(),
            context.RequestAborted);
    }

    private Task StatsAsync(HttpContext context)
    {
        var stats = _engine?.Stats() ?? new EngineStats(0, 0, 0, 0, 0, 0, 0, 0);
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(new JsonObject
        {
            ["model"] = _name, ["running"] = stats.Running, ["waiting"] = stats.Waiting,
                ["kv_tokens_used"] = stats.KvTokensUsed,
            ["kv_tokens_total"] = stats.KvTokensTotal, ["tokens_per_second"] = stats.TokensPerSecond,
            ["requests_total"] = stats.RequestsTotal, ["tokens_generated_total"] = stats.TokensGeneratedTotal,
            ["uptime_seconds"] = stats.UptimeSeconds,
        }.ToJsonString(), context.RequestAborted);
    }

    private async Task ServeAsync<T>(HttpContext context, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        Func<EngineRequests, T, Task> serve) where T : class
    {
        var requests = _requests;
        if (requests is null || _draining)
        {
            context.Response.Headers.RetryAfter = "1";
            await ErrorAsync(context, 503, $"The engine is {State}.", "server_error", "engine_" + State);
            return;
        }
        try
        {
            var body = await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new RequestException("The body is null.");
            await serve(requests, body);
        }
        catch (JsonException e)
        {
            await ErrorAsync(context, 400, $"The body is not the JSON of this endpoint: {e.Message}",
                "invalid_request_error", "invalid_json");
        }
        catch (BadHttpRequestException e)
        {
            await ErrorAsync(context, e.StatusCode, e.Message, "invalid_request_error");
        }
        catch (RequestException e)
        {
            await ErrorAsync(context, 400, e.Message, "invalid_request_error", e.Code, e.Parameter);
        }
        catch (UserErrorException e)
        {
            await ErrorAsync(context, 400, e.Message, "invalid_request_error");
        }
        catch (EngineBusyException e)
        {
            context.Response.Headers.RetryAfter = "1";
            await ErrorAsync(context, 429, e.Message, "rate_limit_error", "engine_busy");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client is gone: nobody to answer
        }
    }
}

/// <summary>A request that cannot be served as it is; becomes a 400 in OpenAI's shape.</summary>
internal sealed class RequestException(string message, string? code = null, string? parameter = null)
    : Exception(message)
{
    public string? Code => code;
    public string? Parameter => parameter;
}
