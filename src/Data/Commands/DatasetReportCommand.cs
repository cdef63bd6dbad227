using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Data.Datasets;
using Weir.Data.Running;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Commands;

/// <summary><c>weir dataset report</c></summary>
public static class DatasetReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "A dataset folder, as 'weir curate' or 'weir tokenize' writes it.",
        };
        var json = WorkOptions.JsonFile("manifest");
        var command = new Command("report",
            "Show what is in a dataset: splits, sources with their rights, what was dropped and why.")
        {
            folder, json,
        };
        command.SetAction(result =>
        {
            var place = JobEnvironment.Current.Resolve(result.GetValue(folder)!, Directory.GetCurrentDirectory());
            var dataset = DatasetFolder.Open(place);
            var file = result.GetValue(json);
            if (file != "-") DatasetTable.Write(dataset.Manifest);
            var manifest = (JsonObject)JsonSerializer.SerializeToNode(dataset.Manifest,
                DatasetJson.Pretty.DatasetManifest)!;
            manifest["digest"] = dataset.Digest();
            WorkRun.WriteJson(manifest, file);
        });
        return command;
    }
}
