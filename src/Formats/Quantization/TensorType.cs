using System.Diagnostics.CodeAnalysis;

namespace Weir.Formats.Quantization;

/// <summary>How a tensor's elements are stored. Names and numbers are those of GGUF
/// (github.com/ggml-org/ggml, docs/gguf.md); safetensors has the first two and BF16.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The field writes these names so, in files and everywhere else.")]
public enum TensorType
{
    F32 = 0,
    F16 = 1,
    /// <summary>Blocks of 32: a float16 scale and codes of 4 bits; 4.5 bits an element.</summary>
    Q4_0 = 2,
    /// <summary>As <see cref="Q4_0"/> with a minimum; 5 bits an element.</summary>
    Q4_1 = 3,
    /// <summary>As <see cref="Q4_0"/> with codes of 5 bits; 5.5 bits an element.</summary>
    Q5_0 = 6,
    /// <summary>As <see cref="Q4_1"/> with codes of 5 bits; 6 bits an element.</summary>
    Q5_1 = 7,
    /// <summary>Blocks of 32: a float16 scale and signed bytes; 8.5 bits an element.</summary>
    Q8_0 = 8,
    /// <summary>Blocks of 256 in 8 parts with scale and minimum, codes of 4 bits; 4.5 bits an element.</summary>
    Q4_K = 12,
    /// <summary>As <see cref="Q4_K"/> with codes of 5 bits; 5.5 bits an element.</summary>
    Q5_K = 13,
    /// <summary>Blocks of 256 in 16 parts with a scale, codes of 6 bits; 6.5625 bits an element.</summary>
    Q6_K = 14,
    BF16 = 30,
}
