using System.Globalization;
using System.Text.Json;
using Weir.Formats.Bcl;

namespace Weir.Bench.Peers;

/// <summary>One line of llama-bench.</summary>
/// <param name="PromptTokens">0 where it generates.</param>
/// <param name="GeneratedTokens">0 where it reads a prompt.</param>
/// <param name="TokensPerSecond">A value a repetition.</param>
/// <param name="Build">Commit and build number of the program.</param>
internal sealed record LlamaBenchTest(int PromptTokens, int GeneratedTokens, IReadOnlyList<double> TokensPerSecond,
    string Build)
{
    /// <summary>The last repetition, when caches and memory are warm.</summary>
    public double Last => TokensPerSecond[^1];
}

/// <summary>llama-bench of llama.cpp or of one of its forks, run as a process. Both write the same JSON.</summary>
/// <param name="program">Where the program is.</param>
/// <param name="name">The peer's name in tables.</param>
/// <param name="repetitions">1 where it warms itself up with a whole prompt; 2 where it does so with one token.</param>
/// <param name="options">Options that the fork has beyond the common ones.</param>
internal sealed class LlamaBench(string program, string name, int repetitions, params string[] options)
{
    public string Name { get; } = name;

    /// <summary>Name and build, known after the first measurement.</summary>
    public string Description { get; private set; } = name;

    public static LlamaBench LlamaCpp(string program) => new(program, "llama.cpp", repetitions: 1);

    /// <summary>The fork with its own layout of weights, made at the start.</summary>
    public static LlamaBench IkLlamaCpp(string program) => new(program, "ik_llama.cpp", repetitions: 2, "-rtr", "1");

    public async Task<double> PrefillAsync(string model, int threads, int promptTokens, CancellationToken ct) =>
        (await RunAsync(model, threads, promptTokens, 0, 0, ct)).Single(t => t.GeneratedTokens == 0).Last;

    /// <param name="depth">Tokens in the context before the first one that is timed.</param>
    public async Task<double> DecodeAsync(string model, int threads, int tokens, int depth, CancellationToken ct) =>
        (await RunAsync(model, threads, 0, tokens, depth, ct)).Single(t => t.PromptTokens == 0).Last;

    private async Task<IReadOnlyList<LlamaBenchTest>> RunAsync(string model, int threads, int promptTokens,
        int generatedTokens, int depth, CancellationToken ct)
    {
        string[] numbers = [.. new[] { threads, promptTokens, generatedTokens, repetitions }
            .Select(n => n.ToString(CultureInfo.InvariantCulture))];
        List<string> arguments =
            ["-m", model, "-t", numbers[0], "-p", numbers[1], "-n", numbers[2], "-r", numbers[3], "-o", "json",
            .. options];
        if (depth > 0) arguments.AddRange(["-d", depth.ToString(CultureInfo.InvariantCulture)]);
        var tests = Parse(await PeerProcess.RunAsync(program, arguments, ct));
        Description = $"{Name}: {tests[0].Build}";
        return tests;
    }

    /// <summary>Reads the array that <c>-o json</c> prints; what the program says before it is passed over.</summary>
    /// <exception cref="UserErrorException">It is not what llama-bench prints.</exception>
    internal static IReadOnlyList<LlamaBenchTest> Parse(string output)
    {
        try
        {
            int begin = output.IndexOf('[');
            using var document = JsonDocument.Parse(begin < 0 ? output : output[begin..]);
            LlamaBenchTest[] tests = [.. document.RootElement.EnumerateArray().Select(ReadTest)];
            if (tests.Length > 0 && tests.All(t => t.TokensPerSecond.Count > 0)) return tests;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            throw Strange(output, e);
        }
        throw Strange(output, null);
    }

    private static LlamaBenchTest ReadTest(JsonElement test) => new(
        test.GetProperty("n_prompt").GetInt32(), test.GetProperty("n_gen").GetInt32(),
        [.. test.GetProperty("samples_ts").EnumerateArray().Select(s => s.GetDouble())],
        $"build {test.GetProperty("build_number")} ({test.GetProperty("build_commit")})");

    private static UserErrorException Strange(string output, Exception? inner) =>
        new($"This is not what llama-bench prints: {output[..Math.Min(output.Length, 200)]}. Give the path of a "
            + "llama-bench that knows '-o json'.", inner: inner);
}
