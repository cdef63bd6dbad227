using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;

namespace Weir.Formats.Fuzzing;

/// <summary>The readers of this project that take bytes from outside.</summary>
public static class FormatsFuzzTargets
{
    /// <summary>A loader goes on with what it has read: tensors as numbers, the configuration, each layer's
    /// window.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("gguf", GgufMutant.Make, bytes =>
        {
            using var file = GgufFile.Open(DataFile.OfBytes(bytes, "mutant.gguf"));
            foreach (var name in file.Tensors.Keys) file.ReadFloat32(name);
            using var weights = new GgufWeights(file);
            Use(weights.Config);
            foreach (var tensor in weights.Tensors) weights.ReadFloat32(tensor);
        }),
        new FuzzTarget("safetensors", SafetensorsMutant.Make, bytes =>
        {
            using var file = SafetensorsFile.Open(DataFile.OfBytes(bytes, "mutant.safetensors"));
            foreach (var name in file.Names) file.ReadFloat32(name);
        }),
        new FuzzTarget("config", ConfigMutant.Make, bytes => Use(ModelConfigFile.Parse(bytes, "config.json"))),
    ];

    private static void Use(ModelConfig config)
    {
        for (int layer = 0; layer < config.LayerCount; layer++) config.WindowOf(layer);
        if (config.LayerCount < 4) ModelTensors.Of(config);
    }
}
