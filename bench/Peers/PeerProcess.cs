using System.ComponentModel;
using System.Diagnostics;
using Weir.Formats.Bcl;

namespace Weir.Bench.Peers;

/// <summary>Starts programs to compare with.</summary>
internal static class PeerProcess
{
    /// <summary>No single measurement of a peer takes longer, even with neighbours.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(15);

    /// <exception cref="UserErrorException">There is no such program.</exception>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"{program} cannot be started ({e.Message}). bench/README.md says how the "
                + "programs to compare with are built.", inner: e);
        }
    }

    /// <summary>Runs a program to its end and returns its standard output.</summary>
    /// <exception cref="UserErrorException">It failed, or took too long.</exception>
    public static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeLimit);
        using var process = Start(program, arguments);
        var tail = new OutputTail();
        tail.Follow(process);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output
                : throw new UserErrorException($"{program} {string.Join(' ', arguments)} ended with exit code "
                    + $"{process.ExitCode}: {tail.Text}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UserErrorException($"{program} {string.Join(' ', arguments)} took longer than "
                + $"{TimeLimit.TotalMinutes:0} minutes: {tail.Text}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
