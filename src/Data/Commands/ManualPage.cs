using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Weir.Data.Commands;

/// <summary>Puts a long text below the options of <c>VERB --help</c>, so that the list of verbs stays a line
/// each.</summary>
internal static class ManualPage
{
    public static void Attach(Command command, string text) =>
        command.Options.Add(new HelpOption { Action = new Page(text) });

    private sealed class Page(string text) : SynchronousCommandLineAction
    {
        private readonly HelpAction _options = new();

        public override int Invoke(ParseResult parseResult)
        {
            int code = _options.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(text);
            return code;
        }
    }
}
