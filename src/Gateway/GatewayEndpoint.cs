using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Weir.Formats.OpenAi;
using Weir.Formats.Platform;
using Weir.Gateway.Ledger;
using Weir.Gateway.Streaming;

namespace Weir.Gateway;

/// <summary>The data path of <c>/v1</c>: authenticate, read, route, forward, meter, settle. It decides on one snapshot
/// a request.</summary>
internal sealed class GatewayEndpoint(GatewaySnapshotStore store, KeyHash hash, Upstreams upstreams, LedgerSpool spool,
    GatewayOptions options,
    ILogger<GatewayEndpoint> logger)
{
    public async Task ModelsAsync(HttpContext context)
    {
        var index = store.Index;
        if (await AuthenticateAsync(context, index) is null) return;
        await WriteModelsAsync(context, new ModelList("list", [.. index.Snapshot.Models.Where(Served).Select(EntryOf)]),
            OpenAiJson.Wire.ModelList);
    }

    public async Task ModelAsync(HttpContext context, string id)
    {
        var index = store.Index;
        if (await AuthenticateAsync(context, index) is null) return;
        if (index.Model(id) is { } model && Served(model)) await WriteModelsAsync(context, EntryOf(model),
            OpenAiJson.Wire.ModelEntry);
        else await OpenAiErrors.ModelNotFoundAsync(context, id, index.Snapshot.Models.Select(m => m.Name));
    }

    public Task UnknownPathAsync(HttpContext context) => OpenAiErrors.WriteAsync(context, 404,
        $"There is no {context.Request.Method} {context.Request.Path} here.", "invalid_request_error", "unknown_url");

    /// <summary>One generation, streamed or not.</summary>
    public async Task GenerateAsync(HttpContext context)
    {
        long started = Stopwatch.GetTimestamp();
        var index = store.Index;
        // 1. Who asks.
        if (await AuthenticateAsync(context, index) is not { } key) return;
        // 2. What is asked.
        if (await ReadBodyAsync(context) is not { } body) return;
        SniffedRequest sniffed;
        try
        {
            sniffed = RequestSniffer.Read(body);
        }
        catch (JsonException e)
        {
            await OpenAiErrors.WriteAsync(context, 400, $"The body is not valid JSON: {e.Message}",
                "invalid_request_error", "invalid_json");
            return;
        }
        // 3. Where it goes.
        if (sniffed.Model is null || index.Model(sniffed.Model) is not { } model)
        {
            await OpenAiErrors.ModelNotFoundAsync(context, sniffed.Model, index.Snapshot.Models.Select(m => m.Name));
            return;
        }
        if (!model.Deployments.Any(d => d.Gate.Serves))
        {
            await OpenAiErrors.GateAsync(context, model.Name);
            return;
        }
        var deployment = model.Deployments.FirstOrDefault(d => d.Gate.Serves && d.Replicas.Count > 0);
        if (deployment is null)
        {
            await OpenAiErrors.NotReadyAsync(context, model.Name);
            return;
        }
        // 4. Forward, and in every case settle.
        var request = new RoutedRequest(Guid.CreateVersion7(), key, model, deployment, deployment.Replicas[0], sniffed,
            new Meter(started, Stopwatch.GetTimestamp));
        context.Response.Headers["x-weir-request"] = request.Id.ToString();
        string end = EndReasons.UpstreamError;
        try
        {
            end = await ForwardAsync(context, request, sniffed.Stream ? RequestSniffer.WithUsage(body, sniffed) : body);
        }
        finally
        {
            await spool.AppendAsync(RowOf(request, end, context.Response.StatusCode));
        }
    }

    private async Task<string> ForwardAsync(HttpContext context, RoutedRequest request, byte[] body)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(options.RequestTimeout);
        var ct = timeout.Token;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post,
                Upstreams.UriOf(request.Replica, context.Request.Path));
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            message.Headers.TryAddWithoutValidation("x-weir-request", request.Id.ToString());
            using var answer = await upstreams.SendAsync(request.Replica, message, ct);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            if (answer.Headers.RetryAfter is { } retry) context.Response.Headers.RetryAfter = retry.ToString();
            if (!answer.IsSuccessStatusCode)
            {
                await answer.Content.CopyToAsync(context.Response.Body, ct);
                return EndReasons.UpstreamError;
            }
            return request.Sniffed.Stream ? await RelayAsync(context, request, answer, ct)
                : await PassAsync(context, request, answer, ct);
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or InvalidDataException or OperationCanceledException
            or System.Net.Sockets.SocketException)
        {
            if (context.RequestAborted.IsCancellationRequested) return EndReasons.ClientGone;
            bool late = e is OperationCanceledException;
            GatewayLog.UpstreamFailed(logger, request.Id, request.Replica.Address, e);
            await TellAsync(context, late);
            return late ? EndReasons.Timeout : EndReasons.UpstreamError;
        }
    }

    private static async Task<string> RelayAsync(HttpContext context, RoutedRequest request,
        HttpResponseMessage answer, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var meter = request.Meter;
        await new EventRelay(context, request.Sniffed.IncludeUsage, meter)
            .RunAsync(await answer.Content.ReadAsStreamAsync(ct), ct);
        if (meter.UpstreamFailed) return EndReasons.UpstreamError;
        if (!meter.Ended) throw new InvalidDataException("The engine's stream ended without [DONE].");
        return EndOf(meter.FinishReason);
    }

    private static async Task<string> PassAsync(HttpContext context, RoutedRequest request, HttpResponseMessage answer,
        CancellationToken ct)
    {
        var bytes = await answer.Content.ReadAsByteArrayAsync(ct);
        try
        {
            request.Meter.Saw(AnswerSniffer.Read(bytes));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The engine's answer is not JSON.", e);
        }
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, ct);
        request.Meter.Delivered();
        return EndOf(request.Meter.FinishReason);
    }

    /// <summary>Before the first byte an error answer, after it an error event.</summary>
    private static async Task TellAsync(HttpContext context, bool late)
    {
        var (status, message, code) = late ? (504, "The model did not answer in time.", "upstream_timeout")
            : (502, "The model's engine failed while answering. Nothing beyond what you received is billed.",
            "upstream_error");
        try
        {
            if (!context.Response.HasStarted)
            {
                context.Response.Clear();
                await OpenAiErrors.WriteAsync(context, status, message, "server_error", code);
            }
            else await context.Response.Body.WriteAsync(OpenAiErrors.Event(message, code), context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // the client left meanwhile
        }
    }

    /// <summary>The principal, or null after an error has been written.</summary>
    private async Task<SnapshotKey?> AuthenticateAsync(HttpContext context, GatewayIndex index)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var secret = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim()
            : context.Request.Headers["x-api-key"].ToString();
        if (secret.Length is 0 or > 512)
        {
            await OpenAiErrors.MissingKeyAsync(context);
            return null;
        }
        var key = index.Key(hash.Of(secret));
        if (key is null || key.Expires <= DateTimeOffset.UtcNow) await OpenAiErrors.InvalidKeyAsync(context);
        else if (!key.Scopes.Contains(KeyScopes.Inference)) await OpenAiErrors.ScopeAsync(context);
        else return key;
        return null;
    }

    private async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>()
            is { IsReadOnly: false } limit) limit.MaxRequestBodySize = options.MaxBodyBytes;
        try
        {
            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            return buffer.ToArray();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await OpenAiErrors.WriteAsync(context, 413, $"The body is larger than {options.MaxBodyBytes} bytes.",
                "invalid_request_error",
                "body_too_large");
            return null;
        }
    }

    private static LedgerRow RowOf(RoutedRequest request, string end, int status)
    {
        var meter = request.Meter;
        var price = request.Model.Price;
        long billed = meter.DeliveredTokens;
        // A request of which nothing was delivered costs nothing; otherwise the prompt and what was delivered.
        long charge = billed == 0 ? 0 : price.Charge(meter.PromptTokens, meter.CachedTokens, billed);
        return new LedgerRow
        {
            RequestId = request.Id, Time = DateTimeOffset.UtcNow, Organisation = request.Key.Organisation,
                Project = request.Key.Project,
            KeyId = request.Key.KeyId, Model = request.Model.Name, ModelVersion = request.Model.ModelVersion,
            Deployment = request.Deployment.Name, Site = request.Deployment.Site, TokensPrompt = meter.PromptTokens,
            TokensCached = meter.CachedTokens, TokensGenerated = meter.GeneratedTokens,
            TokensDelivered = meter.DeliveredTokens,
            TokensBilled = billed, Price = price, ChargeMicros = charge, BillingBasis = meter.Basis, EndReason = end,
            HttpStatus = status,
            TimeToFirstTokenMs = meter.TimeToFirstTokenMs, DurationMs = meter.ElapsedMs,
        };
    }

    private static string EndOf(string? finishReason) => finishReason == "length" ? EndReasons.Length : EndReasons.Stop;

    private static bool Served(SnapshotModel model) => model.Deployments.Any(d => d.Gate.Serves);

    private static ModelEntry EntryOf(SnapshotModel model) =>
        new(model.Name, "model", model.Created.ToUnixTimeSeconds(), "weir");

    private static Task WriteModelsAsync<T>(HttpContext context, T value,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}

/// <summary>A request whose way is decided.</summary>
internal sealed record RoutedRequest(Guid Id, SnapshotKey Key, SnapshotModel Model, SnapshotDeployment Deployment,
    SnapshotReplica Replica,
    SniffedRequest Sniffed, Meter Meter);

internal static partial class GatewayLog
{
    [LoggerMessage(LogLevel.Warning, "Request {RequestId} failed at {Address}")]
    public static partial void UpstreamFailed(ILogger logger, Guid requestId, string address, Exception exception);
}
