using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Weir.Formats.OpenAi;
using Weir.Inference.Accounting;
using Weir.Inference.Generation;
using Weir.Inference.Requests;

namespace Weir.Inference.Serving;

/// <summary>The HTTP side of one engine (contract 4): health, statistics, account, weights, and the OpenAI endpoints.
/// Answers 503 while the model loads and once it drains.</summary>
internal sealed class EngineEndpoint : IDisposable
{
    public const long MaxBodyBytes = 4 << 20;
    private const long MaxDrainedBytes = 64 << 20;
    private const int DefaultPage = 100;
    private readonly string _name;
    private readonly RequestAccount _account;
    private readonly Func<string, ServedModel> _open;
    private volatile Endpoints? _endpoints;
    private volatile bool _draining;
    private volatile string? _version;

    /// <param name="name">The model's name in answers.</param>
    /// <param name="account">Where requests are written down.</param>
    /// <param name="open">Loads other weights from a path.</param>
    public EngineEndpoint(string name, RequestAccount account, Func<string, ServedModel> open) =>
        (_name, _account, _open) = (name, account, open);

    /// <summary>loading, ready or draining.</summary>
    public string State => _draining ? "draining" : _endpoints is null ? "loading" : "ready";

    /// <summary>Begins to serve; the endpoint owns the engine from now on.</summary>
    public void Serve(ServedModel model, EngineLimits limits)
    {
        var engine = new Engine(model, limits, TimeProvider.System, Enter);
        var prompts = new ChatPrompts(model);
        _endpoints = new Endpoints(engine, new ChatRequests(_name, engine, prompts),
            new CompletionRequests(_name, engine), new EmbeddingRequests(_name, engine),
            new TokenRequests(engine, prompts));
    }

    public EngineStats Stats() => _endpoints?.Engine.Stats() ?? new EngineStats();

    /// <summary>Takes no new requests; returns when the running ones have ended or <paramref name="grace"/> is
    /// over.</summary>
    public async Task DrainAsync(TimeSpan grace, TimeProvider time)
    {
        _draining = true;
        long began = time.GetTimestamp();
        while (_endpoints?.Engine.IsIdle == false && time.GetElapsedTime(began) < grace)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
    }

    public void Map(WebApplication app)
    {
        app.MapGet("/health", HealthAsync);
        app.MapGet("/weir/stats", StatsAsync);
        app.MapGet("/metrics", MetricsAsync);
        app.MapGet("/weir/requests", context => ErrorAnswers.GuardAsync(context, () => AccountAsync(context)));
        app.MapPost("/weir/weights", context => ErrorAnswers.GuardAsync(context, () => WeightsAsync(context)));
        app.MapGet("/v1/models", context => JsonAnswer.WriteAsync(context, 200,
            new ModelList("list", [new ModelEntry(_name, "model", 0, "weir")]), OpenAiJson.Wire.ModelList));
        Post(app, "/v1/chat/completions", OpenAiJson.Wire.ChatRequest, (e, http, body) => e.Chat.ServeAsync(http, body));
        Post(app, "/v1/completions", OpenAiJson.Wire.CompletionRequest,
            (e, http, body) => e.Completion.ServeAsync(http, body));
        Post(app, "/v1/embeddings", OpenAiJson.Wire.EmbeddingRequest,
            (e, http, body) => e.Embedding.ServeAsync(http, body));
        Post(app, "/tokenize", OpenAiJson.Wire.TokenizeRequest, (e, http, body) => e.Token.TokenizeAsync(http, body));
        Post(app, "/detokenize", OpenAiJson.Wire.DetokenizeRequest,
            (e, http, body) => e.Token.DetokenizeAsync(http, body));
        app.MapFallback(context => ErrorAnswers.WriteAsync(context, 404,
            $"There is no {context.Request.Method} {context.Request.Path} here.", ErrorAnswers.Invalid, "not_found"));
    }

    public void Dispose() => _endpoints?.Engine.Dispose();

    private void Post<T>(WebApplication app, string path, JsonTypeInfo<T> type,
        Func<Endpoints, HttpContext, T, Task> serve) where T : class =>
        app.MapPost(path, context => ErrorAnswers.GuardAsync(context, async () =>
        {
            var endpoints = _endpoints;
            if (endpoints is null || _draining)
            {
                await ErrorAnswers.WriteAsync(context, 503, $"The engine is {State}.", "server_error",
                    "engine_" + State);
                return;
            }
            RefuseLargeBody(context);
            var body = await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new RequestException("The body is null.");
            await serve(endpoints, context, body);
        }));

    private void Enter(RequestTicket ticket) => _account.Add(new AccountRow(0, ticket.Id, ticket.PromptTokens,
        ticket.CachedTokens, ticket.GeneratedTokens, ticket.EndReason, ticket.Arrived, ticket.FirstTokenMs,
        (long)(DateTimeOffset.UtcNow - ticket.Arrived).TotalMilliseconds));

