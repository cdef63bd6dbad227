using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Inference.Models;

namespace Weir.Inference.Commands;

/// <summary><c>weir model convert</c>: a model folder as GGUF.</summary>
public static class ModelConvertCommand
{
    private static readonly Argument<string> Source = new("MODEL") { Description = "Model folder (or .gguf file)." };
    private static readonly Option<string> Out =
        new("--out") { Description = "The .gguf file to write.", Required = true };
    private static readonly Option<string> Type = new("--type")
    {
        Description = "f32, f16 or q8_0.", DefaultValueFactory = _ => "f16",
    };

    public static Command Create()
    {
        var command = new Command("convert",
            "Write a model as GGUF for llama.cpp, with its tokenizer and chat template inside.\n\n"
            + "Example: weir model convert runs/sft/outputs/model --out town.gguf --type q8_0")
        {
            Source, Out, Type,
        };
        command.SetAction(parsed =>
        {
            var type = parsed.GetValue(Type) switch
            {
                "f32" => GgufType.F32,
                "f16" => GgufType.F16,
                "q8_0" => GgufType.Q8,
                var other => throw new UserErrorException($"--type {other}: use f32, f16 or q8_0.",
                ExitCodes.WrongUsage),
            };
            var source = Path.GetFullPath(parsed.GetValue(Source)!);
            var target = Path.GetFullPath(parsed.GetValue(Out)!);
            var exceptions = GgufModel.Save(LoadedModel.Load(source), Path.GetFileNameWithoutExtension(target), target,
                type);
            foreach (var tensor in exceptions)
                Console.Error.WriteLine($"{tensor}: rows are no multiple of {Q8Blocks.Elements}, written as F16");
            Console.WriteLine($"{target}  {new FileInfo(target).Length:N0} bytes");
            return ExitCodes.Done;
        });
        return command;
    }
}
