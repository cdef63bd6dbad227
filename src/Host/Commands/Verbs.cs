using System.CommandLine;
using Weir.Client.Commands;
using Weir.Data.Commands;
using Weir.Evaluation.Commands;
using Weir.Inference.Commands;
using Weir.Training.Commands;

namespace Weir.Host.Commands;

/// <summary>Every verb of <c>weir</c>, in the order of the help.</summary>
internal static class Verbs
{
    private const string Description =
        """
        Weir turns a folder of text and some machines into a served, metered model.

        Start here:
          weir quickstart        the whole loop on this machine: corpus, dataset, model, evaluation, API, console
          weir up                the platform and the console, on what earlier runs made
          weir test              the tests

        The workbench verbs (synthesize, curate, tokenize, train, evaluate, engine, model convert) work on local files
        and need no platform. The client verbs (key, job, deployment, ledger, trace, model import, model list, dataset
        list) talk to a running platform: WEIR_URL says where it is (default http://127.0.0.1:8080), WEIR_KEY is the
        API key (default: the key file in ~/.weir).

        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (gate, quota, rights), 130 interrupted.
        """;

    public static RootCommand CreateRoot() => new(Description)
    {
        QuickstartCommand.Create(),
        UpCommand.Create(),
        SynthesizeCommand.Create(),
        CurateCommand.Create(),
        TokenizeCommand.Create(),
        TrainCommand.Create(),
        EvaluateCommand.Create(),
        EngineCommand.Create(),
        new Command("model", "Models: convert files, import them into the platform, list what it holds.")
        {
            ModelConvertCommand.Create(), ModelImportCommand.Create(), ModelListCommand.Create(),
        },
        new Command("dataset", "Datasets: read a report, list what the platform holds.")
        {
            DatasetReportCommand.Create(), DatasetListCommand.Create(),
        },
        KeyCommand.Create(),
        JobCommand.Create(),
        DeploymentCommand.Create(),
        LedgerCommand.Create(),
        TraceCommand.Create(),
        new Command("test",
        "Run the tests: ./weir test [--filter X] (handled by the ./weir script of the source tree)."),
        new Command("bench", "Measure: ./weir bench engine|serving|neighbours (handled by the ./weir script too)."),
    };
}
