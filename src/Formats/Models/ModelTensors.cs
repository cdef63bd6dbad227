using Weir.Formats.Bcl;

namespace Weir.Formats.Models;

/// <summary>The tensors of each family, single for all who read or write weights.</summary>
public static class ModelTensors
{
    /// <summary>All tensors that a model of this configuration has, by what it calls for; in the order in which they
    /// are used.</summary>
    public static IReadOnlyList<ModelTensor> Of(ModelConfig config)
    {
        var names = Names.Of(config);
        long hidden = config.HiddenSize;
        var tensors = new List<ModelTensor>
        {
            new(TensorRole.Embedding, 0, [config.VocabularySize, hidden], names.Embedding, "token_embd.weight"),
        };
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            AddAttention(tensors, config, names, layer);
            AddFeedForward(tensors, config, names, layer);
        }
        tensors.Add(Norm(config, TensorRole.FinalNorm, 0, hidden, TensorNames.FinalNorm, "output_norm.weight"));
        if (!config.TiedEmbeddings)
            tensors.Add(new(TensorRole.Head, 0, [config.VocabularySize, hidden], names.Head, "output.weight"));
        return tensors;
    }

    /// <summary>Checks the names and shapes of a file: each tensor is there, in its shape, and there is none besides
    /// that would change the answers.</summary>
    /// <param name="config">The model's numbers.</param>
    /// <param name="where">What messages call the file.</param>
    /// <param name="names">Of all tensors in the file.</param>
    /// <param name="shapeOf">Row-major shape by name; null where there is no such tensor.</param>
    /// <param name="gguf">The names are those of GGUF.</param>
    /// <exception cref="UserErrorException">File and configuration do not belong together.</exception>
    public static void Check(ModelConfig config, string where, IEnumerable<string> names,
        Func<string, IReadOnlyList<long>?> shapeOf, bool gguf)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in Of(config))
        {
            var name = gguf ? tensor.GgufName : tensor.HuggingFaceName;
            var shape = gguf ? tensor.Shape : tensor.HuggingFaceShape;
            if (!known.Add(name)) continue;
            var found = shapeOf(name) ?? throw new UserErrorException($"{where}: the tensor '{name}' is missing.");
            if (!found.SequenceEqual(shape))
                throw new UserErrorException($"{where}: the tensor '{name}' is {string.Join(" x ", found)}, the "
                    + $"configuration needs {string.Join(" x ", shape)}. They do not belong together.");
        }
        if (names.FirstOrDefault(name => !known.Contains(name) && !IsHarmless(config, name)) is { } other)
            throw new UserErrorException($"{where}: the tensor '{other}' belongs to a kind of model that this version "
                + "does not run.");
    }

    /// <summary>Frequencies, which follow from the configuration (or which a loader takes from
    /// <c>rope_freqs.weight</c>), and a head that repeats tied embeddings.</summary>
    private static bool IsHarmless(ModelConfig config, string name) =>
        name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
        || name is "rope_freqs.weight" or "rope_factors_long.weight" or "rope_factors_short.weight"
        || (config.TiedEmbeddings && name == TensorNames.Head);

    private static void AddAttention(List<ModelTensor> tensors, ModelConfig config, Names names, int layer)
    {
        long hidden = config.HiddenSize, size = config.HeadSize;
        long queries = config.HeadCount * size, keys = config.KeyValueHeadCount * size;
        var family = config.Architecture;
        string of = $"model.layers.{layer}.", blk = $"blk.{layer}.";
        tensors.Add(Norm(config, TensorRole.InputNorm, layer, hidden, of + names.InputNorm, blk + "attn_norm.weight"));

        // Packed, each key head follows the queries that it answers, and its value head follows it.
        long group = config.HeadCount / config.KeyValueHeadCount * size, period = group + 2 * size;
        void Projection(TensorRole role, TensorRole bias, long rows, string name, string gguf, RowSlice place,
            bool turns)
        {
            int? interleaved = turns && family?.GgufInterleavesHeads == true ? (int)size : null;
            bool isPacked = family?.PacksQkv == true;
            var slice = isPacked ? place : null;
            long fileRows = isPacked ? queries + 2 * keys : rows;
            var file = of + (isPacked ? "attention.wqkv" : "self_attn." + name);
            tensors.Add(new(role, layer, [rows, hidden], file + ".weight", blk + gguf + ".weight")
            {
                Packed = slice, HuggingFaceShape = [fileRows, hidden], InterleavedHeadSize = interleaved,
            });
            if (!config.HasQueryKeyValueBias) return;
            tensors.Add(new(bias, layer, [rows], file + ".bias", blk + gguf + ".bias")
            {
                Packed = slice, HuggingFaceShape = [fileRows], InterleavedHeadSize = interleaved,
            });
        }
        Projection(TensorRole.Query, TensorRole.QueryBias, queries, "q_proj", "attn_q", new(period, 0, group), true);
        Projection(TensorRole.Key, TensorRole.KeyBias, keys, "k_proj", "attn_k", new(period, group, size), true);
        Projection(TensorRole.Value, TensorRole.ValueBias, keys, "v_proj", "attn_v",
            new(period, group + size, size), false);
        if (family?.HasQueryKeyNorm == true)
        {
            tensors.Add(Norm(config, TensorRole.QueryNorm, layer, size, of + "self_attn.q_norm.weight",
                blk + "attn_q_norm.weight"));
            tensors.Add(Norm(config, TensorRole.KeyNorm, layer, size, of + "self_attn.k_norm.weight",
                blk + "attn_k_norm.weight"));
        }
        tensors.Add(new(TensorRole.Output, layer, [hidden, queries], of + names.Output + ".weight",
            blk + "attn_output.weight"));
        if (config.HasOutputBias)
            tensors.Add(new(TensorRole.OutputBias, layer, [hidden], of + names.Output + ".bias",
                blk + "attn_output.bias"));
        if (family?.HasPostNorms == true)
            tensors.Add(Norm(config, TensorRole.PostAttentionNorm, layer, hidden, of + names.PostAttentionNorm,
                blk + "post_attention_norm.weight"));
    }

    private static void AddFeedForward(List<ModelTensor> tensors, ModelConfig config, Names names, int layer)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        string of = $"model.layers.{layer}.", blk = $"blk.{layer}.";
        tensors.Add(Norm(config, TensorRole.FeedForwardNorm, layer, hidden, of + names.FeedForwardNorm,
            blk + "ffn_norm.weight"));
        tensors.Add(new(TensorRole.Gate, layer, [inner, hidden], of + names.Gate, blk + "ffn_gate.weight"));
        tensors.Add(new(TensorRole.Up, layer, [inner, hidden], of + names.Up, blk + "ffn_up.weight"));
        tensors.Add(new(TensorRole.Down, layer, [hidden, inner], of + names.Down, blk + "ffn_down.weight"));
        if (config.Architecture?.HasPostNorms == true)
            tensors.Add(Norm(config, TensorRole.PostFeedForwardNorm, layer, hidden,
                of + "post_feedforward_layernorm.weight", blk + "post_ffw_norm.weight"));
    }

    private static ModelTensor Norm(ModelConfig config, TensorRole role, int layer, long size, string name,
        string gguf) => new(role, layer, [size], name, gguf)
        {
            HuggingFaceIsLessOne = config.Architecture?.NormsAreLessOne == true,
        };

    /// <summary>Where the families name things differently in safetensors.</summary>
    private sealed record Names
    {
        public string Embedding { get; private init; } = TensorNames.Embedding;
        public string Head { get; private init; } = TensorNames.Head;
        public string InputNorm { get; private init; } = "input_layernorm.weight";
        public string Output { get; private init; } = "self_attn.o_proj";
        public string PostAttentionNorm { get; private init; } = "post_attention_layernorm.weight";
        public string FeedForwardNorm { get; private init; } = "post_attention_layernorm.weight";
        public string Gate { get; private init; } = "mlp.gate_proj.weight";
        public string Up { get; private init; } = "mlp.up_proj.weight";
        public string Down { get; private init; } = "mlp.down_proj.weight";

        public static Names Of(ModelConfig config) => config.Architecture switch
        {
            { PacksQkv: true } => new Names
            {
                Embedding = "model.tok_embeddings.weight", Head = "output.weight",
                InputNorm = "attention_norm.weight", Output = "attention.wo", FeedForwardNorm = "ffn_norm.weight",
                Gate = "feed_forward.w1.weight", Up = "feed_forward.w3.weight", Down = "feed_forward.w2.weight",
            },
            { HasPostNorms: true } => new Names { FeedForwardNorm = "pre_feedforward_layernorm.weight" },
            _ => new Names(),
        };
    }
}
