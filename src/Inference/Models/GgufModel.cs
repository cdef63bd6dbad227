using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Inference.Kernels;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>Llama-architecture models as GGUF: what llama.cpp reads. Its rotary embedding turns neighbouring
/// dimensions, so the rows of query and key matrices are interleaved on export and put back on import.</summary>
internal static class GgufModel
{
    /// <exception cref="UserErrorException">The file is damaged or of a kind that this version does not
    /// run.</exception>
    public static LoadedModel Load(string path)
    {
        using var file = GgufFile.Open(path);
        var architecture = file.Get<string>("general.architecture");
        if (architecture != "llama")
            throw new UserErrorException($"{path}: architecture '{architecture}' is not supported; this version runs "
                + "'llama'.");
        var config = ReadConfig(file);
        config.Validate(path);
        RefuseOtherTensors(file, config);
        var weights = ModelWeights.Collect(config, path,
            name => file.Tensors.TryGetValue(GgufNames.Of(name), out var tensor) ? [.. tensor.Shape.Reverse()] : null,
            name =>
            {
                var data = file.ReadFloat32(GgufNames.Of(name));
                return HeadsOf(name, config) is { } heads ? Rearranged(data, heads, config, interleave: false) : data;
            });
        var tokenizer = Tokenizer.FromGguf(file);
        HashSet<int> ends = [];
        foreach (var key in (string[])["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"])
            if (file.TryGetInteger(key) is >= 0 and <= int.MaxValue and var id) ends.Add((int)id);
        return LoadedModel.Create(config, weights, tokenizer, ends, path);
    }

    /// <summary>Writes the model as GGUF. A matrix whose rows do not divide into Q8_0 blocks is written as F16 instead;
    /// norms stay F32. Returns the names of those matrices.</summary>
    public static IReadOnlyList<string> Save(LoadedModel model, string name, string path, GgufType type)
    {
        var config = model.Config;
        var writer = new GgufWriter();
        WriteConfig(writer, config, name, type);
        GgufTokenizer.Write(writer, model);
        var exceptions = new List<string>();
        void Matrix(string tensor, PanelMatrix matrix)
        {
            var data = matrix.ToRows();
            if (HeadsOf(tensor, config) is { } heads) data = Rearranged(data, heads, config, interleave: true);
            var chosen = type == GgufType.Q8 && matrix.Inputs % Q8Blocks.Elements != 0 ? GgufType.F16 : type;
            if (chosen != type) exceptions.Add(GgufNames.Of(tensor));
            writer.AddTensor(GgufNames.Of(tensor), chosen, [matrix.Inputs, matrix.Outputs], data);
        }
        void Norm(string tensor, float[] data) =>
            writer.AddTensor(GgufNames.Of(tensor), GgufType.F32, [data.LongLength], data);

        Matrix(TensorNames.Embedding, model.Weights.Embedding);
        for (int l = 0; l < config.LayerCount; l++)
        {
            var layer = model.Weights.Layers[l];
            Norm(TensorNames.InputNorm(l), layer.InputNorm);
            Matrix(TensorNames.Query(l), layer.Query);
            Matrix(TensorNames.Key(l), layer.Key);
            Matrix(TensorNames.Value(l), layer.Value);
            Matrix(TensorNames.Output(l), layer.Output);
            Norm(TensorNames.PostNorm(l), layer.PostNorm);
            Matrix(TensorNames.Gate(l), layer.Gate);
            Matrix(TensorNames.Up(l), layer.Up);
            Matrix(TensorNames.Down(l), layer.Down);
        }
        Norm(TensorNames.FinalNorm, model.Weights.FinalNorm);
        if (!config.TiedEmbeddings) Matrix(TensorNames.Head, model.Weights.Head);
        writer.Save(path);
        return exceptions;
    }

    private static ModelConfig ReadConfig(GgufFile file)
    {
        UserErrorException Bad(string what) => new($"{file.Path}: {what}.");
        int Size(string key, int? otherwise = null)
        {
            if (otherwise is { } value && !file.Metadata.ContainsKey("llama." + key)) return value;
            return file.GetInteger("llama." + key) is >= 0 and <= int.MaxValue and var found ? (int)found
                : throw Bad($"'llama.{key}' is out of range");
        }
        double Number(string key, double otherwise) => !file.Metadata.ContainsKey(key) ? otherwise
            : file.TryGetNumber(key) is > 0 and < 1e12 and var found ? found : throw Bad($"'{key}' is out of range");

        if (!file.Tensors.TryGetValue("token_embd.weight", out var embedding) || embedding.Shape.Count != 2)
            throw Bad("the token embedding is missing");
        int heads = Math.Max(1, Size("attention.head_count")), hidden = Size("embedding_length");
        int headSize = Size("attention.key_length", hidden / heads);
        if (Size("rope.dimension_count", headSize) != headSize || Size("attention.value_length", headSize) != headSize)
            throw Bad("rotary embedding of a part of the head, or values of another size than keys, are not supported");
        if (file.Metadata.GetValueOrDefault("llama.rope.scaling.type") is string and not "none")
            throw Bad("scaled rotary embedding is not supported");
        return new ModelConfig
        {
            VocabularySize = (int)Math.Min(embedding.Shape[1], int.MaxValue), HiddenSize = hidden,
            LayerCount = Size("block_count"), IntermediateSize = Size("feed_forward_length"), HeadCount = heads,
            KeyValueHeadCount = Size("attention.head_count_kv", heads), HeadDimension = headSize,
            ContextLength = Size("context_length"),
            NormEpsilon = Number("llama.attention.layer_norm_rms_epsilon", 1e-5),
            RopeTheta = Number("llama.rope.freq_base", 10000),
            TiedEmbeddings = !file.Tensors.ContainsKey(GgufNames.Of(TensorNames.Head)),
            EosTokenId = file.TryGetInteger("tokenizer.ggml.eos_token_id") is >= 0 and <= int.MaxValue and var eos
                ? (int)eos : null,
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

    /// <summary>A tensor that the decoder does not use, such as a bias, would make its answers silently
    /// wrong.</summary>
    private static void RefuseOtherTensors(GgufFile file, ModelConfig config)
    {
        var used = TensorsOf(config).Select(GgufNames.Of).ToHashSet(StringComparer.Ordinal);
        if (file.Tensors.Keys.FirstOrDefault(name => !used.Contains(name)) is { } other)
            throw new UserErrorException($"{file.Path}: the tensor '{other}' belongs to a kind of model that this "
                + "version does not run.");
    }

    private static IEnumerable<string> TensorsOf(ModelConfig config)
    {
        yield return TensorNames.Embedding;
        yield return TensorNames.FinalNorm;
        yield return TensorNames.Head;
        for (int l = 0; l < config.LayerCount; l++)
            foreach (var of in (Func<int, string>[])[TensorNames.InputNorm, TensorNames.Query, TensorNames.Key,
                TensorNames.Value, TensorNames.Output, TensorNames.PostNorm, TensorNames.Gate, TensorNames.Up,
                TensorNames.Down])
                yield return of(l);
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
}
