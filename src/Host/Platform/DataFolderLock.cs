using Weir.Formats.Bcl;

namespace Weir.Host.Platform;

/// <summary>One platform a data folder: an exclusive lock on <c>platform.lock</c> that dies with the process. The file
/// holds the owner's process id and address, for the message to whoever comes second.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    public static DataFolderLock Take(string dataFolder, string address)
    {
        Directory.CreateDirectory(dataFolder);
        var path = Path.Combine(dataFolder, "platform.lock");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new UserErrorException($"Another platform is using {dataFolder}. Stop it first, or choose another "
                + $"folder with --data.",
                ExitCodes.Failed, e);
        }
        file.SetLength(0);
        file.Write(System.Text.Encoding.UTF8.GetBytes($"{Environment.ProcessId} {address}\n"));
        file.Flush();
        return new DataFolderLock(file);
    }

    public void Dispose() => _file.Dispose();
}
