using System.CommandLine;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir ledger list|show</c>.</summary>
public static class LedgerCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit") { Description = "Rows, 1 to 1000.", DefaultValueFactory = _ => 20 };
        var list = new Command("list", "List the newest ledger rows.") { limit, ClientVerb.Json };
        list.Act(async (parsed, client, ct) => parsed.Show(await client.LedgerAsync(parsed.GetValue(limit), null, ct),
            PlatformJson.Pretty.IReadOnlyListLedgerRow, rows =>
            {
                foreach (var r in rows)
                    Console.WriteLine($"{r.RequestId}  {r.Time:u}  {r.Model,-12} {r.TokensPrompt,6} + "
                        + $"{r.TokensBilled,5} tokens  "
                        + $"{r.ChargeMicros / 1e6,10:0.000000} {r.Price.Currency}  {r.EndReason}");
            }));
        var id = new Argument<Guid>("ID") { Description = "The request id." };
        var show = new Command("show", "Show a row and how its charge comes about.") { id, ClientVerb.Json };
        show.Act(async (parsed, client, ct) =>
            parsed.Show(await client.LedgerRowAsync(parsed.GetValue(id), ct), PlatformJson.Pretty.LedgerRow, Explain));
        return new Command("ledger", "What requests used and cost.") { list, show };
    }

    private static void Explain(LedgerRow r)
    {
        Console.WriteLine($"request    {r.RequestId}  {r.Time:u}  key {r.KeyId}");
        Console.WriteLine($"model      {r.Model} ({r.ModelVersion}) on {r.Deployment} at {r.Site}");
        Console.WriteLine($"tokens     prompt {r.TokensPrompt} (cached {r.TokensCached}), generated "
            + $"{r.TokensGenerated}, delivered "
            + $"{r.TokensDelivered}, billed {r.TokensBilled} ({r.BillingBasis})");
        Console.WriteLine($"end        {r.EndReason}, HTTP {r.HttpStatus}, first token {r.TimeToFirstTokenMs:0.0} ms, "
            + $"whole {r.DurationMs:0.0} ms");
        Console.WriteLine($"charge     ({r.TokensPrompt - r.TokensCached} x {r.Price.InputMicrosPerMillion} + "
            + $"{r.TokensCached} x "
            + $"{r.Price.CachedInputMicrosPerMillion} + {r.TokensBilled} x {r.Price.OutputMicrosPerMillion}) / "
            + $"1,000,000 = "
            + $"{r.ChargeMicros} micro-{r.Price.Currency} (price {r.Price.PriceVersion})");
    }
}
