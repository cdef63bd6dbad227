using Weir.Formats.Quantization;

namespace Weir.Formats.Fuzzing;

/// <summary>A small GGUF file with a few things wrong: a model of any family that the readers know, or a collection of
/// all kinds of metadata and tensors.</summary>
internal sealed class GgufMutant
{
    private const uint U32Kind = 4, F32Kind = 6, TextKind = 8, ArrayKind = 9;
    private readonly Random _random;
    private readonly List<Entry> _entries = [];
    private readonly List<Tensor> _tensors = [];

    private sealed record Entry(string Key, uint Kind, Action<FieldBytes> Write);

    private sealed record Tensor(string Name, TensorType Type, long[] Shape);

    private GgufMutant(Random random) => _random = random;

    public static byte[] Make(Random random)
    {
        var mutant = new GgufMutant(random);
        if (random.Next(3) == 0) mutant.AddCollection();
        else mutant.AddModel();
        int changes = random.Next(8) == 0 ? 0 : 1 + random.Next(3);
        var damages = new List<int>();
        for (int i = 0; i < changes; i++) damages.Add(random.Next(8));
        foreach (var _ in damages.Where(d => d < 2)) mutant.ChangeList();
        var bytes = mutant.Write();
        foreach (var _ in damages.Where(d => d is >= 2 and < 7)) bytes.ChangeNumber(random);
        var file = bytes.ToArray();
        foreach (var _ in damages.Where(d => d == 7)) file = Damage.Of(file, random);
        return file;
    }

    private void AddModel()
    {
        string[] families = ["llama", "qwen2", "qwen3", "internlm2", "gemma2"];
        var family = families[_random.Next(families.Length)];
        const int hidden = 32, inner = 64, headSize = 16, heads = 2, tokens = 6;
        Text("general.architecture", family);
        U32("general.alignment", 32);
        foreach (var (name, value) in ((string, uint)[])[("context_length", 64), ("embedding_length", hidden),
            ("block_count", 1), ("feed_forward_length", inner), ("attention.head_count", heads),
            ("attention.head_count_kv", 1), ("attention.key_length", headSize), ("rope.dimension_count", headSize),
            ("attention.sliding_window", 16)])
            U32($"{family}.{name}", value);
        F32($"{family}.attention.layer_norm_rms_epsilon", 1e-5f);
        F32($"{family}.rope.freq_base", 10000);
        AddVocabulary(tokens);
        AddTensor("token_embd.weight", hidden, tokens);
        AddTensor("blk.0.attn_norm.weight", hidden);
        foreach (var (name, rows) in ((string, int)[])[("q", headSize * heads), ("k", headSize), ("v", headSize)])
        {
            AddTensor($"blk.0.attn_{name}.weight", hidden, rows);
            if (family == "qwen2") AddTensor($"blk.0.attn_{name}.bias", rows);
            if (family == "qwen3" && name != "v") AddTensor($"blk.0.attn_{name}_norm.weight", headSize);
        }
        AddTensor("blk.0.attn_output.weight", headSize * heads, hidden);
        if (family == "gemma2") AddTensor("blk.0.post_attention_norm.weight", hidden);
        AddTensor("blk.0.ffn_norm.weight", hidden);
        AddTensor("blk.0.ffn_gate.weight", hidden, inner);
        AddTensor("blk.0.ffn_up.weight", hidden, inner);
        AddTensor("blk.0.ffn_down.weight", inner, hidden);
        if (family == "gemma2") AddTensor("blk.0.post_ffw_norm.weight", hidden);
        AddTensor("output_norm.weight", hidden);
    }

    private void AddVocabulary(int tokens)
    {
        Text("tokenizer.ggml.model", "gpt2");
        string[] texts = ["a", "b", "ab", "c", "<s>", "</s>"];
        Array("tokenizer.ggml.tokens", TextKind, texts.Length, (bytes, i) => bytes.Text(texts[i]));
        Array("tokenizer.ggml.scores", F32Kind, tokens, (bytes, i) => bytes.F32(-i));
        Array("tokenizer.ggml.token_type", 5, tokens, (bytes, i) => bytes.U32(i < 4 ? 1u : 3u));
        Array("tokenizer.ggml.merges", TextKind, 1, (bytes, _) => bytes.Text("a b"));
        U32("tokenizer.ggml.bos_token_id", 4);
        U32("tokenizer.ggml.eos_token_id", 5);
    }

