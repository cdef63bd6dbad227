using Weir.Formats.Bcl;

namespace Weir.Data.Running;

/// <summary>What a user reads when the file system says no.</summary>
internal static class StorageErrors
{
    // errno values of Linux, which .NET hands on as HResult.
    private const int NoSpace = 28, ReadOnlyFileSystem = 30, QuotaExceeded = 122;

    public static UserErrorException CannotWrite(string path, Exception error) => new(
        $"Writing {path} failed: {error.Message} {Cure(error)}", inner: error);

    private static string Cure(Exception error) => error switch
    {
        UnauthorizedAccessException =>
            "Give yourself the right to write there, or choose another folder with --out or --run.",
        { HResult: NoSpace or QuotaExceeded } =>
            "Free some space, or choose a folder on a roomier disk with --out or --run.",
        { HResult: ReadOnlyFileSystem } => "Choose a folder that can be written with --out or --run.",
        _ => "Check the disk, or choose another folder with --out or --run.",
    };
}
