using Weir.Accounts;
using Weir.Client;
using Weir.Formats.Platform;

namespace Weir.Host.Platform;

/// <summary>How the console reaches the public API: over HTTP like any client, with a key that lives only as long as
/// this process and never reaches a browser. docs/decisions/0004 says why a loopback visitor needs no
/// sign-in.</summary>
internal sealed class ConsoleAccess(AccountsPlane accounts)
{
    private readonly string _key = accounts.Keys.AddEphemeralKey("console", [KeyScopes.Inference, KeyScopes.Admin]);

    /// <summary>Where the platform listens; known once it does.</summary>
    public Uri Address { get; set; } = new("http://127.0.0.1/");

    public WeirClient CreateClient()
    {
        var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _key);
        return new WeirClient(http);
    }
}
