using System.CommandLine;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir key create|list|revoke</c>.</summary>
public static class KeyCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "What the key is for.", Required = true };
        var scopes = new Option<string[]>("--scope") { Description =
            "inference (the default) or admin; repeat for both." };
        var create = new Command("create", "Make an API key. It is shown once.") { name, scopes, ClientVerb.Json };
        create.Act(async (parsed, client, ct) =>
        {
            var chosen = parsed.GetValue(scopes);
            var key = await client.CreateKeyAsync(new KeyRequest(parsed.GetValue(name)!, chosen is { Length: > 0 }
                ? chosen : null), ct);
            parsed.Show(key, PlatformJson.Pretty.KeyView, k => Console.WriteLine(k.Secret));
        });
        var list =
            new Command("list", "List the keys; of each only the last four characters are known.") { ClientVerb.Json };
        list.Act(async (parsed, client, ct) =>
            parsed.Show(await client.KeysAsync(ct), PlatformJson.Pretty.IReadOnlyListKeyView, keys =>
        {
            foreach (var k in keys)
                Console.WriteLine($"{k.KeyId}  ...{k.LastFour}  {string.Join(',', k.Scopes),-16}  "
                    + $"{(k.Revoked ? "revoked" : "in force"),-8}  {k.Name}");
        }));
        var id = new Argument<string>("ID") { Description = "The key's id, from 'key list'." };
        var revoke = new Command("revoke", "Revoke a key; in force at once.") { id };
        revoke.Act(async (parsed, client, ct) =>
        {
            await client.RevokeKeyAsync(parsed.GetValue(id)!, ct);
            Console.WriteLine("revoked");
        });
        return new Command("key", "API keys of the platform.") { create, list, revoke };
    }
}
