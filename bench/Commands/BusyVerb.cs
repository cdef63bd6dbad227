using System.CommandLine;
using Weir.Bench.Engines;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary>What <see cref="BusyNeighbour"/> starts; hidden from the help.</summary>
internal static class BusyVerb
{
    public static Command Create()
    {
        var threads = new Argument<int>("THREADS") { Description = "Threads that compute." };
        var command = new Command(BusyNeighbour.Verb, "Computes until its standard input ends.") { threads };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            BusyNeighbour.Compute(parsed.GetValue(threads), Console.In);
            return ExitCodes.Done;
        });
        return command;
    }
}
