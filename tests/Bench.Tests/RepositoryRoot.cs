namespace Weir.Bench.Tests;

internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Weir.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Weir.slnx was not found above the tests.");
    }
}
