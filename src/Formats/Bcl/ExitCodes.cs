namespace Weir.Formats.Bcl;

/// <summary>What a process of Weir ends with. <see cref="Requeue"/> is contract 2: "interrupted at a checkpoint, run me
/// again".</summary>
public static class ExitCodes
{
    public const int Done = 0, Failed = 1, WrongUsage = 2, Refused = 3, Requeue = 75, Interrupted = 130;
}
