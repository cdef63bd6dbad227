using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;

namespace Weir.Fleet.LocalProcess;

/// <summary>Runs jobs as processes of this machine, each in a session of its own, so that a job outlives the platform
/// that started it. A small shell wrapper claims the attempt, sends the output to <c>log.txt</c> and leaves the exit
/// code behind.</summary>
internal sealed class LocalProcessExecutor(FleetOptions options)
{
    private const int SigTerm = 15, SigKill = 9;

    // $1 is the attempt's folder, $2 the log; the rest is the command. The wrapper lets go of the platform's own
    // output: whoever reads that would otherwise wait for the job's end too. The claim appears by a hard link:
    // exclusively, and with its whole content at once. The wrapper survives SIGTERM (the signal goes to the whole
    // group) to record how the command ended.
    private const string Wrapper =
        """
        exec > /dev/null 2>&1 < /dev/null
        attempt=$1; log=$2; shift 2
        stat=$(cat /proc/$$/stat)
        echo "$$ $(echo "${stat##*) }" | cut -d' ' -f20) $(cat /proc/sys/kernel/random/boot_id)" > "$attempt/claim.$$"
        ln "$attempt/claim.$$" "$attempt/claim" 2>/dev/null || exit 0
        trap : TERM INT HUP
        "$@" >> "$log" 2>&1 < /dev/null &
        child=$!
        while :; do
          wait $child; code=$?
          kill -0 $child 2>/dev/null || break
        done
        echo $code > "$attempt/exit.tmp" && mv "$attempt/exit.tmp" "$attempt/exit"
        """;

    public string RunFolder(string jobId) => Path.Combine(options.DataFolder, "runs", jobId);

    public AttemptFolder Attempt(string jobId, int attempt) => new(RunFolder(jobId), attempt);

    /// <summary>Stages the inputs in and starts the attempt. The caller has recorded the attempt before.</summary>
    public void Start(string jobId, int attempt, JobSpec spec, IJobArtifacts artifacts)
    {
        var run = RunFolder(jobId);
        var folder = Attempt(jobId, attempt);
        Directory.CreateDirectory(folder.Path);
        var inputs = new JsonObject();
        foreach (var input in spec.Inputs)
        {
            var path = Path.Combine(run, "inputs", input.Name);
            if (!Directory.Exists(path)) artifacts.StageIn(input, path);
            inputs[input.Name] = new JsonObject { ["path"] = path, ["digest"] = input.Digest, ["kind"] = input.Kind };
        }
        foreach (var (name, text) in spec.Files) AtomicFile.WriteAllText(Path.Combine(run, name), text);
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, WorkingDirectory = run };
        string[] arguments = ["/bin/sh", "-c", Wrapper, "weir-job", folder.Path, Path.Combine(run, "log.txt"),
            .. options.WeirCommand, .. spec.Command.Select(a => a.Replace("{run}", run, StringComparison.Ordinal))];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["WEIR_RUN"] = run;
        start.Environment["WEIR_INPUTS"] = inputs.ToJsonString();
        start.Environment["WEIR_TOKEN"] =
            Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(24));
        using var process = Process.Start(start)
            ?? throw new UserErrorException("The job's process could not be started.");
    }

    /// <summary>SIGTERM to the job's whole process group.</summary>
    public void Terminate(AttemptFolder attempt) => Signal(attempt, SigTerm);

    /// <summary>SIGKILL to the job's whole process group.</summary>
    public void Kill(AttemptFolder attempt) => Signal(attempt, SigKill);

    private static void Signal(AttemptFolder attempt, int signal)
    {
        // A lost wrapper may have left its command behind in the group; the group id is not reused while a member
        // lives.
        if (attempt.Process is { } process && (process.IsAlive() || !Directory.Exists($"/proc/{process.Id}"))) _ =
            kill(-process.Id, signal);
    }

    [DllImport("libc", EntryPoint = "kill")]
#pragma warning disable IDE1006, SYSLIB1054 // the name is that of the C library; the call needs no marshalling
    private static extern int kill(int pid, int signal);
#pragma warning restore IDE1006, SYSLIB1054
}
