using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Gateway.Ledger;

/// <summary>The durable ledger (contract 6): rows go through a bounded channel to one writer, which commits up to 1,000
/// of them or what came within 50 ms. A full channel makes requests wait; a row is never dropped. Rows are idempotent
/// by request id.</summary>
public sealed class LedgerSpool : BackgroundService
{
    private const int Capacity = 10_000, MaxBatch = 1_000;
    private static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(50), RetryTime = TimeSpan.FromSeconds(1);

    private const string Insert =
        """
        INSERT INTO ledger VALUES ($id, $time, $organisation, $project, $key, $model, $version, $deployment, $site,
          $prompt, $cached, $generated, $delivered, $billed, $price, $currency, $input_price, $cached_price,
          $output_price, $charge, $basis, $reason, $status, $ttft, $duration) ON CONFLICT (request_id) DO NOTHING
        """;

    private readonly SqliteFile _database;
    private readonly ILogger<LedgerSpool> _logger;
    private readonly Channel<Entry> _channel =
        Channel.CreateBounded<Entry>(new BoundedChannelOptions(Capacity) { SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait });

    /// <summary>A row, or a request to be told when everything before it is on disk.</summary>
    private readonly record struct Entry(LedgerRow? Row, TaskCompletionSource? Flushed);

    public LedgerSpool(GatewayOptions options, ILogger<LedgerSpool> logger)
    {
        _database = new SqliteFile(Path.Combine(options.DataFolder, "ledger.db"));
        _logger = logger;
    }

    /// <summary>Returns when the row is in the channel.</summary>
    public ValueTask AppendAsync(LedgerRow row) => _channel.Writer.WriteAsync(new Entry(row, null));

    /// <summary>Returns when every row appended before is on disk.</summary>
    public async Task FlushAsync()
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _channel.Writer.WriteAsync(new Entry(null, flushed));
        await flushed.Task;
    }

    /// <summary>Writes what is left, then stops.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _channel.Writer.TryComplete();
        if (ExecuteTask is { } running) await running.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Runs until the channel is completed, not until the token: rows of requests that end during the shutdown
    /// count too.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Entry>(MaxBatch);
        while (await _channel.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            Take(batch);
            if (batch.Count < MaxBatch && batch.TrueForAll(e => e.Flushed is null))
            {
                await Task.Delay(BatchTime, CancellationToken.None);
                Take(batch);
            }
            while (!TryCommit(batch)) await Task.Delay(RetryTime, CancellationToken.None);
            foreach (var entry in batch) entry.Flushed?.TrySetResult();
        }
    }

    private void Take(List<Entry> batch)
    {
        while (batch.Count < MaxBatch && _channel.Reader.TryRead(out var entry)) batch.Add(entry);
    }

    private bool TryCommit(List<Entry> batch)
    {
        try
        {
            using var connection = _database.Open();
            using var transaction = connection.BeginTransaction();
            foreach (var entry in batch)
                if (entry.Row is { } row) Write(connection, row);
            transaction.Commit();
            return true;
        }
        catch (SqliteException e)
        {
            LedgerLog.CommitFailed(_logger, batch.Count, e);
            return false; // a full disk, say: the rows stay in memory and are tried again
        }
    }

    private static void Write(SqliteConnection connection, LedgerRow row) => SqliteFile.Execute(connection, Insert,
        ("$id", row.RequestId.ToString()), ("$time", SqliteFile.Text(row.Time)), ("$organisation", row.Organisation),
        ("$project", row.Project), ("$key", row.KeyId), ("$model", row.Model), ("$version", row.ModelVersion),
        ("$deployment", row.Deployment), ("$site", row.Site), ("$prompt", row.TokensPrompt),
        ("$cached", row.TokensCached),
        ("$generated", row.TokensGenerated), ("$delivered", row.TokensDelivered), ("$billed", row.TokensBilled),
        ("$price", row.Price.PriceVersion), ("$currency", row.Price.Currency),
        ("$input_price", row.Price.InputMicrosPerMillion),
        ("$cached_price", row.Price.CachedInputMicrosPerMillion), ("$output_price", row.Price.OutputMicrosPerMillion),
        ("$charge", row.ChargeMicros), ("$basis", row.BillingBasis), ("$reason", row.EndReason),
        ("$status", row.HttpStatus),
        ("$ttft", row.TimeToFirstTokenMs), ("$duration", row.DurationMs));
}

internal static partial class LedgerLog
{
    [LoggerMessage(LogLevel.Error, "{Rows} ledger rows could not be written; they are kept and tried again")]
    public static partial void CommitFailed(ILogger logger, int rows, Exception exception);
}
