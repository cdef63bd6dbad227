using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weir.Accounts.Keys;
using Weir.Accounts.Ledger;
using Weir.Accounts.Prices;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Accounts;

/// <summary>Who may do what, what it costs, and what was used: the accounts of one data folder.</summary>
public sealed class AccountsPlane
{
    private AccountsPlane(string dataFolder)
    {
        var database = new SqliteFile(Path.Combine(dataFolder, "accounts.db"));
        Keys = new KeyRing(database, SecretFile.PlatformSecret(dataFolder), () => Changed?.Invoke());
        Prices = new PriceBook(database, () => Changed?.Invoke());
        Ledger = new LedgerReader(dataFolder);
    }

    /// <summary>Keys or prices have changed: a new gateway snapshot is due.</summary>
    public event Action? Changed;

    public KeyRing Keys { get; }
    public PriceBook Prices { get; }
    public LedgerReader Ledger { get; }

    public static AccountsPlane Open(string dataFolder) => new(dataFolder);
}

/// <summary>What the Host calls to have accounts.</summary>
public static class AccountsSetup
{
    public static IServiceCollection AddAccounts(this IServiceCollection services, string dataFolder) =>
        services.AddSingleton(_ => AccountsPlane.Open(dataFolder));

    public static void MapAccounts(this RouteGroupBuilder api)
    {
        api.MapGet("/keys", (AccountsPlane accounts) => Json(accounts.Keys.List()));
        api.MapPost("/keys", (AccountsPlane accounts, KeyRequest request) => Json(accounts.Keys.Create(request)));
        api.MapDelete("/keys/{id}", (AccountsPlane accounts, string id) =>
        {
            accounts.Keys.Revoke(id);
            return Results.NoContent();
        });
        api.MapGet("/ledger", (AccountsPlane accounts, int? limit, Guid? before, string? model) =>
            Json(accounts.Ledger.List(limit ?? 50, before, model)));
        api.MapGet("/ledger/{id:guid}", (AccountsPlane accounts, Guid id) =>
            accounts.Ledger.Find(id) is { } row ? Json(row)
            : Results.Problem(title: $"The ledger has no request {id}.", statusCode: 404));
        api.MapGet("/prices", (AccountsPlane accounts) =>
            Results.Json(accounts.Prices.List(), PriceJson.Default.Options));
        api.MapPut("/prices", (AccountsPlane accounts, PriceRequest request) =>
            Results.Json(accounts.Prices.Set(request), PriceJson.Default.Options));
    }

    private static IResult Json<T>(T value) => Results.Json(value, PlatformJson.Lines.Options);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, PriceEntry>))]
[JsonSerializable(typeof(PriceRequest))]
internal sealed partial class PriceJson : JsonSerializerContext;
