using Weir.Formats.Bcl;
using Weir.Formats.Tokens;

namespace Weir.Formats.Tests.Tokens;

public sealed class TokenShardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-shard-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Written(byte[]? supervised = null)
    {
        var path = Path.Combine(_folder, "a.tokens");
        new TokenShard(10, [1, 2, 3, 9], [0, 1, 4], supervised).Save(path);
        return path;
    }

    [Fact]
    public void A_shard_comes_back_as_it_was_saved()
    {
        var shard = TokenShard.Load(Written([0, 1, 1, 0]));
        Assert.Equal([1, 2, 3, 9], shard.Tokens);
        Assert.Equal(2, shard.DocumentCount);
        Assert.Equal([2, 3, 9], shard.Document(1).ToArray());
        Assert.Equal([1, 1, 0], shard.DocumentSupervision(1).ToArray());
        Assert.Null(TokenShard.Load(Written()).Supervised);
    }

    [Fact]
    public void An_id_outside_of_the_vocabulary_is_refused()
    {
        var path = Path.Combine(_folder, "b.tokens");
        new TokenShard(3, [1, 3], [0, 2], null).Save(path);
        Assert.Contains("outside the vocabulary",
            Assert.Throws<UserErrorException>(() => TokenShard.Load(path)).Message);
    }

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_read_or_refused_never_worse()
    {
        var bytes = File.ReadAllBytes(Written([0, 1, 1, 0]));
        var path = Path.Combine(_folder, "c.tokens");
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Throws<UserErrorException>(() => TokenShard.Load(path));
        }
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            var mutated = (byte[])bytes.Clone();
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, mutated);
            try
            {
                TokenShard.Load(path);
            }
            catch (UserErrorException)
            {
                // refused with a message: the other allowed outcome
            }
        }
    }
}
