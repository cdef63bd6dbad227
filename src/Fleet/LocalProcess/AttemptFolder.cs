using System.Globalization;

namespace Weir.Fleet.LocalProcess;

/// <summary>What the platform can know of an attempt's process by looking, after any crash.</summary>
internal enum AttemptState
{
    /// <summary>No process has claimed the attempt.</summary>
    Unclaimed,
    Running,
    /// <summary>Its exit code is known.</summary>
    Exited,
    /// <summary>Claimed, not running, and no exit code: killed, or the machine went down.</summary>
    Lost,
}

/// <summary>
/// The folder <c>attempt-N</c> of a run. <c>claim</c> is created exclusively, by the job's wrapper process (with its
/// process id, start time and boot id) or by a platform that gives the attempt up: whoever comes first decides, so an
/// attempt never runs twice.
/// <c>exit</c> holds the exit code.
/// </summary>
internal sealed class AttemptFolder
{
    public AttemptFolder(string runFolder, int attempt) =>
        Path = System.IO.Path.Combine(runFolder, $"attempt-{attempt}");

    public string Path { get; }
    private string ClaimPath => System.IO.Path.Combine(Path, "claim");
    private string ExitPath => System.IO.Path.Combine(Path, "exit");

    public AttemptState Observe()
    {
        if (File.Exists(ExitPath)) return AttemptState.Exited;
        if (!File.Exists(ClaimPath)) return AttemptState.Unclaimed;
        if (Process is { } process && process.IsAlive()) return AttemptState.Running;
        // It may have ended between the two looks.
        return File.Exists(ExitPath) ? AttemptState.Exited : AttemptState.Lost;
    }

    public int ExitCode => int.Parse(File.ReadAllText(ExitPath).Trim(), CultureInfo.InvariantCulture);

    /// <summary>When the attempt ended, as far as the files tell.</summary>
    public DateTimeOffset EndedAt => new(File.GetLastWriteTimeUtc(ExitPath), TimeSpan.Zero);

    public ProcessIdentity? Process => File.Exists(ClaimPath) ? ProcessIdentity.TryParse(File.ReadAllText(ClaimPath))
        : null;

    /// <summary>Takes the attempt away from a wrapper that has not begun. False when the wrapper was first.</summary>
    public bool TryAbandon()
    {
        Directory.CreateDirectory(Path);
        try
        {
            using var claim = new FileStream(ClaimPath, FileMode.CreateNew, FileAccess.Write);
            claim.Write("abandoned\n"u8);
            return true;
        }
        catch (IOException) when (File.Exists(ClaimPath))
        {
            return false;
        }
    }
}

/// <summary>A process that is the same one only if id, start time and boot agree: ids are reused.</summary>
internal sealed record ProcessIdentity(int Id, string StartTicks, string BootId)
{
    public static ProcessIdentity? TryParse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length == 3 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var id)
            ? new ProcessIdentity(id, parts[1], parts[2]) : null;
    }

    public bool IsAlive()
    {
        try
        {
            if (File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() != BootId) return false;
            var stat = File.ReadAllText($"/proc/{Id}/stat");
            // The name in parentheses may hold anything; field 3 (state) is the first after it, field 22 the start
            // time.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is not ("Z" or "X") && fields[19] == StartTicks;
        }
        catch (IOException)
        {
            return false; // no such process
        }
    }
}
