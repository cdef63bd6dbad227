using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Bcl;

namespace Weir.Client.Commands;

/// <summary>What the client verbs share: where the platform is, which key, and <c>--json</c>.</summary>
internal static class ClientVerb
{
    public static Option<string?> Json { get; } = new("--json")
    {
        Description = "Write the answer as JSON to this file (- is standard output).", Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Runs a verb against the platform and turns its refusals into the command line's errors.</summary>
    public static void Act(this Command command, Func<ParseResult, WeirClient, CancellationToken, Task> act) =>
        command.SetAction(async (parsed, ct) =>
        {
            using var client = Connect();
            try
            {
                await act(parsed, client, ct);
                return ExitCodes.Done;
            }
            catch (WeirApiException e)
            {
                var hint = e.Status == 401 ? " Set WEIR_KEY, or keep the key file where ./weir up wrote it." : "";
                throw new UserErrorException(e.Message + hint, e.Status == 403 ? ExitCodes.Refused
                    : ExitCodes.Failed, e);
            }
        });

    /// <summary>Prints a value as JSON where asked for, otherwise by <paramref name="print"/>.</summary>
    public static void Show<T>(this ParseResult parsed, T value, JsonTypeInfo<T> type, Action<T> print)
    {
        if (parsed.GetResult(Json) is null)
        {
            print(value);
            return;
        }
        var json = JsonSerializer.Serialize(value, type) + "\n";
        if (parsed.GetValue(Json) is { } path and not "-") AtomicFile.WriteAllText(path, json);
        else Console.Write(json);
    }

    private static WeirClient Connect()
    {
        var address = Environment.GetEnvironmentVariable("WEIR_URL") is { Length: > 0 } url ? url
            : "http://127.0.0.1:8080/";
        if (!Uri.TryCreate(address.EndsWith('/') ? address : address + "/", UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https"))
            throw new UserErrorException($"WEIR_URL is '{address}', which is no http address.", ExitCodes.WrongUsage);
        var http = new HttpClient { BaseAddress = uri, Timeout = TimeSpan.FromMinutes(5) };
        if (Key() is { } key) http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return new WeirClient(http);
    }

    private static string? Key()
    {
        if (Environment.GetEnvironmentVariable("WEIR_KEY") is { Length: > 0 } key) return key.Trim();
        var file = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".weir", "admin.key");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }
}
