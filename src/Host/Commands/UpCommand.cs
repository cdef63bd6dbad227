using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Host.Platform;

namespace Weir.Host.Commands;

/// <summary><c>weir up</c>: the platform in the foreground.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var command = new Command("up",
            "Run the platform: console, API, gateway and jobs, in the foreground, on what the data folder holds.\n\n"
            + "Prints 'ready http://...' when it serves. SIGTERM or Ctrl-C drains and stops.")
        {
            PlatformArguments.Data, PlatformArguments.Port, PlatformArguments.KeyFile,
        };
        command.SetAction(async (parsed, ct) =>
        {
            await using var platform = await PlatformHost.StartAsync(PlatformArguments.Options(parsed), ct);
            Console.WriteLine($"ready {platform.Address}");
            await platform.WaitForShutdownAsync(ct);
            return ExitCodes.Done;
        });
        return command;
    }
}
