using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>Llama-architecture models as GGUF: what llama.cpp reads. Its rotary embedding turns neighbouring
/// dimensions, so the rows of query and key matrices are interleaved on export and put back on import.</summary>
internal static class GgufModel
{
    private const int NormalToken = 1, ControlToken = 3;

    public static LoadedModel Load(string path)
    {
        using var file = GgufFile.Open(path);
        var architecture = file.Get<string>("general.architecture");
        if (architecture != "llama")
            throw new UserErrorException($"{path}: architecture '{architecture}' is not supported; this version runs "
                + $"'llama'.");
        var config = ReadConfig(file);
        config.Validate(path);
        var weights = ModelWeights.Collect(config, path, name =>
        {
            var ggufName = NameOf(name);
            if (!file.Tensors.ContainsKey(ggufName)) return null;
            var data = file.ReadFloat32(ggufName);
            return HeadsOf(name, config) is { } heads && data.Length == heads * config.HeadSize * config.HiddenSize
                ? Rearranged(data, heads, config, interleave: false) : data;
        });
        var tokenizer = ReadTokenizer(file);
        LoadedModel.CheckVocabulary(config, tokenizer, path);
        HashSet<int> ends = [];
        foreach (var key in (string[])["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"])
            if (file.TryGetInteger(key) is { } id) ends.Add((int)id);
        if (tokenizer.IdOf(WeirTokens.EndOfText) is { } endOfText) ends.Add(endOfText);
        return new LoadedModel(config, weights, tokenizer, ends);
    }

    /// <summary>Writes the model as GGUF. A matrix whose rows do not divide into Q8_0 blocks is written as F16 instead;
    /// norms stay F32. Returns the names of those matrices.</summary>
    public static IReadOnlyList<string> Save(LoadedModel model, string name, string path, GgufType type)
    {
        var config = model.Config;
        var writer = new GgufWriter();
        WriteConfig(writer, config, name, type);
        WriteTokenizer(writer, model);
        var exceptions = new List<string>();
        void Matrix(string tensor, float[] data, long inputs)
        {
            if (HeadsOf(tensor, config) is { } heads) data = Rearranged(data, heads, config, interleave: true);
            var chosen = type == GgufType.Q8 && inputs % Q8Blocks.Elements != 0 ? GgufType.F16 : type;
            if (chosen != type) exceptions.Add(NameOf(tensor));
            writer.AddTensor(NameOf(tensor), chosen, [inputs, data.LongLength / inputs], data);
        }
        void Norm(string tensor, float[] data) =>
            writer.AddTensor(NameOf(tensor), GgufType.F32, [data.LongLength], data);

        long hidden = config.HiddenSize;
        Matrix(TensorNames.Embedding, model.Weights.Embedding, hidden);
        for (int l = 0; l < config.LayerCount; l++)
        {
            var layer = model.Weights.Layers[l];
            Norm(TensorNames.InputNorm(l), layer.InputNorm);
            Matrix(TensorNames.Query(l), layer.Query, hidden);
            Matrix(TensorNames.Key(l), layer.Key, hidden);
            Matrix(TensorNames.Value(l), layer.Value, hidden);
            Matrix(TensorNames.Output(l), layer.Output, config.HeadCount * config.HeadSize);
            Norm(TensorNames.PostNorm(l), layer.PostNorm);
            Matrix(TensorNames.Gate(l), layer.Gate, hidden);
            Matrix(TensorNames.Up(l), layer.Up, hidden);
            Matrix(TensorNames.Down(l), layer.Down, config.IntermediateSize);
        }
        Norm(TensorNames.FinalNorm, model.Weights.FinalNorm);
        if (!config.TiedEmbeddings) Matrix(TensorNames.Head, model.Weights.Head, hidden);
        writer.Save(path);
        return exceptions;
    }

