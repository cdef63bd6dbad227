using Weir.Formats.Gguf;
using Weir.Inference.Kernels;
using Weir.Inference.Models;
using Weir.Inference.Sampling;
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
    /// differences). llama.cpp multiplies Q8_0 weights by activations that it rounds to Q8_0 as well, so there a near
    /// tie may part the ways, and only probabilities are compared.</summary>
    public static TheoryData<GgufType, bool, double> Files => new()
    {
        { GgufType.F32, true, 1e-4 }, { GgufType.F32, false, 1e-4 }, { GgufType.F16, true, 1e-2 },
        { GgufType.Q8, true, 0.1 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Llama_cpp_reads_the_same_tokens_and_generates_the_same_text(GgufType type, bool tied, double most)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.gguf");
        var config = RandomModel.SmallConfig with { TiedEmbeddings = tied, RopeTheta = 20000, NormEpsilon = 1e-6 };
        GgufModel.Save(new RandomModel(config, seed: 21).Load(), "random", path, type);
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
            if (type == GgufType.Q8) continue;
            var ours = Greedy(model, answer.Tokens);
            Assert.Equal(ours, answer.Generated);
            Assert.Equal(model.Tokenizer.Decode(ours), answer.Text);
        }
    }

    private static float[] Probabilities(LoadedModel model, int[] prompt)
    {
        var decoder = new Decoder(model);
        decoder.Forward(prompt, new KvCache(model.Config));
        var logits = decoder.Logits(prompt.Length - 1).ToArray();
        Elementwise.Softmax(logits);
        return logits;
    }

    private static double Distance(float[] ours, double[][] theirs)
    {
        var rest = ours.Select(p => (double)p).ToArray();
        foreach (var pair in theirs) rest[(int)pair[0]] -= pair[1];
        return rest.Sum(Math.Abs) / 2;
    }

    internal static int[] Greedy(LoadedModel model, int[] prompt, int steps = Steps)
    {
        var decoder = new Decoder(model);
        var cache = new KvCache(model.Config);
        decoder.Forward(prompt, cache);
        var logits = decoder.Logits(prompt.Length - 1);
        var generated = new List<int>();
        while (true)
        {
            generated.Add(Sampler.Greedy(logits));
            if (generated.Count == steps || model.EndTokens.Contains(generated[^1])) return [.. generated];
            decoder.Forward([generated[^1]], cache);
            logits = decoder.Logits(0);
        }
    }
}
