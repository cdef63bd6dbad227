using System.CommandLine;
using Weir.Bench.Commands;
using Weir.Formats.Bcl;

namespace Weir.Bench;

/// <summary><c>./weir bench</c>: measures, with a baseline beside every figure.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        var root = new RootCommand("Benchmarks. Each prints a table with a baseline beside every figure; a program to "
            + "compare with runs where its path is given. bench/README.md says how to build those.")
        {
            EngineBench.Create(), ServingBench.Create(), NeighboursBench.Create(), BusyVerb.Create(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await parsed.InvokeAsync();
            return ExitCodes.WrongUsage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (UserErrorException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message} Check the path, its permissions and the free space "
                + "of its disk.");
            return ExitCodes.Failed;
        }
    }
}
