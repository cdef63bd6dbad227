using System.Globalization;

namespace Weir.Host.Pipelines;

/// <summary>The two training configurations of the quick start. docs/log.md has the runs that led to these
/// numbers.</summary>
internal static class TrainingRecipe
{
    private const string Model =
        """
        model:
          layers: 4
          hidden: 160
          heads: 5
          kvHeads: 5
          intermediate: 0
          context: 512
        batch:
          sequences: 16
          tokens: 128
        precision: bf16
        """;

    public static string PreTrain(QuickstartPlan plan, double minutes) =>
        $"""
        objective: pretrain
        tokenizer: input:tokenizer
        data:
          - path: input:text-tokens
            weight: {(plan.Corpus is null ? "0.3" : "0.7")}
          - path: input:chat-as-text-tokens
            weight: {(plan.Corpus is null ? "0.7" : "0.3")}
        {Model}
        budget:
          minutes: {Number(minutes)}
        optimiser:
          matrix: muon
          muonRate: 0.012
          rate: 0.003
          weightDecay: 0.01
          clip: 1.0
          warmup: 60
          decayShare: 0.1
        seed: {plan.Seed}
        checkpointEvery:
          seconds: 20
        """;

    public static string FineTune(QuickstartPlan plan, double minutes) =>
        $"""
        objective: sft
        tokenizer: input:tokenizer
        init: input:base
        data:
          - path: input:chat-tokens
        {Model}
        budget:
          minutes: {Number(minutes)}
        optimiser:
          matrix: muon
          muonRate: 0.012
          rate: 0.003
          weightDecay: 0.01
          clip: 1.0
          warmup: 60
          decayShare: 0.5
        seed: {plan.Seed + 1}
        checkpointEvery:
          seconds: 20
        """;

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
