using System.Security.Cryptography;
using System.Text;

namespace Weir.Formats.Platform;

/// <summary>How an API key is kept: HMAC-SHA256 under the platform's secret, in lower-case hexadecimal. Whoever reads
/// the database can neither use a key nor try guesses without the secret.</summary>
public sealed class KeyHash(byte[] secret)
{
    private readonly byte[] _secret = [.. secret];

    public string Of(string key) => Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(key)));
}
