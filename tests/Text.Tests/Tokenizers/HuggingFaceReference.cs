using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Text.Tests.Npm;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>What the reference reader gives for a text.</summary>
internal sealed record Answer(int[] Ids, string Decoded);

/// <summary>The npm package @huggingface/tokenizers.</summary>
internal static class HuggingFaceReference
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.Default,
    };

    /// <summary>Answers to lines for <c>encode.mjs</c>, by the tokenizer whose two files are in the folder; skips the
    /// test where the packages cannot be had.</summary>
    public static async Task<Answer[]> Ask(string folder, IEnumerable<string> lines) =>
        [.. (await NodeReference.Run("encode.mjs", [folder], lines))
            .Select(line => JsonSerializer.Deserialize<Answer>(line, Json)!)];
}
