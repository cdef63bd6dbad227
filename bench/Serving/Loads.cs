namespace Weir.Bench.Serving;

/// <summary>The loads that servers are compared under.</summary>
internal static class Loads
{
    /// <summary>With a chat template around them about 116 tokens.</summary>
    private const int PromptWords = 90;
    private const int AnswerTokens = 64;
    private const int PrefixClients = 8, PrefixWords = 300, OwnWords = 30, PrefixAnswerTokens = 32;
    /// <summary>Rounds, loads and questions each have their own range of seeds.</summary>
    private const int RoundStride = 1_000_000, LoadStride = 10_000, WarmUpRound = 1000;

    /// <param name="clients">How many clients at the same time, a load each.</param>
    /// <param name="questionsEach">Questions of each client.</param>
    public static IReadOnlyList<Load> Of(IReadOnlyList<int> clients, int questionsEach)
    {
        var loads = clients.Select((count, index) => new Load($"serving {count}", count, round =>
        {
            int seed = Seed(round, index);
            return [.. Enumerable.Range(0, count * questionsEach)
                .Select(q => Prompts.Alone(PromptWords, AnswerTokens, seed + q))];
        })).ToList();
        loads.Add(new Load($"shared-prefix {PrefixClients}", PrefixClients, round =>
        {
            int seed = Seed(round, clients.Count);
            return [.. Enumerable.Range(0, PrefixClients * questionsEach)
                .Select(q => Prompts.AfterPrefix(PrefixWords, seed, OwnWords, PrefixAnswerTokens, seed + 1 + q))];
        }));
        return loads;
    }

    /// <summary>What a server answers before anything is timed, so that its code and memory are warm.</summary>
    public static IReadOnlyList<Question> WarmUp(int clients) =>
        [.. Enumerable.Range(Seed(WarmUpRound, 0), clients)
            .Select(seed => Prompts.Alone(PromptWords, AnswerTokens, seed))];

    private static int Seed(int round, int load) => (round * RoundStride) + (load * LoadStride);
}
