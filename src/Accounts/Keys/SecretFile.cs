using System.Security.Cryptography;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Accounts.Keys;

/// <summary>Small secret files: mode 600 from their first byte on, whole or not there.</summary>
internal static class SecretFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The platform's secret of 32 bytes, made at the first start.</summary>
    public static byte[] PlatformSecret(string dataFolder)
    {
        var path = Path.Combine(dataFolder, "secret.key");
        if (!File.Exists(path)) Write(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        try
        {
            var secret = Convert.FromBase64String(File.ReadAllText(path).Trim());
            return secret.Length == 32 ? secret : throw new FormatException("wrong length");
        }
        catch (FormatException e)
        {
            throw new UserErrorException($"{path} is damaged: it should hold 32 bytes in base 64. Restore it from a "
                + $"backup; without it no "
                + "key is valid.", inner: e);
        }
    }
}
