using System.Text;
using Weir.Data.Curation;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Data.Tokenization;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;
using Weir.Formats.Tokens;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Data.Tests.Tokenization;

public sealed class DatasetTokenizerTests
{
    private static async Task<DatasetFolder> TextDataset(Scratch scratch)
    {
        scratch.Write("a.jsonl", string.Concat(Enumerable.Range(0, 400).Select(i =>
            Scratch.Line($"第{i}篇: the weir turns wild water\n into {i * i} 😀"))));
        await scratch.Curate(Scratch.Recipe("a.jsonl") with { HeldOutShare = 0.1 }, "text");
        return DatasetFolder.Open(scratch["text"]);
    }

    private static async Task<DatasetFolder> ChatDataset(Scratch scratch)
    {
        scratch.Write("c.jsonl", string.Concat(Enumerable.Range(0, 50).Select(i =>
            $$"""{"messages":[{"role":"user","content":"问 {{i}} <|end|>?"}],"answer":"答 {{i * 3}}"}""" + "\n")));
        await scratch.Curate(Scratch.Recipe("c.jsonl") with { HeldOutShare = 0 }, "chat");
        return DatasetFolder.Open(scratch["chat"]);
    }

    private static Tokenizer Train(DatasetFolder dataset, int vocabulary = 400) =>
        TokenizerTrainer.Train([dataset], vocabulary, 1 << 20, null, default);

    private static async Task<DatasetManifest> Tokenize(Scratch scratch, DatasetFolder dataset, Tokenizer tokenizer,
        string name,
        bool chatAsText = false, TokenizeOptions? options = null) =>
        await new DatasetTokenizer(tokenizer, options ?? new TokenizeOptions()).RunAsync(dataset,
            new DatasetToTokenize(dataset.Path, name, chatAsText), Directory.CreateDirectory(scratch[name]).FullName,
                null, default);

    [Fact]
    public async Task Text_documents_come_back_from_the_shards_each_closed_by_end_of_text()
    {
        using var scratch = new Scratch();
        var dataset = await TextDataset(scratch);
        var tokenizer = Train(dataset);
        var manifest = await Tokenize(scratch, dataset, tokenizer, "tokens");

        Assert.Equal(DatasetForms.Tokens, manifest.Form);
        Assert.Equal(tokenizer.Digest, manifest.TokenizerDigest);
        Assert.Equal([ArtifactTree.Scan("", "", scratch["text"]).Digest], manifest.Parents);
        Assert.Equal(["train-00000.tokens", "heldout-00000.tokens"], manifest.Shards.Select(s => s.Path));
        foreach (var row in manifest.Shards)
        {
            var shard = TokenShard.Load(scratch["tokens/" + row.Path]);
            var texts = scratch.Records("text", row.Split).Select(r => r.Text!).ToList();
            Assert.Null(shard.Supervised);
            Assert.Null(row.SupervisedTokens);
            Assert.Equal((row.Documents, row.Tokens, texts.Count),
                (shard.DocumentCount, shard.Tokens.Length, shard.DocumentCount));
            Assert.Equal(row.TextBytes, texts.Sum(t => Encoding.UTF8.GetByteCount(t)));
            Assert.Equal(Digest.OfFile(scratch["tokens/" + row.Path]), row.Digest);
            for (int i = 0; i < texts.Count; i++)
            {
                var ids = shard.Document(i);
                Assert.Equal(WeirTokens.EndOfTextId, ids[^1]);
                Assert.Equal(texts[i], tokenizer.Decode(ids[..^1]));
                Assert.Equal(tokenizer.Encode(texts[i]), ids[..^1].ToArray());
            }
        }
    }

