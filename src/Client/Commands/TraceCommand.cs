using System.CommandLine;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir trace</c>: from an answer back to its sources.</summary>
public static class TraceCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("REQUEST_ID") { Description =
            "A request id, or the id of an answer (chatcmpl-...)." };
        var command =
            new Command("trace",
            "Print the chain from an answer back to its model version, runs, datasets and source files.")
        {
            id, ClientVerb.Json,
        };
        command.Act(async (parsed, client, ct) =>
            parsed.Show(await client.TraceAsync(parsed.GetValue(id)!, ct), PlatformJson.Pretty.TraceView, trace =>
            {
                foreach (var step in trace.Steps)
                {
                    Console.WriteLine($"{new string(' ', 2 * step.Depth)}{step.Kind,-10} {step.Title}  {step.Detail}");
                    Console.WriteLine($"{new string(' ', 2 * step.Depth)}{"",-10} {step.Id}");
                }
            }));
        return command;
    }
}
