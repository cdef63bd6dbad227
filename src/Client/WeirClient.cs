using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Datasets;
using Weir.Formats.OpenAi;
using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Client;

/// <summary>The platform refused or could not be reached; the message says what to do.</summary>
public sealed class WeirApiException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status, 0 when nobody answered.</summary>
    public int Status => status;
}

/// <summary>The typed client of the public API, for console, command line and applications. The <see
/// cref="HttpClient"/> has the platform's address and the API key.</summary>
public sealed class WeirClient(HttpClient http) : IDisposable
{
    public Task<PlatformView> PlatformAsync(CancellationToken ct) =>
        GetAsync("api/v1/platform", PlatformJson.Lines.PlatformView, ct);

    public Task<IReadOnlyList<PipelineView>> PipelinesAsync(CancellationToken ct) =>
        GetAsync("api/v1/pipelines", PlatformJson.Lines.IReadOnlyListPipelineView, ct);

    public Task<IReadOnlyList<JobView>> JobsAsync(CancellationToken ct) =>
        GetAsync("api/v1/jobs", PlatformJson.Lines.IReadOnlyListJobView, ct);

    public Task<JobView> JobAsync(string id, CancellationToken ct) =>
        GetAsync($"api/v1/jobs/{Part(id)}", PlatformJson.Lines.JobView, ct);

    public Task<JobView> CancelJobAsync(string id, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, $"api/v1/jobs/{Part(id)}/cancel", null, PlatformJson.Lines.JobView, ct);

    public Task<JobView> RetryJobAsync(string id, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, $"api/v1/jobs/{Part(id)}/retry", null, PlatformJson.Lines.JobView, ct);

    public async Task<string> JobLogAsync(string id, CancellationToken ct)
    {
        using var response = await RequestAsync(HttpMethod.Get, $"api/v1/jobs/{Part(id)}/log", null, ct);
        return await response.Content.ReadAsStringAsync(ct);
    }

    /// <summary>A metric of the job's run over time, at most 500 points.</summary>
    public Task<IReadOnlyList<MetricRow>> JobMetricAsync(string id, string name, CancellationToken ct) =>
        GetAsync($"api/v1/jobs/{Part(id)}/metrics?name={Part(name)}", RunJson.Lines.IReadOnlyListMetricRow, ct);

    public Task<IReadOnlyList<DeploymentView>> DeploymentsAsync(CancellationToken ct) =>
        GetAsync("api/v1/deployments", PlatformJson.Lines.IReadOnlyListDeploymentView, ct);

    public Task<IReadOnlyList<DeploymentView>> RemoveDeploymentAsync(string name, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, $"api/v1/deployments/{Part(name)}", null,
        PlatformJson.Lines.IReadOnlyListDeploymentView, ct);

    public Task<IReadOnlyList<VersionView>> VersionsAsync(string? kind, CancellationToken ct) =>
        GetAsync("api/v1/versions" + (kind is null ? "" : $"?kind={Part(kind)}"),
        PlatformJson.Lines.IReadOnlyListVersionView, ct);

    /// <summary>The model versions with their cards and where they run, newest first.</summary>
    public Task<IReadOnlyList<ModelView>> RegisteredModelsAsync(CancellationToken ct) =>
        GetAsync("api/v1/models", PlatformJson.Lines.IReadOnlyListModelView, ct);

    /// <summary>Begins an import; <see cref="ImportAsync"/> tells how it goes.</summary>
    public Task<ImportView> ImportModelAsync(ImportRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, "api/v1/models/import",
        JsonSerializer.Serialize(request, PlatformJson.Lines.ImportRequest), PlatformJson.Lines.ImportView, ct);

    public Task<IReadOnlyList<ImportView>> ImportsAsync(CancellationToken ct) =>
        GetAsync("api/v1/models/imports", PlatformJson.Lines.IReadOnlyListImportView, ct);

    public Task<ImportView> ImportAsync(string id, CancellationToken ct) =>
        GetAsync($"api/v1/models/imports/{Part(id)}", PlatformJson.Lines.ImportView, ct);

    public Task<ImportView> CancelImportAsync(string id, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, $"api/v1/models/imports/{Part(id)}", null, PlatformJson.Lines.ImportView, ct);

    /// <summary>Keeps a registered model running; all deployments come back.</summary>
    public Task<IReadOnlyList<DeploymentView>> DeployModelAsync(DeployRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, "api/v1/models/deploy",
        JsonSerializer.Serialize(request, PlatformJson.Lines.DeployRequest),
        PlatformJson.Lines.IReadOnlyListDeploymentView, ct);

