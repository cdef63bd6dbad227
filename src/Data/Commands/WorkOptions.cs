using System.CommandLine;

namespace Weir.Data.Commands;

/// <summary>The options that every verb of this workbench has.</summary>
internal sealed class WorkOptions
{
    public WorkOptions(string verb, string result)
    {
        Out = Path("--out", "DIR", $"Write {result} to this folder (it must be empty or absent).");
        Run = Path("--run", "DIR", $"Keep the run folder here (default: runs/{verb}-...).");
        Json = JsonFile("result");
        Threads = new Option<int>("--threads")
        {
            Description = "Threads to work with; the result does not depend on it.",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        Threads.Validators.Add(found =>
        {
            if (found.GetValueOrDefault<int>() is < 1 or > 1024)
                found.AddError("--threads takes a number from 1 to 1024.");
        });
    }

    public Option<string?> Out { get; }
    public Option<string?> Run { get; }
    public Option<string?> Json { get; }
    public Option<int> Threads { get; }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Out, Run, Json, Threads]) command.Options.Add(option);
    }

    public static Option<string?> JsonFile(string what) =>
        Path("--json", "FILE", $"Write the {what} as JSON to this file (- for standard output).");

    private static Option<string?> Path(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };
}