    private Task HealthAsync(HttpContext context)
    {
        context.Response.StatusCode = State == "ready" ? 200 : 503;
        return WriteObjectAsync(context, new JsonObject
        {
            ["status"] = State, ["model"] = _name, ["version"] = _version,
        });
    }

    private Task StatsAsync(HttpContext context)
    {
        var stats = Stats();
        return WriteObjectAsync(context, new JsonObject
        {
            ["model"] = _name, ["version"] = _version, ["status"] = State, ["running"] = stats.Running,
            ["waiting"] = stats.Waiting, ["kv_blocks_used"] = stats.KvBlocksUsed,
            ["kv_blocks_total"] = stats.KvBlocksTotal, ["kv_blocks_cached"] = stats.KvBlocksCached,
            ["kv_tokens_used"] = stats.KvTokensUsed, ["kv_tokens_total"] = stats.KvTokensTotal,
            ["kv_bytes"] = stats.KvBytes, ["prefix_hit_rate"] = stats.PrefixHitRate,
            ["tokens_per_second"] = stats.TokensPerSecond, ["prompt_tokens_per_second"] = stats.PromptTokensPerSecond,
            ["requests_total"] = stats.RequestsTotal, ["requests_refused_total"] = stats.RefusedTotal,
            ["requests_cancelled_total"] = stats.CancelledTotal,
            ["tokens_generated_total"] = stats.TokensGeneratedTotal, ["prompt_tokens_total"] = stats.PromptTokensTotal,
            ["cached_tokens_total"] = stats.CachedTokensTotal, ["preemptions_total"] = stats.PreemptionsTotal,
            ["draft_tokens_total"] = stats.DraftTokensTotal,
            ["draft_tokens_accepted_total"] = stats.AcceptedDraftsTotal, ["steps_total"] = stats.StepsTotal,
            ["account_write_errors"] = _account.WriteErrors, ["uptime_seconds"] = stats.UptimeSeconds,
        });
    }

    private Task MetricsAsync(HttpContext context)
    {
        var loop = _endpoints?.Engine.Loop;
        context.Response.ContentType = MetricsText.ContentType;
        return context.Response.WriteAsync(MetricsText.Write(Stats(), loop?.TimeToFirstToken.Read(),
            loop?.InterTokenLatency.Read(), _name, State == "ready"), context.RequestAborted);
    }

    private Task AccountAsync(HttpContext context)
    {
        long after = Number("after", 0, long.MaxValue, 0);
        int limit = (int)Number("limit", 1, RequestAccount.MaxPage, DefaultPage);
        return JsonAnswer.WriteAsync(context, 200, _account.Read(after, limit), AccountJson.Wire.AccountPage);

        long Number(string name, long least, long most, long otherwise)
        {
            var text = context.Request.Query[name].ToString();
            if (text.Length == 0) return otherwise;
            bool holds = long.TryParse(text, out long value) && value >= least && value <= most;
            RequestRules.Require(holds, name, $"must be a number from {least} to {most}");
            return value;
        }
    }

    /// <summary>Puts other weights in, for roll-outs. Only who is on this machine may.</summary>
    private async Task WeightsAsync(HttpContext context)
    {
        // A Unix socket has no address; its file's mode says who may use it.
        if (context.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            await ErrorAnswers.WriteAsync(context, 403, "Weights can be changed from this machine only.",
                ErrorAnswers.Invalid, "not_allowed");
            return;
        }
        if (_endpoints is not { } endpoints || _draining)
        {
            await ErrorAnswers.WriteAsync(context, 503, $"The engine is {State}.", "server_error", "engine_" + State);
            return;
        }
        var body = await JsonSerializer.DeserializeAsync(context.Request.Body, WeightsJson.Default.WeightsRequest,
            context.RequestAborted);
        RequestRules.Require(body?.Path is { Length: > 0 }, "path", "must be a model folder or file");
        RequestRules.Require(body!.Version is null or { Length: <= 200 }, "version", "is too long");
        // Loading and swapping go on to their end even if whoever asked is gone.
        await Task.Run(() => endpoints.Engine.SwapAsync(_open(body.Path!)), CancellationToken.None);
        _version = body.Version;
        await WriteObjectAsync(context, new JsonObject { ["status"] = State, ["version"] = _version });
    }

    private static Task WriteObjectAsync(HttpContext context, JsonObject value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(value.ToJsonString(), context.RequestAborted);
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

    private sealed record Endpoints(Engine Engine, ChatRequests Chat, CompletionRequests Completion,
        EmbeddingRequests Embedding, TokenRequests Token);
}

/// <summary>Body of <c>POST /weir/weights</c>: where the weights are, and what they are called.</summary>
internal sealed record WeightsRequest(string? Path, string? Version);

/// <summary>Source-generated JSON of <see cref="WeightsRequest"/>.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(WeightsRequest))]
internal sealed partial class WeightsJson : System.Text.Json.Serialization.JsonSerializerContext;
