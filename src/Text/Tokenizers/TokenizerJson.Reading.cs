using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Normalizing;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>This half reads it. The file is not trusted: whatever is wrong with it becomes a message that says what,
/// and a setting that would change the ids in a way that <see cref="Tokenizer"/> does not follow is refused, never
/// passed over.</summary>
internal static partial class TokenizerJson
{
    /// <summary>Over ten times the largest known file.</summary>
    public const long MaxFileBytes = 256L << 20;

    /// <exception cref="UserErrorException">The file cannot be read, is damaged or uses what is not
    /// supported.</exception>
    public static TokenizerParts Read(string path)
    {
        var config = TokenizerConfig.ReadBeside(path);
        var source = ReadBytes(path);
        return JsonPart.Read(path, source, root => Read(root, source, config, path));
    }

    /// <summary>The bytes of a JSON file that is there.</summary>
    public static byte[] ReadBytes(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new UserErrorException($"There is no tokenizer file '{path}'.");
            if (file.Length > MaxFileBytes)
                throw new UserErrorException(
                    $"{path}: larger than {MaxFileBytes >> 20} MB, which no tokenizer.json is.");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read: {e.Message}", inner: e);
        }
    }

    private static TokenizerParts Read(JsonPart root, byte[] source, TokenizerConfig config, string path)
    {
        root.Require(root.IsObject, "is not a JSON object");
        var normalizer = JsonNormalizer.Read(root["normalizer"], path);
        var splitting = JsonPreTokenizer.Read(root["pre_tokenizer"]);
        var decoder = JsonDecoder.Read(root["decoder"]);
        root.Require(!decoder.IsByteLevel || splitting.IsByteLevel,
            $"has a ByteLevel decoder behind a pre_tokenizer of type {root["pre_tokenizer"].Type}");
        root.Require(decoder.IsByteLevel || !splitting.IsByteLevel,
            $"has a decoder of type {root["decoder"].Type} behind a ByteLevel pre-tokenizer, which is not supported");
        var template = JsonTemplate.Read(root["post_processor"]);
        var added = JsonAddedTokens.Read(root["added_tokens"]);
        var model = new JsonModel(root["model"], added, splitting, decoder, normalizer, path).Read();
        var description = config.Complete(template.Complete(model.Description, root), added);
        if (!IsWeirs(normalizer, splitting, template, added, model)) return model with
        {
            Description = description,
            Source = source,
        };
        var weirs = WeirTokenizer.Build(description.Tokens, description.Merges,
            added.ToDictionary(token => token.Text, token => token.Id), path);
        return weirs with
        {
            Description = weirs.Description with
            {
                BosId = description.BosId,
                EosId = description.EosId,
                AddsBos = description.AddsBos,
                AddsEos = description.AddsEos,
            },
        };
    }

    private static bool IsWeirs(JsonNormalizer normalizer, JsonPreTokenizer splitting, JsonTemplate template,
        IReadOnlyList<AddedToken> added, TokenizerParts model) =>
        model.Model is BytePairModel && normalizer.Normalizer.IsNfc && template is { First: null, Last: null }
        && splitting.Steps is [{ Pattern: SplitPatterns.Qwen2 }]
        && model.Description.PreTokenizer == WeirTokenizer.Rules
        && added.All(token => token is { IsSpecial: true, IsNormalised: false, IsSingleWord: false,
            StripsLeft: false, StripsRight: false });
}
