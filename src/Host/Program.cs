using System.CommandLine;
using System.Data.Common;
using Weir.Formats.Bcl;
using Weir.Host.Commands;

namespace Weir.Host;

/// <summary>The one executable: parses the verb, runs it, and turns what went wrong into one line and an exit
/// code.</summary>
internal static class Program
{
    /// <summary>How long a verb has after SIGTERM or Ctrl-C to save its state.</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromMinutes(2);

    private static async Task<int> Main(string[] arguments)
    {
        var parsed = Verbs.CreateRoot().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await parsed.InvokeAsync();
            return ExitCodes.WrongUsage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = GracePeriod,
            });
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
        catch (DbException e)
        {
            await Console.Error.WriteLineAsync($"error: A database of the platform failed: {e.Message} Check the "
                + "free space and the permissions of the data folder, then run the same command again.");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message} Check the path, its permissions and the free space "
                + $"of its disk.");
            return ExitCodes.Failed;
        }
    }
}
