using Weir.Bench.Serving;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Serving;

public sealed class ServerProcessTests
{
    [Fact]
    public async Task A_server_that_ends_before_it_is_ready_is_quoted()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "needs a shell");
        var folder = Directory.CreateTempSubdirectory("weir-bench-test-");
        try
        {
            var program = Path.Combine(folder.FullName, "llama-server");
            File.WriteAllText(program, "#!/bin/sh\necho \"no memory for $8 tokens\" >&2\nsleep 0.2\nexit 4\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var error = await Assert.ThrowsAsync<UserErrorException>(() =>
                ServerProcess.StartLlamaServerAsync(program, "m.gguf", threads: 2, slots: 16, CancellationToken.None));
            Assert.Contains("llama-server ended with exit code 4", error.Message);
            Assert.Contains("no memory for 16384 tokens", error.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so()
    {
        var error = await Assert.ThrowsAsync<UserErrorException>(() => ServerProcess.StartLlamaServerAsync(
            "/nowhere/llama-server", "m.gguf", threads: 1, slots: 1, CancellationToken.None));
        Assert.Contains("/nowhere/llama-server cannot be started", error.Message);
    }
}
