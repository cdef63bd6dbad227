using Microsoft.Data.Sqlite;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Accounts.Ledger;

/// <summary>Reads the ledger that the gateway writes (<c>ledger.db</c>, contract 6). It never writes.</summary>
public sealed class LedgerReader
{
    private const string Columns =
        "request_id, time, organisation, project, key_id, model, model_version, deployment, site, tokens_prompt, "
        + "tokens_cached, tokens_generated, tokens_delivered, tokens_billed, price_version, currency, input_micros, "
        + "cached_input_micros, "
        + "output_micros, charge_micros, billing_basis, end_reason, http_status, time_to_first_token_ms, duration_ms";
    private readonly string _path;

    internal LedgerReader(string dataFolder) => _path = Path.Combine(dataFolder, "ledger.db");

    /// <summary>Newest first; ids are UUIDv7, so they sort by time. <paramref name="before"/> pages back.</summary>
    public IReadOnlyList<LedgerRow> List(int limit, Guid? before = null, string? model = null)
    {
        if (limit is < 1 or > 1000) throw new UserErrorException("limit must be between 1 and 1000.");
        return Query("WHERE ($before IS NULL OR request_id < $before) AND ($model IS NULL OR model = $model) ORDER BY "
            + "request_id DESC "
            + "LIMIT $limit", ("$before", before?.ToString()), ("$model", model), ("$limit", limit));
    }

    public LedgerRow? Find(Guid requestId) =>
        Query("WHERE request_id = $id", ("$id", requestId.ToString())).FirstOrDefault();

    private List<LedgerRow> Query(string rest, params (string Name, object? Value)[] parameters)
    {
        var rows = new List<LedgerRow>();
        if (!File.Exists(_path)) return rows;
        using var connection = new SqliteConnection($"Data Source={_path};Mode=ReadOnly");
        connection.Open();
        using var command = SqliteFile.Command(connection, $"SELECT {Columns} FROM ledger {rest}", parameters);
        using var reader = command.ExecuteReader();
        while (reader.Read()) rows.Add(RowOf(reader));
        return rows;
    }

    private static LedgerRow RowOf(SqliteDataReader r) => new()
    {
        RequestId = Guid.Parse(r.GetString(0)), Time = SqliteFile.Time(r.GetString(1)), Organisation = r.GetString(2),
        Project = r.GetString(3), KeyId = r.GetString(4), Model = r.GetString(5), ModelVersion = r.GetString(6),
        Deployment = r.GetString(7), Site = r.GetString(8), TokensPrompt = r.GetInt64(9), TokensCached = r.GetInt64(10),
        TokensGenerated = r.GetInt64(11), TokensDelivered = r.GetInt64(12), TokensBilled = r.GetInt64(13),
        Price = new PriceEntry(r.GetString(14), r.GetString(15), r.GetInt64(16), r.GetInt64(17), r.GetInt64(18)),
        ChargeMicros = r.GetInt64(19), BillingBasis = r.GetString(20), EndReason = r.GetString(21),
        HttpStatus = r.GetInt32(22),
        TimeToFirstTokenMs = r.IsDBNull(23) ? null : r.GetDouble(23), DurationMs = r.GetDouble(24),
    };
}