    [Fact]
    public async Task Chat_records_bear_loss_on_the_assistants_tokens_only()
    {
        using var scratch = new Scratch();
        var dataset = await ChatDataset(scratch);
        var tokenizer = Train(dataset, 300);
        var manifest = await Tokenize(scratch, dataset, tokenizer, "tokens");
        var row = Assert.Single(manifest.Shards);
        var shard = TokenShard.Load(scratch["tokens/" + row.Path]);
        long supervised = 0;
        var records = scratch.Records("chat", "train");
        for (int i = 0; i < records.Count; i++)
        {
            var expected = ChatTemplate.Encode(tokenizer, records[i].Turns!, false);
            Assert.Equal(expected.Ids, shard.Document(i).ToArray());
            Assert.Equal(expected.Supervised, shard.DocumentSupervision(i).ToArray());
            supervised += tokenizer.Encode(records[i].Answer!).Length + 1;
            // The user's "<|end|>" is text; only the template closes a turn.
            Assert.Equal(1, shard.Document(i).ToArray().Count(id => id == WeirTokens.EndOfTurnId));
        }
        Assert.Equal(supervised, row.SupervisedTokens);
        Assert.Equal(records.Sum(r => r.Turns!.Sum(t => Encoding.UTF8.GetByteCount(t.Content))), row.TextBytes);
    }

    [Fact]
    public async Task Chat_as_text_has_the_same_ids_and_loss_on_all()
    {
        using var scratch = new Scratch();
        var dataset = await ChatDataset(scratch);
        var tokenizer = Train(dataset, 300);
        await Tokenize(scratch, dataset, tokenizer, "chat-tokens");
        await Tokenize(scratch, dataset, tokenizer, "as-text", chatAsText: true);
        var chat = TokenShard.Load(scratch["chat-tokens/train-00000.tokens"]);
        var text = TokenShard.Load(scratch["as-text/train-00000.tokens"]);
        Assert.Equal(chat.Tokens, text.Tokens);
        Assert.Equal(chat.Starts, text.Starts);
        Assert.NotNull(chat.Supervised);
        Assert.Null(text.Supervised);
    }

    [Fact]
    public async Task Shards_roll_between_documents_and_threads_do_not_show()
    {
        using var scratch = new Scratch();
        var dataset = await TextDataset(scratch);
        var tokenizer = Train(dataset);
        var limits = new ReadLimits(BlockBytes: 2000);
        await Tokenize(scratch, dataset, tokenizer, "one",
            options: new TokenizeOptions { Threads = 1, ShardTokens = 1000, Limits = limits });
        var manifest = await Tokenize(scratch, dataset, tokenizer, "two",
            options: new TokenizeOptions { Threads = 5, ShardTokens = 1000, Limits = limits });
        Assert.True(manifest.Shards.Count > 5);
        Assert.All(manifest.Shards, s => Assert.InRange(s.Tokens!.Value, 1, 1000));
        Assert.Equal(scratch.FileDigests("one").Where(f => f.Key != "manifest.json"),
            scratch.FileDigests("two").Where(f => f.Key != "manifest.json"));
        Assert.Equal(400, manifest.Shards.Sum(s => s.Documents));
    }

    [Fact]
    public async Task The_tokenizer_is_learnt_from_the_training_split_the_same_each_time()
    {
        using var scratch = new Scratch();
        var dataset = await TextDataset(scratch);
        Assert.Equal(Train(dataset).Digest, Train(dataset).Digest);
        Assert.Equal(TokenizerTrainer.Train([dataset], 300, 5000, null, default).Digest,
            TokenizerTrainer.Train([dataset], 300, 5000, null, default).Digest);
        Assert.Equal(WeirTokens.All, Train(dataset).TokenTexts.Take(5));
    }

    [Fact]
    public async Task A_shard_that_was_changed_is_an_error()
    {
        using var scratch = new Scratch();
        var dataset = await TextDataset(scratch);
        var tokenizer = Train(dataset);
        scratch.Write("text/train-00000.jsonl.zst", Scratch.Line("something else"));
        var error = await Assert.ThrowsAsync<UserErrorException>(() => Tokenize(scratch, dataset, tokenizer, "tokens"));
        Assert.Contains("damaged", error.Message);
        Assert.False(File.Exists(scratch["tokens/manifest.json"]));
    }
}
