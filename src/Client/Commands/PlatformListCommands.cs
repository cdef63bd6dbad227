using System.CommandLine;
using System.Globalization;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;

namespace Weir.Client.Commands;

/// <summary><c>weir deployment add|list|remove</c>.</summary>
public static class DeploymentCommand
{
    public static Command Create()
    {
        var list = new Command("list", "List the deployments.") { ClientVerb.Json };
        list.Act(async (parsed, client, ct) =>
            parsed.Show(await client.DeploymentsAsync(ct), PlatformJson.Pretty.IReadOnlyListDeploymentView, Print));
        var name = new Argument<string>("NAME") { Description = "The deployment's name." };
        var remove = new Command("remove", "Stop serving a deployment.") { name };
        remove.Act(async (parsed, client, ct) => Print(await client.RemoveDeploymentAsync(parsed.GetValue(name)!, ct)));
        return new Command("deployment", "Models that the platform keeps running.") { Add(), list, remove };
    }

    private static Command Add()
    {
        var name = new Argument<string>("NAME")
        {
            Description = "The deployment's name, by which clients ask for the model. One of that name is replaced.",
        };
        var model = new Option<string>("--model")
        {
            Description = "A registered model, NAME or NAME:VERSION; without a version, the newest.", Required = true,
        };
        var parallel = new Option<int?>("--parallel") { Description = "Requests computed at the same time (8)." };
        var add = new Command("add", "Serve a registered model on the local engine, and keep it running.")
        {
            name, model, parallel, ClientVerb.Json,
        };
        add.Act(async (parsed, client, ct) =>
        {
            var (modelName, version) = Parse(parsed.GetValue(model)!);
            var request = new DeployRequest(parsed.GetValue(name)!, modelName, version, parsed.GetValue(parallel));
            parsed.Show(await client.DeployModelAsync(request, ct), PlatformJson.Pretty.IReadOnlyListDeploymentView,
                Print);
        });
        return add;
    }

    private static (string Name, int? Version) Parse(string model)
    {
        int colon = model.LastIndexOf(':');
        if (colon < 0) return (model, null);
        return int.TryParse(model.AsSpan(colon + 1), CultureInfo.InvariantCulture, out int version) && version > 0
            ? (model[..colon], version)
            : throw new UserErrorException($"--model {model}: give NAME or NAME:VERSION, as 'weir model list' shows "
                + "them.", ExitCodes.WrongUsage);
    }

    private static void Print(IReadOnlyList<DeploymentView> deployments)
    {
        foreach (var d in deployments)
            Console.WriteLine($"{d.Spec.Name,-20} {d.State,-9} {d.Site,-8} gate {d.Spec.Gate.State}  "
                + $"{d.Spec.ModelDigest}");
    }
}

/// <summary><c>weir model list</c>.</summary>
public static class ModelListCommand
{
    public static Command Create() => VersionList.Create("model", "List the model versions that the platform holds.");
}

/// <summary><c>weir dataset list</c>.</summary>
public static class DatasetListCommand
{
    public static Command Create() => VersionList.Create("dataset",
        "List the dataset versions that the platform holds.");
}

internal static class VersionList
{
    public static Command Create(string kind, string description)
    {
        var command = new Command("list", description) { ClientVerb.Json };
        command.Act(async (parsed, client, ct) =>
            parsed.Show(await client.VersionsAsync(kind, ct), PlatformJson.Pretty.IReadOnlyListVersionView, versions =>
            {
                foreach (var v in versions) Console.WriteLine($"{v.Name,-20} version {v.Version,-3} {v.Created:u}  "
                    + $"{v.Digest}");
            }));
        return command;
    }
}
