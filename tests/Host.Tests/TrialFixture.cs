using System.Text.Json.Nodes;

namespace Weir.Host.Tests;

/// <summary>One short quick start, killed with -9 in every stage and started again each time until it ends by itself.
/// The tests of this project look at what it left, and serve it again with <c>weir up</c>.</summary>
public sealed class TrialFixture : IAsyncLifetime
{
    /// <summary>The stages that are killed in the middle, in order, and the line after which each runs: jobs say when
    /// they begin, of the platform's own stages the end of the one before is the sign.</summary>
    private static readonly (string Stage, string Sign)[] Kills =
    [
        .. new[]
        {
            "synthesize", "questions", "curate-text", "curate-chat", "tokenize", "pre-train", "fine-tune", "evaluate",
        }.Select(s => (s, s)),
        ("register", "evaluate      done"), ("deploy", "register      done"), ("ask", "deploy        done"),
    ];

    internal static IEnumerable<string> KilledStages => Kills.Select(k => k.Stage);

    internal string Folder { get; } = WeirProgram.TemporaryFolder();

    internal string Data => Path.Combine(Folder, "data");

    internal List<string> KilledIn { get; } = [];

    internal JsonObject Result { get; private set; } = [];

    internal string Output { get; private set; } = "";

    internal string Key => File.ReadAllText(Path.Combine(Data, "admin.key")).Trim();

    public async ValueTask InitializeAsync()
    {
        var json = Path.Combine(Folder, "result.json");
        string[] arguments = ["quickstart", "--exit", "--minutes", "0.4", "--data", Data, "--port", "0", "--json",
            json];
        foreach (var (stage, sign) in Kills)
        {
            await using var platform = new RunningPlatform(arguments);
            await platform.SaysAsync(sign, TimeSpan.FromMinutes(4));
            if (platform.HasExited) Assert.Fail($"The quick start ended before stage {stage}. It "
                + $"said:\n{platform.Said}");
            await platform.KillAsync();
            KilledIn.Add(stage);
        }
        await using var last = new RunningPlatform(arguments);
        var code = await last.EndAsync(TimeSpan.FromMinutes(5));
        Output = last.Said;
        if (code != 0) Assert.Fail($"The quick start ended with {code}. It said:\n{last.Said}");
        Result = JsonNode.Parse(await File.ReadAllTextAsync(json))!.AsObject();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

[CollectionDefinition("trial")]
public sealed class TrialCollection : ICollectionFixture<TrialFixture>;
