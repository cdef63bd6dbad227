using Weir.Formats.Bcl;
using Weir.Inference.Accounting;

namespace Weir.Inference.Tests.Accounting;

public sealed class RequestAccountTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly Clock _clock = new();

    public void Dispose() => _folder.Dispose();

    private string Path => _folder.File("account");

    private AccountRow Row(int number) => new(0, $"r-{number}", number, number / 2, number * 3, "stop",
        _clock.GetUtcNow(), number, 5);

    [Fact]
    public void Rows_survive_a_restart_and_cursors_go_on()
    {
        using (var account = new RequestAccount(Path, _clock))
        {
            for (int i = 1; i <= 5; i++) account.Add(Row(i));
            Assert.True(account.Flush(Long));
        }
        using var again = new RequestAccount(Path, _clock);
        var page = again.Read(0, 3);
        Assert.Equal([1L, 2, 3], page.Data.Select(r => r.Cursor));
        Assert.Equal("r-2", page.Data[1].Id);
        Assert.Equal(6, page.Data[1].GeneratedTokens);
        Assert.Equal((3, true), (page.Next, page.HasMore));
        page = again.Read(page.Next, 3);
        Assert.Equal([4L, 5], page.Data.Select(r => r.Cursor));
        Assert.False(page.HasMore);
        again.Add(Row(6));
        Assert.True(again.Flush(Long));
        Assert.Equal(6, Assert.Single(again.Read(5, 10).Data).Cursor);
        Assert.Equal(6, again.Read(6, 10).Next);
    }

    [Fact]
    public void Whatever_a_crash_leaves_at_the_end_is_cut_off_and_the_rest_is_read()
    {
        using (var account = new RequestAccount(Path, _clock))
        {
            for (int i = 1; i <= 4; i++) account.Add(Row(i));
            Assert.True(account.Flush(Long));
        }
        var whole = File.ReadAllBytes(Path);
        var ends = whole.Select((b, i) => (b, i)).Where(x => x.b == '\n').Select(x => x.i + 1).ToList();
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            using (var torn = new RequestAccount(Path, _clock))
            {
                int rows = ends.Count(e => e <= length);
                Assert.Equal(rows, torn.Read(0, 10).Data.Count);
                torn.Add(Row(9));
                Assert.True(torn.Flush(Long));
                Assert.Equal(rows + 1, torn.Read(0, 10).Data.Count);
            }
            if (length % 37 != 0) continue;
            using var again = new RequestAccount(Path, _clock);
            Assert.Equal("r-9", again.Read(0, 10).Data[^1].Id);
        }
    }

    [Fact]
    public void A_damaged_row_is_passed_over()
    {
        using (var account = new RequestAccount(Path, _clock))
        {
            for (int i = 1; i <= 3; i++) account.Add(Row(i));
            Assert.True(account.Flush(Long));
        }
        var text = File.ReadAllText(Path).Replace("\"r-2\"", "\"r-7\"");
        File.WriteAllText(Path, "\nnonsense\n00000000 {}\n" + text);
        using var again = new RequestAccount(Path, _clock);
        Assert.Equal(["r-1", "r-3"], again.Read(0, 10).Data.Select(r => r.Id));
    }

    [Fact]
    public void Rows_are_kept_for_a_day_and_the_file_shrinks()
    {
        using (var account = new RequestAccount(Path, _clock))
        {
            for (int i = 1; i <= 3000; i++) account.Add(Row(i));
            Assert.True(account.Flush(Long));
            long before = new FileInfo(Path).Length;
            _clock.Now += TimeSpan.FromHours(23);
            Assert.Equal(3000, account.Read(0, RequestAccount.MaxPage).Data.Count);
            _clock.Now += TimeSpan.FromHours(2);
            Assert.Empty(account.Read(0, RequestAccount.MaxPage).Data);
            account.Add(Row(7));
            Assert.True(account.Flush(Long));
            account.Add(Row(8)); // its turn comes after the file was written anew
            Assert.True(account.Flush(Long));
            Assert.True(new FileInfo(Path).Length < before / 100);
        }
        using (var again = new RequestAccount(Path, _clock))
            Assert.Equal([3001L, 3002], again.Read(0, 10).Data.Select(r => r.Cursor));
        _clock.Now += TimeSpan.FromDays(3);
        using var late = new RequestAccount(Path, _clock);
        late.Add(Row(9));
        Assert.True(late.Flush(Long));
        Assert.Equal(3003, Assert.Single(late.Read(0, 10).Data).Cursor);
    }

    [Fact]
    public void Two_engines_cannot_write_one_account()
    {
        using var first = new RequestAccount(Path, _clock);
        Assert.Contains("--account", Assert.Throws<UserErrorException>(() => new RequestAccount(Path, _clock)).Message);
    }

    [Fact]
    public void Without_a_file_rows_are_kept_in_memory()
    {
        using var account = new RequestAccount(null, _clock);
        account.Add(Row(1));
        account.Add(Row(2));
        Assert.Equal("r-2", Assert.Single(account.Read(1, 10).Data).Id);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