    private static ModelConfig ReadConfig(GgufFile file)
    {
        int Size(string key) => file.GetInteger("llama." + key) is var value and >= 0 and <= int.MaxValue ? (int)value
            : 0;
        int heads = Size("attention.head_count"), hidden = Size("embedding_length");
        if (!file.Tensors.TryGetValue("token_embd.weight", out var embedding) || embedding.Shape.Count != 2
            || heads < 1)
            throw new UserErrorException($"{file.Path}: the token embedding or the head count is missing.");
        int headSize = (int)(file.TryGetInteger("llama.attention.key_length") ?? hidden / heads);
        if ((file.TryGetInteger("llama.rope.dimension_count") ?? headSize) != headSize)
            throw new UserErrorException($"{file.Path}: rotary embedding of a part of the head is not supported.");
        return new ModelConfig
        {
            VocabularySize = (int)Math.Min(embedding.Shape[1], int.MaxValue), HiddenSize = hidden,
                LayerCount = Size("block_count"),
            IntermediateSize = Size("feed_forward_length"), HeadCount = heads,
            KeyValueHeadCount = (int)(file.TryGetInteger("llama.attention.head_count_kv") ?? heads),
            HeadDimension = headSize,
            ContextLength = Size("context_length"),
            NormEpsilon = file.TryGetNumber("llama.attention.layer_norm_rms_epsilon") ?? 1e-5,
            RopeTheta = file.TryGetNumber("llama.rope.freq_base") ?? 10000,
            TiedEmbeddings = !file.Tensors.ContainsKey("output.weight"),
            EosTokenId = (int?)file.TryGetInteger("tokenizer.ggml.eos_token_id"),
        };
    }

