using Weir.Accounts.Prices;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;

namespace Weir.Accounts.Tests;

public sealed class AccountsPlaneTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-accounts-").FullName;

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private AccountsPlane Open() => AccountsPlane.Open(_folder);

    [Fact]
    public void A_key_is_shown_once_and_kept_as_a_hash()
    {
        var accounts = Open();
        var key = accounts.Keys.Create(new KeyRequest("app"));
        Assert.StartsWith("sk-weir-", key.Secret);
        Assert.Equal(key.Secret![^4..], key.LastFour);
        Assert.All(accounts.Keys.List(), k => Assert.Null(k.Secret));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_folder))
            Assert.DoesNotContain(key.Secret, File.ReadAllText(file, System.Text.Encoding.Latin1));
        Assert.Equal([KeyScopes.Inference], accounts.Keys.Verify(key.Secret)!.Scopes);
        Assert.Null(accounts.Keys.Verify(key.Secret + "x"));
    }

    [Fact]
    public void A_key_is_good_after_a_restart_and_not_after_its_revocation()
    {
        var key = Open().Keys.Create(new KeyRequest("app"));
        var again = Open();
        Assert.NotNull(again.Keys.Verify(key.Secret!));
        int changes = 0;
        again.Changed += () => changes++;
        again.Keys.Revoke(key.KeyId);
        Assert.Equal(1, changes);
        Assert.Null(again.Keys.Verify(key.Secret!));
        Assert.DoesNotContain(again.Keys.Snapshot(), k => k.KeyId == key.KeyId);
    }

    [Fact]
    public void An_ephemeral_key_lives_as_long_as_its_process()
    {
        var accounts = Open();
        var key = accounts.Keys.AddEphemeralKey("console", [KeyScopes.Admin]);
        Assert.Equal("console", accounts.Keys.Verify(key)!.KeyId);
        Assert.Empty(accounts.Keys.List());
        Assert.Null(Open().Keys.Verify(key));
    }

    [Fact]
    public void The_administrators_key_file_is_written_once_and_mended_when_it_is_lost()
    {
        var file = Path.Combine(_folder, "admin.key");
        Assert.True(Open().Keys.EnsureAdminKey(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var first = File.ReadAllText(file);
        Assert.False(Open().Keys.EnsureAdminKey(file));
        Assert.Equal(first, File.ReadAllText(file));
        File.Delete(file);
        Assert.True(Open().Keys.EnsureAdminKey(file));
        Assert.NotNull(Open().Keys.Verify(File.ReadAllText(file).Trim()));
    }

    [Theory]
    [InlineData("", null, "name")]
    [InlineData("x", "root", "scope")]
    public void A_bad_key_request_says_what_is_wrong(string name, string? scope, string word) =>
        Assert.Contains(word, Assert.Throws<UserErrorException>(
            () => Open().Keys.Create(new KeyRequest(name, scope is null ? null : [scope]))).Message);

    [Fact]
    public void A_price_is_the_models_own_or_that_of_all()
    {
        var accounts = Open();
        Assert.Equal("*-0", accounts.Prices.For("town").PriceVersion);
        accounts.Prices.Set(new PriceRequest("town", 2, 1, 3));
        Assert.Equal(3, accounts.Prices.For("town").OutputMicrosPerMillion);
        Assert.Equal("town-2", accounts.Prices.Set(new PriceRequest("town", 2, 1, 9)).PriceVersion);
        accounts.Prices.Set(new PriceRequest("*", 7, 7, 7));
        Assert.Equal("*-1", Open().Prices.For("other").PriceVersion);
        Assert.Throws<UserErrorException>(() => accounts.Prices.Set(new PriceRequest("town", -1, 0, 0)));
    }

    [Fact]
    public void A_damaged_platform_secret_is_named()
    {
        Open();
        File.WriteAllText(Path.Combine(_folder, "secret.key"), "not base 64 !");
        Assert.Contains("secret.key", Assert.Throws<UserErrorException>(() => Open()).Message);
    }

    [Fact]
    public void Without_a_gateway_the_ledger_is_empty() => Assert.Empty(Open().Ledger.List(10));
}
