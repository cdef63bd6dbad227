using System.CommandLine;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir job list|show|log|cancel|retry</c>.</summary>
public static class JobCommand
{
    private static readonly Argument<string> Id = new("ID") { Description = "The job's id, from 'job list'." };

    public static Command Create()
    {
        var list = new Command("list", "List the newest jobs.") { ClientVerb.Json };
        list.Act(async (parsed, client, ct) =>
            parsed.Show(await client.JobsAsync(ct), PlatformJson.Pretty.IReadOnlyListJobView, jobs =>
        {
            foreach (var job in jobs) Print(job);
        }));
        var log = new Command("log", "Print the end of a job's log.") { Id };
        log.Act(async (parsed, client, ct) => Console.Write(await client.JobLogAsync(parsed.GetValue(Id)!, ct)));
        return new Command("job", "Jobs of the platform.")
        {
            list, log, One("show", "Show a job.", (client, id, ct) => client.JobAsync(id, ct)),
            One("cancel", "Stop a job; it may save its state first.", (client, id, ct) =>
            client.CancelJobAsync(id, ct)),
            One("retry", "Run a failed or cancelled job again.", (client, id, ct) => client.RetryJobAsync(id, ct)),
        };
    }

    private static Command One(string name, string description,
        Func<WeirClient, string, CancellationToken, Task<JobView>> act)
    {
        var command = new Command(name, description) { Id, ClientVerb.Json };
        command.Act(async (parsed, client, ct) =>
            parsed.Show(await act(client, parsed.GetValue(Id)!, ct), PlatformJson.Pretty.JobView, Print));
        return command;
    }

    private static void Print(JobView job) =>
        Console.WriteLine($"{job.Id}  {job.State,-12} {job.Seconds,8:0.0} s  {job.Spec.Name}"
        + (job.Error is null ? "" : $"  {job.Error.ReplaceLineEndings(" ")}"));
}