    private static void WriteConfig(GgufWriter writer, ModelConfig config, string name, GgufType type)
    {
        writer.Add("general.architecture", "llama");
        writer.Add("general.name", name);
        writer.Add("general.file_type", type switch { GgufType.F32 => 0u, GgufType.F16 => 1u, _ => 7u });
        writer.Add("llama.context_length", (uint)config.ContextLength);
        writer.Add("llama.embedding_length", (uint)config.HiddenSize);
        writer.Add("llama.block_count", (uint)config.LayerCount);
        writer.Add("llama.feed_forward_length", (uint)config.IntermediateSize);
        writer.Add("llama.attention.head_count", (uint)config.HeadCount);
        writer.Add("llama.attention.head_count_kv", (uint)config.KeyValueHeadCount);
        writer.Add("llama.attention.key_length", (uint)config.HeadSize);
        writer.Add("llama.attention.value_length", (uint)config.HeadSize);
        writer.Add("llama.attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        writer.Add("llama.rope.dimension_count", (uint)config.HeadSize);
        writer.Add("llama.rope.freq_base", (float)config.RopeTheta);
        writer.Add("llama.vocab_size", (uint)config.VocabularySize);
    }

    private static Tokenizer ReadTokenizer(GgufFile file)
    {
        var kind = file.Get<string>("tokenizer.ggml.model");
        var rules = file.Metadata.GetValueOrDefault("tokenizer.ggml.pre") as string;
        if (kind != "gpt2" || rules != "qwen2")
            throw new UserErrorException($"{file.Path}: the tokenizer '{kind}' with rules '{rules}' is not supported; "
                + "this version reads byte-level BPE with the rules 'qwen2'.");
        string[] tokens = [.. file.Get<object[]>("tokenizer.ggml.tokens").OfType<string>()];
        object[] types = file.Get<object[]>("tokenizer.ggml.token_type");
        var merges = new List<(string, string)>();
        foreach (var merge in file.Get<object[]>("tokenizer.ggml.merges").OfType<string>())
        {
            int space = merge.IndexOf(' ', 1);
            if (space < 0) throw new UserErrorException($"{file.Path}: the merge '{merge}' is not a pair.");
            merges.Add((merge[..space], merge[(space + 1)..]));
        }
        var special = new Dictionary<string, int>();
        for (int id = 0; id < Math.Min(tokens.Length, types.Length); id++)
            if (types[id] is long and ControlToken) special.TryAdd(tokens[id], id);
        return Tokenizer.FromBpe(tokens, merges, special);
    }

    private static void WriteTokenizer(GgufWriter writer, LoadedModel model)
    {
        var tokenizer = model.Tokenizer;
        // A model may have more embeddings than the tokenizer has tokens; the file needs a name for each.
        var tokens = tokenizer.TokenTexts.ToList();
        while (tokens.Count < model.Config.VocabularySize) tokens.Add($"<|unused-{tokens.Count}|>");
        writer.Add("tokenizer.ggml.model", "gpt2");
        writer.Add("tokenizer.ggml.pre", "qwen2");
        writer.Add("tokenizer.ggml.tokens", tokens.ToArray());
        writer.Add("tokenizer.ggml.token_type", tokens
            .Select((_, id) => id >= tokenizer.VocabularySize || tokenizer.IsSpecial(id) ? ControlToken : NormalToken)
            .ToArray());
        writer.Add("tokenizer.ggml.merges", tokenizer.Merges.Select(m => $"{m.Left} {m.Right}").ToArray());
        if (model.Config.EosTokenId is { } eos) writer.Add("tokenizer.ggml.eos_token_id", (uint)eos);
        if (tokenizer.IdOf(WeirTokens.EndOfText) is { } end)
        {
            writer.Add("tokenizer.ggml.bos_token_id", (uint)end);
            writer.Add("tokenizer.ggml.padding_token_id", (uint)end);
        }
        writer.Add("tokenizer.ggml.add_bos_token", false);
        writer.Add("tokenizer.chat_template", ChatTemplate.Jinja);
    }

    /// <summary>The number of heads of a query or key matrix; null for any other tensor.</summary>
    private static int? HeadsOf(string name, ModelConfig config) =>
        name.EndsWith("q_proj.weight", StringComparison.Ordinal) ? config.HeadCount
        : name.EndsWith("k_proj.weight", StringComparison.Ordinal) ? config.KeyValueHeadCount : null;

    /// <summary>Within each head, row t · half + i (Hugging Face) is row 2i + t (llama.cpp), t in {0, 1}.</summary>
    private static float[] Rearranged(float[] data, int heads, ModelConfig config, bool interleave)
    {
        int size = config.HeadSize, half = size / 2, columns = config.HiddenSize;
        var result = new float[data.Length];
        for (int head = 0; head < heads; head++)
            for (int i = 0; i < half; i++)
                for (int t = 0; t < 2; t++)
                {
                    int halves = head * size + t * half + i, pairs = head * size + 2 * i + t;
                    var (from, to) = interleave ? (halves, pairs) : (pairs, halves);
                    data.AsSpan(from * columns, columns).CopyTo(result.AsSpan(to * columns));
                }
        return result;
    }

    private static string NameOf(string name)
    {
        if (name == TensorNames.Embedding) return "token_embd.weight";
        if (name == TensorNames.FinalNorm) return "output_norm.weight";
        if (name == TensorNames.Head) return "output.weight";
        var parts = name.Split('.'); // model.layers.N.part...weight
        return $"blk.{parts[2]}." + string.Join('.', parts[3..^1]) switch
        {
            "input_layernorm" => "attn_norm.weight",
            "self_attn.q_proj" => "attn_q.weight",
            "self_attn.k_proj" => "attn_k.weight",
            "self_attn.v_proj" => "attn_v.weight",
            "self_attn.o_proj" => "attn_output.weight",
            "post_attention_layernorm" => "ffn_norm.weight",
            "mlp.gate_proj" => "ffn_gate.weight",
            "mlp.up_proj" => "ffn_up.weight",
            "mlp.down_proj" => "ffn_down.weight",
            var other => throw new InvalidOperationException($"The tensor '{other}' has no name in GGUF."),
        };
    }
}
