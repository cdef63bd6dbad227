using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Formats.Bcl;

/// <summary>SHA-256 digests, written <c>sha256:</c> plus 64 lower-case hexadecimal digits everywhere in Weir.</summary>
public static class Digest
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public static string OfBytes(ReadOnlySpan<byte> bytes) => Format(SHA256.HashData(bytes));

    public static string OfText(string text) => OfBytes(Encoding.UTF8.GetBytes(text));

    public static string OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        return Format(SHA256.HashData(stream));
    }

    public static string Format(ReadOnlySpan<byte> hash) => "sha256:" + Convert.ToHexStringLower(hash);

    /// <summary>True for the exact written form; anything that becomes a path must pass this first.</summary>
    public static bool IsValid(string? digest) =>
        digest is { Length: 71 } && digest.StartsWith("sha256:", StringComparison.Ordinal)
        && digest.AsSpan(7).IndexOfAnyExcept(HexDigits) < 0;
}
