using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Data.Curation;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Data.Tokenization;

/// <summary>How to tokenise, beside what the config says. Only <see cref="ShardTokens"/> shows in the result.</summary>
internal sealed record TokenizeOptions
{
    public int Threads { get; init; } = Environment.ProcessorCount;
    /// <summary>A new shard begins where this would be passed; one document may be longer.</summary>
    public int ShardTokens { get; init; } = 32 << 20;
    public ReadLimits Limits { get; init; } = new();
}

/// <summary>
/// Turns a text or chat dataset into token shards, on all cores, in the order of its documents.
/// Text: a document's ids and then <c>&lt;|endoftext|&gt;</c>; every token carries loss. Chat: the ids of the chat
/// template, with loss on the assistant's tokens, or on all where the chat is to be learnt as text.
/// </summary>
internal sealed class DatasetTokenizer(Tokenizer tokenizer, TokenizeOptions options)
{
    /// <summary>Longer texts are encoded in pieces, to bound the encoder's memory.</summary>
    private const int PieceCharacters = 4 << 20;

    private readonly int _endOfText = tokenizer.IdOf(WeirTokens.EndOfText) ?? throw new UserErrorException(
        $"The tokenizer has no special token '{WeirTokens.EndOfText}'. Train one with 'tokenizer: train:'.");

    /// <summary>Documents of a block: their ids one after another, and for each document its length and its text's
    /// bytes.</summary>
    private sealed class EncodedBlock
    {
        public List<int> Ids { get; } = [];
        public List<byte> Marks { get; } = [];
        public List<(int Length, long TextBytes)> Documents { get; } = [];
    }

    /// <param name="folder">An empty folder.</param>
    /// <param name="encoded">Told the bytes of text and the tokens of each block.</param>
    public async Task<DatasetManifest> RunAsync(DatasetFolder dataset, DatasetToTokenize wanted, string folder,
        Action<long, long>? encoded, CancellationToken cancel)
    {
        var form = dataset.Manifest.Form;
        if (form is not (DatasetForms.Text or DatasetForms.Chat))
            throw new UserErrorException(
                $"{dataset.Path}: a dataset of form '{form}' cannot be tokenised; text and chat can.");
        bool supervised = form == DatasetForms.Chat && !wanted.ChatAsText;
        var shards = new List<DatasetShard>();
        foreach (var split in dataset.Manifest.Shards.GroupBy(s => s.Split)
            .OrderByDescending(g => g.Key, StringComparer.Ordinal)) // train before heldout
        {
            var writer = new TokenShardWriter(folder, split.Key, tokenizer.VocabularySize, supervised,
                options.ShardTokens);
            await OrderedPipeline.RunAsync(split.SelectMany(s => DatasetRecords.Blocks(dataset, s, options.Limits)),
                block => Encode(dataset, block, supervised),
                block =>
                {
                    long bytes = Take(block, writer);
                    encoded?.Invoke(bytes, block.Ids.Count);
                },
                Math.Max(1, options.Threads), cancel);
            shards.AddRange(writer.Finish());
        }
        var recipe = new JsonObject
        {
            ["name"] = wanted.Name,
            ["render"] = wanted.ChatAsText ? TokenizeConfig.ChatAsText : TokenizeConfig.AsIs,
            ["tokenizer"] = tokenizer.Digest,
        };
        var manifest = new DatasetManifest
        {
            Name = wanted.Name, Form = DatasetForms.Tokens,
            Recipe = recipe, RecipeDigest = Digest.OfText(recipe.ToJsonString()),
            Parents = [dataset.Digest()], Sources = dataset.Manifest.Sources, Shards = shards,
            TokenizerDigest = tokenizer.Digest,
        };
        DatasetFolder.WriteManifest(folder, manifest);
        return manifest;
    }

    private EncodedBlock Encode(DatasetFolder dataset, Block block, bool supervised)
    {
        var encoded = new EncodedBlock();
        foreach (var record in DatasetRecords.Parse(dataset, block))
        {
            int before = encoded.Ids.Count;
            long bytes;
            if (dataset.Manifest.Form == DatasetForms.Chat)
            {
                var turns = record.Turns ?? throw OtherForm(dataset, record);
                var chat = ChatTemplate.Encode(tokenizer, turns, addGenerationPrompt: false);
                encoded.Ids.AddRange(chat.Ids);
                if (supervised) encoded.Marks.AddRange(chat.Supervised);
                bytes = turns.Sum(t => (long)Encoding.UTF8.GetByteCount(t.Content));
            }
            else
            {
                var text = record.Text ?? throw OtherForm(dataset, record);
                EncodeText(text, encoded.Ids);
                encoded.Ids.Add(_endOfText);
                bytes = Encoding.UTF8.GetByteCount(text);
            }
            encoded.Documents.Add((encoded.Ids.Count - before, bytes));
        }
        return encoded;
    }

    private static UserErrorException OtherForm(DatasetFolder dataset, SourceRecord record) => new(
        $"{dataset.Path}: {record.Place} is not of the form '{dataset.Manifest.Form}' that the manifest names. "
        + "Curate the dataset again.");

    private void EncodeText(string text, List<int> ids)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = TextPieces.End(text, start, PieceCharacters);
            tokenizer.Encode(text.AsSpan(start, end - start), ids);
        }
    }

    private static long Take(EncodedBlock block, TokenShardWriter writer)
    {
        var ids = CollectionsMarshal.AsSpan(block.Ids);
        var marks = CollectionsMarshal.AsSpan(block.Marks);
        long bytes = 0;
        int start = 0;
        foreach (var (length, textBytes) in block.Documents)
        {
            writer.Append(ids.Slice(start, length), marks.Length == 0 ? default : marks.Slice(start, length),
                textBytes);
            start += length;
            bytes += textBytes;
        }
        return bytes;
    }
}
