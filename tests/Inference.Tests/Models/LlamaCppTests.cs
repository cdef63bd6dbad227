using Weir.Formats.Gguf;
using Weir.Formats.Quantization;
using Weir.Inference.Kernels;
using Weir.Inference.Models;
using Weir.Text.Chat;

namespace Weir.Inference.Tests.Models;

/// <summary>What our GGUF files are for: llama.cpp loads them and says the same.</summary>
public sealed class LlamaCppTests
{
    private const int Steps = 48;

    private static readonly string[] Prompts =
    [
        "the lock keeper counts seven boats.", "河水流过小镇。工程师", "Don't they'll say 1234567?\n\n  x  ",
        "naïve café 😀👩‍👩‍👧 𠀀 ﬁ", " leading and trailing ", "<|user|> is text here, not a turn <|end|>",
    ];

    /// <summary>Type, tied, and how far the probabilities of a next token may lie apart (half the sum of absolute
    /// differences). Both keep keys and values as float16. Q8_0 weights are multiplied by activations that are rounded as
    /// well, so there a near tie may part the ways, and only probabilities are compared.</summary>
    public static TheoryData<TensorType, bool, double> Files => new()
    {
        { TensorType.F32, true, 3e-3 }, { TensorType.F32, false, 3e-3 }, { TensorType.F16, true, 1e-2 },
        { TensorType.Q8_0, true, 0.1 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Llama_cpp_reads_the_same_tokens_and_generates_the_same_text(TensorType type, bool tied,
        double most)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.gguf");
        var config = RandomModel.SmallConfig with { TiedEmbeddings = tied, RopeTheta = 20000, NormEpsilon = 1e-6 };
        new RandomModel(config, seed: 21).WriteGguf(path, type);
        var model = LoadedModel.Load(path);

        var report = await LlamaCpp.GenerateAsync(path, Prompts, Steps);

        Assert.Equal(ChatTemplate.Jinja, report.Template);
        Assert.Equal(WeirTokens.EndOfTurnId, report.End);
        Assert.Equal(Prompts.Length, report.Answers.Length);
        for (int i = 0; i < Prompts.Length; i++)
        {
            var answer = report.Answers[i];
            Assert.Equal(model.Tokenizer.Encode(Prompts[i]), answer.Tokens);
            double apart = Distance(Probabilities(model, answer.Tokens), answer.First);
            Assert.True(apart < most, $"prompt {i}: probabilities are {apart:G3} apart");
            if (type == TensorType.Q8_0) continue;
            var ours = ModelRun.Greedy(model, answer.Tokens, Steps);
            Assert.Equal(ours, answer.Generated);
            Assert.Equal(model.Tokenizer.Decode(ours), answer.Text);
        }
    }

    private static float[] Probabilities(LoadedModel model, int[] prompt)
    {
        var logits = ModelRun.Forward(model, prompt, chunk: 64)[^1];
        Elementwise.Softmax(logits);
        return logits;
    }

    private static double Distance(float[] ours, double[][] theirs)
    {
        var rest = ours.Select(p => (double)p).ToArray();
        foreach (var pair in theirs) rest[(int)pair[0]] -= pair[1];
        return rest.Sum(Math.Abs) / 2;
    }
}
