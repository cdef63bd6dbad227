using System.CommandLine;
using System.Diagnostics;
using Weir.Formats.Bcl;
using Weir.Formats.Fuzzing;

namespace Weir.Host.Commands;

/// <summary><c>weir fuzz</c>: the readers of outside bytes against many damaged inputs.</summary>
internal static class FuzzCommand
{
    private const int DefaultIterations = 1_000_000, ReportEvery = 10_000;

    private static string Names => string.Join(", ", FormatsFuzzTargets.All.Select(t => t.Name));

    public static Command Create()
    {
        var target = new Argument<string>("TARGET") { Description = $"One of {Names}." };
        var iterations = new Option<int>("--iterations")
        {
            Description = "How many inputs.", DefaultValueFactory = _ => DefaultIterations,
        };
        var seed = new Option<int>("--seed") { Description = "The seed of the first; each next one has the next." };
        var command = new Command("fuzz",
            "Read many damaged files and see that each is refused by a message or read, within its time and memory.")
        {
            target, iterations, seed,
        };
        command.SetAction((parsed, ct) => Task.Run(() => Run(parsed.GetValue(target)!, parsed.GetValue(iterations),
            parsed.GetValue(seed), ct), ct));
        return command;
    }

    private static int Run(string name, int iterations, int seed, CancellationToken ct)
    {
        var target = FormatsFuzzTargets.All.FirstOrDefault(t => t.Name == name)
            ?? throw new UserErrorException($"There is no target '{name}'. Use one of {Names}.", ExitCodes.WrongUsage);
        if (iterations < 1)
            throw new UserErrorException("--iterations takes a positive number.", ExitCodes.WrongUsage);
        long began = Stopwatch.GetTimestamp();
        int accepted = 0, done = 0;
        long largest = 0;
        while (done < iterations)
        {
            ct.ThrowIfCancellationRequested();
            var result = FuzzRun.Execute(target, Math.Min(ReportEvery, iterations - done), unchecked(seed + done));
            accepted += result.Accepted;
            largest = Math.Max(largest, result.LargestBytes);
            done = Math.Min(iterations, done + ReportEvery);
            double rate = done / Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (!Console.IsErrorRedirected)
                Console.Error.Write($"\r{done:N0} inputs, {rate:N0} a second, "
                    + $"{(iterations - done) / rate:F0} s to go ");
        }
        if (!Console.IsErrorRedirected) Console.Error.WriteLine();
        Console.WriteLine($"{name}: {done:N0} inputs, {accepted:N0} read, {done - accepted:N0} refused, at most "
            + $"{largest:N0} bytes of memory; no other outcome");
        return ExitCodes.Done;
    }
}
