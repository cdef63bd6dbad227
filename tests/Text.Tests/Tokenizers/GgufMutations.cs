using System.Text;
using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>GGUF metadata of small tokenizers, whole and damaged.</summary>
internal static class GgufMutations
{
    private const string Prefix = "tokenizer.ggml.";

    public static Dictionary<string, object> Valid(string kind)
    {
        string[] tokens = kind switch
        {
            "gpt2" => ["<s>", "</s>", .. ByteAlphabet.InVocabularyOrder().Select(ByteAlphabet.Symbol),
                "ab", "abab", "Ġa"],
            "bert" => [.. Enumerable.Range(0, 100).Select(i => $"[unused{i}]"), "[UNK]", "[CLS]", "[SEP]", "▁a", "▁b",
                "b", "▁水", "▁1", "2", "3", "4", "▁<", "▁>"],
            _ => ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "a", "b", "▁a",
                "ab", "abab", "▁▁", "水", "1", "12"],
        };
        var metadata = new Dictionary<string, object>
        {
            [Prefix + "model"] = kind,
            [Prefix + "pre"] = kind == "gpt2" ? "llama-bpe" : "default",
            [Prefix + "tokens"] = tokens,
            [Prefix + "token_type"] = tokens.Select((text, id) => text.StartsWith("<0x", StringComparison.Ordinal) ? 6
                : text is "<unk>" or "[UNK]" ? 2 : text.Length > 2 && text[0] is '<' or '[' ? 3 : 1).ToArray(),
            [Prefix + "bos_token_id"] = kind == "bert" ? 101u : 1u,
            [Prefix + "eos_token_id"] = kind == "bert" ? 102u : kind == "gpt2" ? 1u : 2u,
            [Prefix + "add_bos_token"] = true,
            [Prefix + "add_space_prefix"] = true,
        };
        if (kind == "gpt2") metadata[Prefix + "merges"] = new[] { "a b", "ab ab", "Ġ a" };
        if (kind is "llama" or "t5") metadata[Prefix + "scores"] = tokens.Select((_, id) => -id / 7f).ToArray();
        if (kind == "bert") metadata[Prefix + "unknown_token_id"] = 100u;
        if (kind == "t5")
        {
            metadata[Prefix + "remove_extra_whitespaces"] = true;
            metadata[Prefix + "precompiled_charsmap"] = SmallCharsmap();
        }
        return metadata;
    }

    public static void Apply(Dictionary<string, object> metadata, Random random)
    {
        var key = metadata.Keys.ElementAt(random.Next(metadata.Count));
        object[] values = ["gpt2", "llama", "t5", "bert", "default", "deepseek-llm", "", 0u, 1u, -1,
            uint.MaxValue, 300u,
            true, false, 1.5f, new[] { "a" }, new[] { 1, 2 }, new[] { 1f }, new byte[] { 1, 2, 3 }];
        switch (random.Next(8))
        {
            case 0: metadata.Remove(key); return;
            case 1: metadata[key] = values[random.Next(values.Length)]; return;
        }
        switch (metadata[key])
        {
            case string[] texts:
                texts = random.Next(4) == 0 ? texts[..random.Next(texts.Length + 1)] : texts;
                if (texts.Length > 0)
                {
                    string[] odd = ["", " ", "a", "水", "▁", "<0xZZ>", "\U0001F600", "a b", "Ġ a b", texts[^1],
                        texts[random.Next(texts.Length)], new('x', 70_000)];
                    texts[random.Next(texts.Length)] = odd[random.Next(odd.Length)];
                }
                metadata[key] = texts;
                break;
            case int[] numbers when numbers.Length > 0:
                numbers[random.Next(numbers.Length)] = random.Next(-2, 9);
                if (random.Next(4) == 0) metadata[key] = numbers[..random.Next(numbers.Length)];
                break;
            case float[] scores when scores.Length > 0:
                float[] extremes = [float.NaN, float.PositiveInfinity, float.MaxValue, 0, -0f, 1e-40f];
                scores[random.Next(scores.Length)] = extremes[random.Next(extremes.Length)];
                break;
            case byte[] bytes when bytes.Length > 0:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                break;
            case uint:
                metadata[key] = (uint)random.Next(0, 400);
                break;
        }
    }

    /// <summary>A GGUF file of these metadata and no tensors.</summary>
    public static byte[] ToBytes(Dictionary<string, object> metadata)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(0x46554747u);
        writer.Write(3u);
        writer.Write(0UL);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            WriteText(key);
            switch (value)
            {
                case string text: writer.Write(8u); WriteText(text); break;
                case bool flag: writer.Write(7u); writer.Write(flag); break;
                case uint number: writer.Write(4u); writer.Write(number); break;
                case int number: writer.Write(5u); writer.Write(number); break;
                case float number: writer.Write(6u); writer.Write(number); break;
                case string[] items: WriteArray(8, items, WriteText); break;
                case int[] items: WriteArray(5, items, writer.Write); break;
                case float[] items: WriteArray(6, items, writer.Write); break;
                case byte[] items: WriteArray(0, items, writer.Write); break;
            }
        }
        writer.Flush();
        return stream.ToArray();

        void WriteText(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }

        void WriteArray<T>(uint kind, T[] items, Action<T> write)
        {
            writer.Write(9u);
            writer.Write(kind);
            writer.Write((ulong)items.Length);
            foreach (var item in items) write(item);
        }
    }

    /// <summary>A map that makes A of U+FF21, and nothing of U+200B: a double array by hand.</summary>
    public static byte[] SmallCharsmap() => CharsmapBuilder.Build(new Dictionary<string, string>
    {
        ["\uFF21"] = "A", ["\u200B"] = "", ["e\u0301"] = "\u00E9",
    });
}
