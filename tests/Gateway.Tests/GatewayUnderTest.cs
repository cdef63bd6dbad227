using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weir.Formats.OpenAi;
using Weir.Formats.Platform;
using Weir.Gateway.Ledger;

namespace Weir.Gateway.Tests;

/// <summary>The gateway on a port of its own before a <see cref="ScriptedEngine"/>, with a model 'm' (prices 1, 0.5
/// and 2 CNY a million tokens).</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    public const string Key = "sk-weir-good", Expired = "sk-weir-expired", AdminOnly = "sk-weir-admin-only";
    private static readonly KeyHash Hash = new(new byte[32]);

    private readonly string _folder;
    private readonly WebApplication _app;

    private GatewayUnderTest(string folder, ScriptedEngine engine, WebApplication app)
    {
        (_folder, Engine, _app) = (folder, engine, app);
    }

    public ScriptedEngine Engine { get; }

    public HttpClient Http { get; } = new();

    public string Database => Path.Combine(_folder, "ledger.db");

    public static async Task<GatewayUnderTest> StartAsync(Func<GatewayOptions, GatewayOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("weir-gateway-").FullName;
        var engine = await ScriptedEngine.StartAsync(folder);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var options = new GatewayOptions { DataFolder = folder };
        builder.Services.AddGateway(change?.Invoke(options) ?? options, _ => Hash);
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync();
        var gateway = new GatewayUnderTest(folder, engine, app);
        gateway.Publish(Model("m", engine.Address));
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        gateway.Http.BaseAddress = new Uri(address.Single());
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return gateway;
    }

    public static SnapshotModel Model(string name, string? replica, string gate = GateVerdict.Passed) => new(name,
        "sha256:" + new string('a', 64), DateTimeOffset.UnixEpoch,
        [new SnapshotDeployment(name, "local", new GateVerdict(gate, "policy", "as tested"),
            replica is null ? [] : [new SnapshotReplica(replica)])],
        new PriceEntry("p1", "CNY", 1_000_000, 500_000, 2_000_000));

    public void Publish(params SnapshotModel[] models) =>
        _app.Services.GetRequiredService<GatewaySnapshotStore>().Publish(new GatewaySnapshot
        {
            Version = 1, Models = models,
            Keys =
            [
                new SnapshotKey("k1", Hash.Of(Key), "home", "default", [KeyScopes.Inference]),
                new SnapshotKey("k2", Hash.Of(Expired), "home", "default", [KeyScopes.Inference],
                    DateTimeOffset.UtcNow.AddMinutes(-1)),
                new SnapshotKey("k3", Hash.Of(AdminOnly), "home", "default", [KeyScopes.Admin]),
            ],
        });

    public LedgerSpool Spool => _app.Services.GetRequiredService<LedgerSpool>();

    public static string Chat(bool stream = false, string more = "", string model = "m") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}],"stream":"""
        + (stream ? "true" : "false") + more + "}";

    public Task<HttpResponseMessage> PostAsync(string body, string path = "v1/chat/completions") =>
        Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Asks for a stream and returns when the answer's head is there.</summary>
    public Task<HttpResponseMessage> OpenStreamAsync(string more = "", CancellationToken ct = default) =>
        Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = new StringContent(Chat(stream: true, more), Encoding.UTF8, "application/json"),
        }, HttpCompletionOption.ResponseHeadersRead, ct);

    public static async Task<IReadOnlyList<string>> EventsAsync(HttpResponseMessage answer) =>
        [.. (await answer.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(e => e.StartsWith("data: ", StringComparison.Ordinal) ? e[6..] : throw new FormatException(e))];

    public static async Task<ErrorBody> ErrorAsync(HttpResponseMessage answer) => JsonSerializer.Deserialize(
        await answer.Content.ReadAsStringAsync(), OpenAiJson.Wire.ErrorResponse)!.Error;

    /// <summary>The rows on disk, as soon as there are so many: a row follows its answer.</summary>
    public async Task<IReadOnlyList<JsonObject>> RowsAsync(int atLeast)
    {
        for (int i = 0; ; i++)
        {
            await Spool.FlushAsync();
            var rows = Read();
            if (rows.Count >= atLeast) return rows;
            Assert.True(i < 200, $"{rows.Count} rows in the ledger, expected {atLeast}");
            await Task.Delay(50);
        }
    }

    public async Task<JsonObject> RowAsync() => Assert.Single(await RowsAsync(1));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Engine.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private List<JsonObject> Read()
    {
        using var connection = new SqliteConnection($"Data Source={Database}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM ledger ORDER BY time";
        using var reader = command.ExecuteReader();
        var rows = new List<JsonObject>();
        while (reader.Read())
        {
            var row = new JsonObject();
            for (int i = 0; i < reader.FieldCount; i++)
                row[reader.GetName(i)] = reader.IsDBNull(i) ? null : JsonValue.Create(reader.GetString(i));
            rows.Add(row);
        }
        return rows;
    }
}
