using Weir.Formats.Models;

namespace Weir.Inference.Models;

/// <summary>What GGUF calls the tensors of <see cref="TensorNames"/>.</summary>
internal static class GgufNames
{
    /// <param name="name">A name of <see cref="TensorNames"/>.</param>
    public static string Of(string name)
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
