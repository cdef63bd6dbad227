using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>The tokenizer in a GGUF file's metadata: byte-level BPE (<c>gpt2</c>) with the pre-tokenizer rules that
/// llama.cpp calls <c>qwen2</c>.</summary>
internal static class GgufTokenizer
{
    private const string Model = "gpt2", Rules = "qwen2";
    private const int NormalToken = 1, ControlToken = 3, UserDefinedToken = 4, UnusedToken = 5;

    /// <exception cref="UserErrorException">It is of another kind, or contradicts itself.</exception>
    public static Tokenizer Read(GgufFile file)
    {
        var kind = file.Get<string>("tokenizer.ggml.model");
        var rules = file.Metadata.GetValueOrDefault("tokenizer.ggml.pre") as string;
        if (kind != Model || rules != Rules)
            throw new UserErrorException($"{file.Path}: the tokenizer '{kind}' with rules '{rules}' is not supported; "
                + $"this version reads byte-level BPE with the rules '{Rules}'.");
        var tokens = file.Get<string[]>("tokenizer.ggml.tokens");
        var types = file.Get<long[]>("tokenizer.ggml.token_type");
        if (types.Length != tokens.Length)
            throw new UserErrorException($"{file.Path}: it has {tokens.Length} tokens and {types.Length} token types.");
        var merges = new List<(string, string)>();
        foreach (var merge in file.Get<string[]>("tokenizer.ggml.merges"))
        {
            int space = merge.Length > 0 ? merge.IndexOf(' ', 1) : -1;
            if (space < 0) throw new UserErrorException($"{file.Path}: the merge '{merge}' is not a pair.");
            merges.Add((merge[..space], merge[(space + 1)..]));
        }
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
            if (types[id] is ControlToken or UserDefinedToken or UnusedToken && !special.TryAdd(tokens[id], id))
                throw new UserErrorException($"{file.Path}: the token '{tokens[id]}' stands there twice.");
        try
        {
            return Tokenizer.FromBpe(tokens, merges, special);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{file.Path}: {e.Message}", inner: e);
        }
    }

    public static void Write(GgufWriter writer, Tokenizer tokenizer, ModelConfig config)
    {
        // A model may have more embeddings than the tokenizer has tokens; the file needs a name for each.
        var tokens = tokenizer.TokenTexts.ToList();
        while (tokens.Count < config.VocabularySize) tokens.Add($"<|unused-{tokens.Count}|>");
        writer.Add("tokenizer.ggml.model", Model);
        writer.Add("tokenizer.ggml.pre", Rules);
        writer.Add("tokenizer.ggml.tokens", tokens.ToArray());
        writer.Add("tokenizer.ggml.token_type", tokens.Select((_, id) => id >= tokenizer.VocabularySize ? UnusedToken
            : tokenizer.IsSpecial(id) ? ControlToken : NormalToken).ToArray());
        writer.Add("tokenizer.ggml.merges", tokenizer.Merges.Select(m => $"{m.Left} {m.Right}").ToArray());
        if (config.EosTokenId is { } eos) writer.Add("tokenizer.ggml.eos_token_id", (uint)eos);
        if (tokenizer.IdOf(WeirTokens.EndOfText) is { } endOfText)
        {
            writer.Add("tokenizer.ggml.bos_token_id", (uint)endOfText);
            writer.Add("tokenizer.ggml.padding_token_id", (uint)endOfText);
        }
        writer.Add("tokenizer.ggml.add_bos_token", false);
        writer.Add("tokenizer.chat_template", ChatTemplate.Jinja);
    }
}
