using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Host.Platform;

namespace Weir.Host.Commands;

/// <summary>The options that <c>up</c> and <c>quickstart</c> have in common.</summary>
internal static class PlatformArguments
{
    public static Option<string> Data { get; } = new("--data")
    {
        Description = "The data folder.", DefaultValueFactory = _ => PlatformOptions.DefaultDataFolder,
    };

    public static Option<int> Port { get; } = new("--port")
    {
        Description = "The port on 127.0.0.1 for console and API; 0 picks a free one.", DefaultValueFactory = _ => 8080,
    };

    public static Option<string?> KeyFile { get; } = new("--key-file")
    {
        Description = "Where the first administrator key is written (default admin.key in the data folder, mode 600).",
    };

    public static PlatformOptions Options(ParseResult parsed)
    {
        var port = parsed.GetValue(Port);
        if (port is < 0 or > 65535) throw new UserErrorException("--port must be between 0 and 65535.",
            ExitCodes.WrongUsage);
        return new PlatformOptions
        {
            DataFolder = Path.GetFullPath(parsed.GetValue(Data)!), Port = port, KeyFile = parsed.GetValue(KeyFile),
        };
    }
}
