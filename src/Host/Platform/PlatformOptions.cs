namespace Weir.Host.Platform;

/// <summary>Where a platform keeps its state and where it listens.</summary>
internal sealed record PlatformOptions
{
    public required string DataFolder { get; init; }
    public int Port { get; init; } = 8080;
    /// <summary>Null: <c>admin.key</c> in the data folder.</summary>
    public string? KeyFile { get; init; }

    public string KeyFilePath => Path.GetFullPath(KeyFile ?? Path.Combine(DataFolder, "admin.key"));

    public static string DefaultDataFolder =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".weir");
}
