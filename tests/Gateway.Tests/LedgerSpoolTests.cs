using Microsoft.Data.Sqlite;
using Weir.Formats.Platform;

namespace Weir.Gateway.Tests;

public sealed class LedgerSpoolTests : IAsyncLifetime
{
    private GatewayUnderTest _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private static LedgerRow Row(Guid id) => new()
    {
        RequestId = id, Time = DateTimeOffset.UtcNow, Organisation = "home", Project = "default", KeyId = "k1",
        Model = "m", ModelVersion = "sha256:x", Deployment = "m", Site = "local",
        Price = new PriceEntry("p1", "CNY", 1, 1, 1),
        BillingBasis = BillingBases.Reported, EndReason = EndReasons.Stop,
    };

    [Fact]
    public async Task The_same_request_is_one_row()
    {
        var id = Guid.CreateVersion7();
        for (int i = 0; i < 3; i++) await _gateway.Spool.AppendAsync(Row(id));
        await _gateway.Spool.FlushAsync();
        Assert.Single(await _gateway.RowsAsync(1));
    }

    [Fact]
    public async Task Rows_from_many_writers_are_all_on_disk_after_a_flush()
    {
        const int writers = 8, each = 1500; // more than the channel holds at once
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < each; i++) await _gateway.Spool.AppendAsync(Row(Guid.CreateVersion7()));
        })));
        await _gateway.Spool.FlushAsync();
        Assert.Equal(writers * each, (await _gateway.RowsAsync(0)).Count);
    }

    [Fact]
    public async Task Rows_that_cannot_be_written_are_kept_and_written_when_they_can_be()
    {
        using var connection = new SqliteConnection($"Data Source={_gateway.Database}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "ALTER TABLE ledger RENAME TO away";
        command.ExecuteNonQuery();
        await _gateway.Spool.AppendAsync(Row(Guid.CreateVersion7()));
        var flushed = _gateway.Spool.FlushAsync();
        await Task.Delay(300);
        Assert.False(flushed.IsCompleted);
        command.CommandText = "ALTER TABLE away RENAME TO ledger";
        command.ExecuteNonQuery();
        await flushed.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Single(await _gateway.RowsAsync(1));
    }
}