    /// <summary>What a deployment's engine says of itself: numbers by name, as many as it knows.</summary>
    public async Task<JsonObject> EngineStatsAsync(string deployment, CancellationToken ct)
    {
        using var response = await RequestAsync(HttpMethod.Get, $"api/v1/deployments/{Part(deployment)}/stats", null,
            ct);
        var json = await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
        return json as JsonObject ?? throw new WeirApiException(502, "The engine's statistics are no JSON object.");
    }

    public Task<TraceView> TraceAsync(string requestId, CancellationToken ct) =>
        GetAsync($"api/v1/trace/{Part(requestId)}", PlatformJson.Lines.TraceView, ct);

    public Task<IReadOnlyList<KeyView>> KeysAsync(CancellationToken ct) =>
        GetAsync("api/v1/keys", PlatformJson.Lines.IReadOnlyListKeyView, ct);

    public Task<KeyView> CreateKeyAsync(KeyRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, "api/v1/keys",
        JsonSerializer.Serialize(request, PlatformJson.Lines.KeyRequest), PlatformJson.Lines.KeyView, ct);

    public async Task RevokeKeyAsync(string id, CancellationToken ct)
    {
        using var response = await RequestAsync(HttpMethod.Delete, $"api/v1/keys/{Part(id)}", null, ct);
    }

    /// <summary>Ledger rows, newest first.</summary>
    public Task<IReadOnlyList<LedgerRow>> LedgerAsync(int limit, Guid? before, CancellationToken ct) =>
        GetAsync($"api/v1/ledger?limit={limit}" + (before is null ? "" : $"&before={before}"),
        PlatformJson.Lines.IReadOnlyListLedgerRow, ct);

    public Task<LedgerRow> LedgerRowAsync(Guid id, CancellationToken ct) =>
        GetAsync($"api/v1/ledger/{id}", PlatformJson.Lines.LedgerRow, ct);

    /// <summary>The names of the models that are served.</summary>
    public async Task<IReadOnlyList<string>> ModelsAsync(CancellationToken ct) =>
        [.. (await GetAsync("v1/models", OpenAiJson.Wire.ModelList, ct)).Data.Select(m => m.Id)];

    /// <summary>Asks a model; the answer comes in pieces, the usage with the last one.</summary>
    public IAsyncEnumerable<ChatDelta> ChatAsync(string model, IReadOnlyList<ChatTurn> messages, double temperature,
        int maxTokens, CancellationToken ct) => ChatAsync(new JsonObject
        {
            ["model"] = model, ["temperature"] = temperature, ["max_tokens"] = maxTokens,
            ["messages"] = new JsonArray([.. messages.Select(m =>
                (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]),
        }, ct);

    /// <summary>The same with a body of the caller's own, whatever fields it has; it is streamed in any case.</summary>
    public async IAsyncEnumerable<ChatDelta> ChatAsync(JsonObject body, [EnumeratorCancellation] CancellationToken ct)
    {
        body["stream"] = true;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        using var response = await RequestAsync(HttpMethod.Post, "v1/chat/completions", body.ToJsonString(), ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            var json = line[6..];
            if (json == "[DONE]") yield break;
            yield return ChatDelta.Parse(json);
        }
    }

    public void Dispose() => http.Dispose();

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct) =>
        SendAsync(HttpMethod.Get, path, null, type, ct);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, string? body, JsonTypeInfo<T> type,
        CancellationToken ct)
    {
        using var response = await RequestAsync(method, path, body, ct);
        return await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(ct), type, ct)
            ?? throw new WeirApiException((int)response.StatusCode, $"{path} answered null.");
    }

    private async Task<HttpResponseMessage> RequestAsync(HttpMethod method, string path, string? body,
        CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content =
            new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw new WeirApiException(0,
                $"No platform answers at {http.BaseAddress} ({e.Message}). Start one with ./weir up, "
                + "or say where it is with WEIR_URL.");
        }
        if (response.IsSuccessStatusCode) return response;
        using (response) throw new WeirApiException((int)response.StatusCode, await MessageOfAsync(response, ct));
    }

    private static async Task<string> MessageOfAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        string? message = null;
        try
        {
            var json = JsonNode.Parse(text) as JsonObject;
            message = (string?)json?["title"] ?? (string?)json?["error"]?["message"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not the platform's own error shape: the status has to do
        }
        return message ?? (response.StatusCode == HttpStatusCode.NotFound ? "There is nothing at this address."
            : $"The platform answered {(int)response.StatusCode}.");
    }

    private static string Part(string text) => Uri.EscapeDataString(text);
}