    private void AddCollection()
    {
        Add("u8", 0, bytes => bytes.U8(200));
        Add("i16", 3, bytes => bytes.U16(0xFFFE));
        Add("flag", 7, bytes => bytes.U8(1));
        Add("u64", 10, bytes => bytes.U64(ulong.MaxValue));
        Add("f64", 12, bytes => bytes.U64((ulong)BitConverter.DoubleToInt64Bits(2.5)));
        Text("text", "河水");
        Array("bytes", 0, 5, (bytes, i) => bytes.U8((byte)i));
        Array("nested", ArrayKind, 2, (bytes, _) => bytes.U32(2).U64(2).U16(7).U16(8));
        U32("split.count", 1);
        foreach (var layout in BlockLayout.All)
            _tensors.Add(new Tensor($"{layout.Type}", layout.Type, [layout.Elements, 1 + _random.Next(2)]));
    }

    // An entry or a tensor is lost, doubled, moved, renamed or made another kind.
    private void ChangeList()
    {
        if (_random.Next(2) == 0)
        {
            Change(_entries, (entry, other) => _random.Next(3) switch
            {
                0 => entry with { Key = other.Key },
                1 => entry with { Kind = (uint)_random.Next(14) },
                _ => entry with { Kind = other.Kind, Write = other.Write },
            });
            return;
        }
        Change(_tensors, (tensor, other) => _random.Next(4) switch
        {
            0 => tensor with { Name = other.Name },
            1 => tensor with { Type = other.Type },
            2 => tensor with { Shape = [.. tensor.Shape.Reverse()] },
            _ => tensor with { Shape = other.Shape },
        });
    }

    private void Change<T>(List<T> list, Func<T, T, T> changed)
    {
        int at = _random.Next(list.Count), other = _random.Next(list.Count);
        switch (_random.Next(4))
        {
            case 0: list.RemoveAt(at); break;
            case 1: list.Insert(other, list[at]); break;
            case 2: (list[at], list[other]) = (list[other], list[at]); break;
            default: list[at] = changed(list[at], list[other]); break;
        }
    }

    private FieldBytes Write()
    {
        var bytes = new FieldBytes().Bytes("GGUF"u8).U32(3).U64((ulong)_tensors.Count).U64((ulong)_entries.Count);
        foreach (var entry in _entries)
        {
            bytes.Text(entry.Key).U32(entry.Kind);
            entry.Write(bytes);
        }
        long offset = 0;
        foreach (var tensor in _tensors)
        {
            bytes.Text(tensor.Name).U32((uint)tensor.Shape.Length);
            foreach (var size in tensor.Shape) bytes.U64((ulong)size);
            bytes.U32((uint)tensor.Type).U64((ulong)offset);
            offset += (SizeOf(tensor) + 31) / 32 * 32;
        }
        bytes.Pad(32);
        foreach (var tensor in _tensors)
        {
            // The first number is often a scale; the rest is filler that any type can hold.
            bytes.U16(0x3C00).Bytes(new byte[SizeOf(tensor) - 2]).Pad(32);
        }
        return bytes;
    }

    private static long SizeOf(Tensor tensor)
    {
        var layout = BlockLayout.Of(tensor.Type);
        long elements = tensor.Shape.Aggregate(1L, (a, b) => a * b);
        return Math.Max(2, elements / layout.Elements * layout.Bytes);
    }

    private void AddTensor(string name, params long[] shape)
    {
        TensorType[] types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0];
        var type = shape.Length == 1 ? TensorType.F32 : types[_random.Next(types.Length)];
        _tensors.Add(new Tensor(name, type, shape));
    }

    private void Add(string key, uint kind, Action<FieldBytes> write) => _entries.Add(new Entry(key, kind, write));

    private void Text(string key, string text) => Add(key, TextKind, bytes => bytes.Text(text));

    private void U32(string key, uint value) => Add(key, U32Kind, bytes => bytes.U32(value));

    private void F32(string key, float value) => Add(key, F32Kind, bytes => bytes.F32(value));

    private void Array(string key, uint kind, int count, Action<FieldBytes, int> write) => Add(key, ArrayKind, bytes =>
    {
        bytes.U32(kind).U64((ulong)count);
        for (int i = 0; i < count; i++) write(bytes, i);
    });
}
