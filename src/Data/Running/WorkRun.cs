using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;

namespace Weir.Data.Running;

/// <summary>What a verb was called with, as far as every verb of this workbench has it.</summary>
/// <param name="Out">The folder that the user wants the result in; null leaves it in the run folder.</param>
/// <param name="Run">The run folder that the user wants; null takes the job's, or a new one.</param>
/// <param name="Json">The file for the result as JSON; <c>-</c> is standard output.</param>
internal sealed record WorkRequest(string Verb, JsonObject Config, long? Seed, string? Out, string? Run, string? Json);

/// <summary>What came of it: the named folders (relative to the output) with their kinds, the table's figures, and
/// the JSON result.</summary>
internal sealed record WorkResult(IReadOnlyList<(string Name, string Kind, string Folder)> Artifacts,
    JsonObject Summary, JsonObject Json);

/// <summary>
/// The frame of every verb here. Inside a job, or without --out, the result goes to <c>outputs/</c> of a run folder;
/// with --out it goes there, and a run folder is kept only where --run names one. Whatever happens, the run folder
/// tells how it ended, and no half result stands under a final name.
/// </summary>
internal sealed class WorkRun
{
    private readonly WorkRequest _request;
    private readonly RunFolder? _run;
    private readonly OutputFolder _output;

    private WorkRun(WorkRequest request, RunFolder? run, OutputFolder output)
    {
        _request = request;
        _run = run;
        _output = output;
        Progress = ProgressLine.OnError(run);
    }

    /// <summary>The empty folder to write to.</summary>
    public string Folder => _output.Partial;

    public ProgressLine Progress { get; }

    /// <param name="single">The name of the one folder that the verb makes in <c>outputs/</c>; null where it makes
    /// several, each a folder in <see cref="Folder"/>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> ExecuteAsync(WorkRequest request, string? single,
        Func<WorkRun, CancellationToken, Task<WorkResult>> work, CancellationToken cancel)
    {
        var job = JobEnvironment.Current;
        if (job.IsJob && request.Out is not null)
            throw new UserErrorException("--out is not for jobs: a job's result goes to its run folder.",
                ExitCodes.WrongUsage);
        using var run = request.Out is not null && request.Run is null ? null : OpenRun(request, job);
        try
        {
            using var output = request.Out is not null
                ? OutputFolder.Begin(request.Out, replace: false)
                : OutputFolder.Begin(Path.Combine(run!.OutputsPath, single ?? "parts"), replace: true);
            var frame = new WorkRun(request, run, output);
            var result = await work(frame, cancel);
            frame.Progress.Finish();
            frame.Publish(result, single is null && request.Out is null);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Console.Error.WriteLine(
                $"{request.Verb}: interrupted; nothing was published. Run it again to start afresh.");
            run?.Interrupted();
            return job.InterruptedExitCode;
        }
        catch (UserErrorException e)
        {
            TryFail(run, e.Message);
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var told = StorageErrors.CannotWrite(request.Out ?? run!.OutputsPath, e);
            TryFail(run, told.Message);
            throw told;
        }
    }

    private void Publish(WorkResult result, bool parts)
    {
        if (parts) _output.PublishParts();
        else _output.Publish();
        var root = parts ? Path.GetDirectoryName(_output.Target)! : _output.Target;
        _run?.Done([.. result.Artifacts.Select(a => ArtifactTree.Scan(a.Name, a.Kind, Path.Combine(root, a.Folder)))],
            result.Summary);
        result.Json["folder"] = root;
        if (_run is not null) result.Json["run"] = _run.Path;
        WriteJson(result.Json, _request.Json);
    }

    /// <summary>Writes a result for scripts.</summary>
    public static void WriteJson(JsonObject json, string? file)
    {
        if (file is null) return;
        var text = json.ToJsonString(WeirJson.Options(indented: true)) + "\n";
        if (file == "-") Console.Out.Write(text);
        else
        {
            try
            {
                AtomicFile.WriteAllText(file, text);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.CannotWrite(file, e);
            }
        }
    }

    private static RunFolder OpenRun(WorkRequest request, JobEnvironment job)
    {
        var path = job.RunFolderFor(request.Verb, request.Run);
        try
        {
            return RunFolder.Open(path, request.Verb, request.Config, request.Seed, job.InputRefs());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(path, e);
        }
    }

    private static void TryFail(RunFolder? run, string message)
    {
        try
        {
            run?.Failed(message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk that failed the work fails the report too; the first error is the one to tell.
        }
    }
}
