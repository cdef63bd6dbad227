using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Accounts.Prices;

/// <summary>A price to set, in micro-units of the currency per million tokens.</summary>
public sealed record PriceRequest(string Model, long InputMicrosPerMillion, long CachedInputMicrosPerMillion,
    long OutputMicrosPerMillion);

/// <summary>What tokens cost, by model; a model without an entry has the entry <c>*</c>. Every change is a new
/// version.</summary>
public sealed class PriceBook
{
    public const string AnyModel = "*", Currency = "CNY";

    /// <summary>The first version of the entry <c>*</c>: 1 CNY per million tokens in, a quarter of it cached, 4 CNY
    /// out.</summary>
    private static readonly PriceEntry First = new("*-0", Currency, 1_000_000, 250_000, 4_000_000);
    private readonly SqliteFile _database;
    private readonly Action _changed;

    internal PriceBook(SqliteFile database, Action changed)
    {
        _database = database;
        _changed = changed;
    }

    public PriceEntry For(string model) => Find(model) ?? Find(AnyModel) ?? First;

    public IReadOnlyDictionary<string, PriceEntry> List()
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, "SELECT model FROM prices");
        using var reader = command.ExecuteReader();
        var entries = new Dictionary<string, PriceEntry> { [AnyModel] = First };
        var models = new List<string>();
        while (reader.Read()) models.Add(reader.GetString(0));
        foreach (var model in models) entries[model] = Find(model)!;
        return entries;
    }

    public PriceEntry Set(PriceRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Model)) throw new UserErrorException("A price needs a model, or * for "
            + "all.");
        if (request.InputMicrosPerMillion < 0 || request.CachedInputMicrosPerMillion < 0
            || request.OutputMicrosPerMillion < 0)
            throw new UserErrorException("Prices cannot be negative.");
        using (var connection = _database.Open())
            SqliteFile.Execute(connection, "INSERT INTO prices VALUES ($model, 1, $currency, $in, $cached, $out, $now) "
                + "ON CONFLICT (model) DO UPDATE SET version = version + 1, input_micros = $in, cached_input_micros = "
                + "$cached, "
                + "output_micros = $out, changed = $now",
                ("$model", request.Model), ("$currency", Currency), ("$in", request.InputMicrosPerMillion),
                ("$cached", request.CachedInputMicrosPerMillion), ("$out", request.OutputMicrosPerMillion),
                ("$now", SqliteFile.Text(DateTimeOffset.UtcNow)));
        _changed();
        return For(request.Model);
    }

    private PriceEntry? Find(string model)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            "SELECT version, currency, input_micros, cached_input_micros, output_micros FROM prices WHERE model = "
                + "$model", ("$model", model));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new PriceEntry($"{model}-{reader.GetInt64(0)}", reader.GetString(1), reader.GetInt64(2),
            reader.GetInt64(3),
            reader.GetInt64(4)) : null;
    }
}
