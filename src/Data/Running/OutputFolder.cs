using Weir.Formats.Bcl;

namespace Weir.Data.Running;

/// <summary>A folder that appears under its name only when it is complete. It is filled as <c>.partial-NAME</c>
/// beside its place and renamed at the end; what a killed process left there is deleted at the start, what a failed
/// one made is deleted on dispose.</summary>
internal sealed class OutputFolder : IDisposable
{
    private OutputFolder(string target)
    {
        Target = target;
        Partial = Path.Combine(Path.GetDirectoryName(target)!, ".partial-" + Path.GetFileName(target));
    }

    /// <summary>Where the folder will be.</summary>
    public string Target { get; }

    /// <summary>Where to write until then.</summary>
    public string Partial { get; }

    /// <param name="replace">True where an earlier attempt of the same run may have finished the folder; otherwise a
    /// folder that has something in it is an error.</param>
    public static OutputFolder Begin(string target, bool replace)
    {
        var folder = new OutputFolder(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)));
        try
        {
            if (File.Exists(folder.Target) || (!replace && Directory.Exists(folder.Target)
                && Directory.EnumerateFileSystemEntries(folder.Target).Any()))
                throw new UserErrorException(
                    $"{folder.Target} exists already and is not empty. Remove it or choose another --out.",
                    ExitCodes.WrongUsage);
            Delete(folder.Partial);
            Directory.CreateDirectory(folder.Partial);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(folder.Partial, e);
        }
    }

    /// <summary>Puts the folder in its place.</summary>
    public void Publish() => Move(Partial, Target);

    /// <summary>Puts every folder in it beside the place instead: <c>outputs/.partial-X/a</c> becomes
    /// <c>outputs/a</c>.</summary>
    public void PublishParts()
    {
        foreach (var part in Directory.GetDirectories(Partial).Order(StringComparer.Ordinal))
            Move(part, Path.Combine(Path.GetDirectoryName(Target)!, Path.GetFileName(part)));
    }

    public void Dispose()
    {
        try
        {
            Delete(Partial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next attempt deletes it; the result, or the error that led here, counts more.
        }
    }

    private static void Move(string from, string to)
    {
        try
        {
            Delete(to);
            Directory.Move(from, to);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(to, e);
        }
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
