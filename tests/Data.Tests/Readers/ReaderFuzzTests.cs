using System.Diagnostics;
using System.Text;
using Weir.Data.Curation;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Readers;

public sealed class ReaderFuzzTests
{
    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.txt")]
    [InlineData("a.txt.zst")]
    [InlineData("recipe.yaml")]
    public async Task Damaged_files_end_in_a_dataset_or_a_user_error_in_bounded_time(string name)
    {
        const int Rounds = 150;
        using var scratch = new Scratch();
        var seedText = name == "recipe.yaml"
            ? "name: x\nform: text\nsources:\n  - path: good.txt\n    split: train\n"
                + "heldout: {share: 0.1, maximumDocuments: 3}\nseed: 4\n"
            : string.Concat(Enumerable.Range(0, 60).Select(i => i % 5 == 0
                ? "{\"messages\":[{\"role\":\"user\",\"content\":\"问 " + i + "\"}],\"answer\":\"答\"}\n"
                    : Scratch.Line($"文字 {i} \u0301 text")));
        scratch.Write("good.txt", "good");
        var valid = File.ReadAllBytes(scratch.Write(name, Encoding.UTF8.GetBytes(seedText)));
        var random = new Random(20240607);
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            var path = scratch.WriteRaw(name, Mutate(valid, random));
            var output = Directory.CreateDirectory(scratch[$"out"]).FullName;
            try
            {
                var recipe = CurationRecipe.Load(path);
                await new Curator(recipe, new CurationOptions(), p => Path.GetFullPath(p, scratch.Path))
                    .RunAsync(output, null, default);
            }
            catch (UserErrorException)
            {
                // what a user may see
            }
            Directory.Delete(output, recursive: true);
        }
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"took {clock.Elapsed}");
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40))); break;
                case 4:
                    bytes.InsertRange(at, [.. bytes.Skip(random.Next(bytes.Count + 1)).Take(random.Next(200))]);
                    break;
                default: bytes.InsertRange(at, "\"{[\\u\n: -"u8.ToArray().Take(random.Next(10))); break;
            }
        }
        return [.. bytes];
    }
}
