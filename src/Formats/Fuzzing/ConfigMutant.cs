using System.Text;

namespace Weir.Formats.Fuzzing;

/// <summary>A <c>config.json</c> with a few members changed.</summary>
internal static class ConfigMutant
{
    private static readonly (string Name, string Value)[] Members =
    [
        ("architectures", "[\"Qwen2ForCausalLM\"]"), ("model_type", "\"qwen2\""), ("vocab_size", "64"),
        ("hidden_size", "32"), ("intermediate_size", "64"), ("num_hidden_layers", "2"), ("num_attention_heads", "4"),
        ("num_key_value_heads", "2"), ("head_dim", "8"), ("max_position_embeddings", "128"), ("rms_norm_eps", "1e-6"),
        ("rope_theta", "1000000.0"), ("tie_word_embeddings", "true"), ("hidden_act", "\"silu\""),
        ("rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
            + "\"original_max_position_embeddings\":64}"),
        ("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":10000}"),
        ("layer_types", "[\"full_attention\",\"sliding_attention\"]"), ("sliding_window", "16"),
        ("bos_token_id", "1"), ("eos_token_id", "[1,2]"), ("query_pre_attn_scalar", "16"),
        ("final_logit_softcapping", "30.0"), ("attention_bias", "false"),
    ];

    private static readonly string[] Oddities =
    [
        "null", "true", "0", "-1", "1", "3", "2147483647", "2147483648", "1e308", "1e-308", "0.5", "\"x\"", "\"yarn\"",
        "\"gemma2\"", "[]", "[1]", "[-1]", "[null]", "[\"x\",\"y\"]", "{}", "{\"type\":\"longrope\"}",
        "{\"type\":\"yarn\",\"factor\":-2}", "{\"type\":\"linear\",\"factor\":2}", "{\"rope_type\":5}",
        "{\"rope_type\":\"longrope\",\"short_factor\":[1,1,1,1],\"long_factor\":[1,2,3,4]}", "[[[[]]]]", "\"\\ud800\"",
    ];

    public static byte[] Make(Random random)
    {
        var members = Members.ToList();
        for (int i = random.Next(4); i > 0; i--)
        {
            int at = random.Next(members.Count);
            if (random.Next(4) == 0) members.RemoveAt(at);
            else members[at] = (members[at].Name, Oddities[random.Next(Oddities.Length)]);
        }
        var json = Encoding.UTF8.GetBytes("{" + string.Join(',', members.Select(m => $"\"{m.Name}\":{m.Value}")) + "}");
        return random.Next(6) == 0 ? Damage.Of(json, random) : json;
    }
}
