using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir model import</c>: someone else's model into the registry.</summary>
public static class ModelImportCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly Argument<string> Source = new("PATH")
    {
        Description = "A model folder in the Hugging Face layout, or a .gguf file (of several, the first), on the "
            + "platform's machine.",
    };
    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The name to register it under; without it, one is made of the path. A name that an imported "
            + "model has already gets a new version.",
    };
    private static readonly Option<string?> Licence = new("--licence")
    {
        Description = "Its licence, where the files do not say or say it wrongly: apache-2.0, mit, ...",
    };

    public static Command Create()
    {
        var command = new Command("import",
            "Take a model that was made elsewhere into the registry of the platform: check its files, store them by "
            + "digest,\nand register a version with its card. It is deployable with the gate state 'waived: "
            + "imported'.\n\nImporting the same files again is the same version.\n\n"
            + "Example: weir model import ~/models/qwen2.5-0.5b-instruct-q8_0.gguf --name qwen")
        {
            Source, Name, Licence, ClientVerb.Json,
        };
        command.Act(async (parsed, client, ct) =>
        {
            var request = new ImportRequest(Path.GetFullPath(parsed.GetValue(Source)!), parsed.GetValue(Name),
                parsed.GetValue(Licence));
            var import = await FollowAsync(client, await client.ImportModelAsync(request, ct), ct);
            if (import.State != ImportStates.Done)
                throw new UserErrorException(import.Error ?? $"The import was {import.State}.");
            parsed.Show(import, PlatformJson.Pretty.ImportView, Print);
        });
        return command;
    }

    /// <summary>Shows how far it is until it ends. Whoever stops waiting stops the import too.</summary>
    private static async Task<ImportView> FollowAsync(WeirClient client, ImportView import, CancellationToken ct)
    {
        bool isLive = !Console.IsErrorRedirected;
        try
        {
            while (!ImportStates.IsFinal(import.State))
            {
                if (isLive) Console.Error.Write($"\r{ProgressOf(import),-60}");
                await Task.Delay(Interval, ct);
                import = await client.ImportAsync(import.Id, ct);
            }
            return import;
        }
        catch (OperationCanceledException)
        {
            await client.CancelImportAsync(import.Id, CancellationToken.None);
            throw;
        }
        finally
        {
            if (isLive) Console.Error.Write($"\r{"",-60}\r");
        }
    }

    private static string ProgressOf(ImportView import) => import.BytesTotal == 0 ? import.State
        : $"{import.State} {import.BytesDone / 1e6:N0} of {import.BytesTotal / 1e6:N0} MB";

    private static void Print(ImportView import)
    {
        if (import is not { Version: { } version, Card: { } card, Gate: { } gate }) return;
        Console.WriteLine($"{version.Name} version {version.Version}  {version.Digest}");
        Console.WriteLine($"{card.Family}, {card.Parameters:N0} parameters, {card.Quantisation}, context "
            + $"{card.ContextLength:N0}, vocabulary {card.VocabularySize:N0}, {card.Bytes:N0} bytes");
        Console.WriteLine($"licence: {card.Licence ?? "not stated (say it with --licence)"}");
        Console.WriteLine($"gate: {gate.State}: {gate.Why}");
        Console.WriteLine($"serve it with: weir deployment add {version.Name} --model {version.Name}:"
            + $"{version.Version}");
    }
}
