using Weir.Bench.Peers;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Peers;

public sealed class LlamaBenchTests
{
    private const string Test = """
        { "build_commit": "abc1234", "build_number": 77, "n_prompt": 0, "n_gen": 64, "n_depth": 2000,
          "avg_ts": 41.5, "samples_ts": [ 40.0, 43.0 ] }
        """;

    [Fact]
    public void The_json_is_read_and_what_stands_before_it_is_passed_over()
    {
        var test = Assert.Single(LlamaBench.Parse($"loading\n[{Test}]\n"));
        Assert.Equal((0, 64, "build 77 (abc1234)"), (test.PromptTokens, test.GeneratedTokens, test.Build));
        Assert.Equal([40.0, 43.0], test.TokensPerSecond);
        Assert.Equal(43.0, test.Last);
    }

    [Theory]
    [InlineData("")]
    [InlineData("usage: llama-bench")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("""[{"n_prompt": 1}]""")]
    [InlineData("""[{"n_prompt":"x","n_gen":1,"samples_ts":[1],"build_number":1,"build_commit":"a"}]""")]
    [InlineData("""[{"n_prompt":1,"n_gen":1,"samples_ts":[],"build_number":1,"build_commit":"a"}]""")]
    [InlineData("""[{"n_prompt":1,"n_gen":1,"samples_ts":[1],"build_number":1""")]
    public void Anything_else_is_refused_with_advice(string output)
    {
        var error = Assert.Throws<UserErrorException>(() => LlamaBench.Parse(output));
        Assert.Contains("-o json", error.Message);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_said_so()
    {
        var error = await Assert.ThrowsAsync<UserErrorException>(() =>
            LlamaBench.LlamaCpp("/nowhere/llama-bench").PrefillAsync("m.gguf", 1, 8, CancellationToken.None));
        Assert.Contains("/nowhere/llama-bench cannot be started", error.Message);
    }

    [Fact]
    public async Task A_program_that_fails_is_quoted()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "needs a shell");
        var error = await Assert.ThrowsAsync<UserErrorException>(() =>
            PeerProcess.RunAsync("/bin/sh", ["-c", "echo no such model >&2; exit 3"], CancellationToken.None));
        Assert.Contains("exit code 3: no such model", error.Message);
    }

    [Fact]
    public async Task A_peer_is_run_with_the_options_of_its_measurement()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "needs a shell");
        var folder = Directory.CreateTempSubdirectory("weir-bench-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "llama-bench");
            File.WriteAllText(program, "#!/bin/sh\necho \"$@\" >\"$0.arguments\"\ncat <<'E'\n[" + Test + "]\nE\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var peer = LlamaBench.IkLlamaCpp(program);
            Assert.Equal(43.0, await peer.DecodeAsync("m.gguf", 2, 64, 2000, CancellationToken.None));
            Assert.Equal("-m m.gguf -t 2 -p 0 -n 64 -r 2 -o json -rtr 1 -d 2000",
                File.ReadAllText(program + ".arguments").Trim());
            Assert.Equal("ik_llama.cpp: build 77 (abc1234)", peer.Description);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
