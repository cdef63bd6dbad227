using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;
using Weir.Formats.Runs;
using Weir.Inference.Models;

namespace Weir.Inference.Commands;

/// <summary><c>weir model convert</c>: a model folder as GGUF.</summary>
public static class ModelConvertCommand
{
    private static readonly Argument<string> Source = new("MODEL_DIR")
    {
        Description = "Model folder, or a .gguf file.",
    };
    private static readonly Option<string> Out = new("--out")
    {
        Description = "The .gguf file to write.", Required = true,
    };
    private static readonly Option<string> Type = new("--type")
    {
        Description = "How matrices are stored: f32, f16, bf16 or q8_0. Norms are always f32.",
        DefaultValueFactory = _ => "f16",
    };
    private static readonly Option<string?> Json = new("--json")
    {
        Description = "Also write what was made to this file.",
    };

    public static Command Create()
    {
        var command = new Command("convert",
            "Write a model as GGUF for llama.cpp, with its tokenizer and chat template inside.\n\n"
            + "Example: weir model convert runs/sft/outputs/model --out town.gguf --type q8_0")
        {
            Source, Out, Type, Json,
        };
        command.SetAction(parsed => Convert(parsed.GetValue(Source)!, parsed.GetValue(Out)!, parsed.GetValue(Type)!,
            parsed.GetValue(Json)));
        return command;
    }

    private static int Convert(string source, string target, string typeName, string? json)
    {
        var type = typeName.ToLowerInvariant() switch
        {
            "f32" => TensorType.F32,
            "f16" => TensorType.F16,
            "bf16" => TensorType.BF16,
            "q8_0" => TensorType.Q8_0,
            _ => throw new UserErrorException($"--type {typeName}: use f32, f16, bf16 or q8_0. For fewer bits see weir "
                + "model quantize.", ExitCodes.WrongUsage),
        };
        target = Path.GetFullPath(target);
        using var files = ModelFiles.Open(JobEnvironment.Current.Resolve(source, Environment.CurrentDirectory));
        var unaligned = new GgufExport(files, _ => type).Save(Path.GetFileNameWithoutExtension(target), target);
        foreach (var tensor in unaligned)
            Console.Error.WriteLine(
                $"{tensor}: its rows are no multiple of {BlockLayout.Of(type).Elements}, so it is written as f16");
        long bytes = new FileInfo(target).Length;
        Console.WriteLine($"{target}  {bytes:N0} bytes");
        if (json is not null)
            AtomicFile.WriteAllText(json, new JsonObject
            {
                ["path"] = target, ["type"] = typeName, ["bytes"] = bytes, ["digest"] = Digest.OfFile(target),
                ["asF16"] = new JsonArray([.. unaligned.Select(name => (JsonNode)name)]),
            }.ToJsonString(WeirJson.Options(indented: true)) + "\n");
        return ExitCodes.Done;
    }
}
