namespace Weir.Formats.Bcl;

/// <summary>A mistake of the user or of the surroundings: the message says what is wrong and what to do about it.
/// The command line prints it without a stack trace and ends with <see cref="ExitCode"/>; HTTP maps it in one
/// place.</summary>
public sealed class UserErrorException : Exception
{
    public UserErrorException(string message, int exitCode = ExitCodes.Failed, Exception? inner = null)
        : base(message, inner) =>
        ExitCode = exitCode;

    public int ExitCode { get; }
}
