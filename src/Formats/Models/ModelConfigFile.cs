using System.Text.Json;
using Weir.Formats.Bcl;

namespace Weir.Formats.Models;

/// <summary>Reads <c>config.json</c>, with older and newer spellings brought to one form.</summary>
public static class ModelConfigFile
{
    public const string FileName = "config.json";
    private const long MaxBytes = 16 << 20;

    /// <exception cref="UserErrorException">It is missing, damaged or impossible.</exception>
    public static ModelConfig ReadFolder(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new UserErrorException($"{path} is missing, so {folder} is no model folder.");
        return Read(path);
    }

    /// <summary>Reads and validates (<see cref="ModelConfig.Validate"/>).</summary>
    /// <exception cref="UserErrorException">It is missing, damaged or impossible.</exception>
    public static ModelConfig Read(string path)
    {
        using var file = DataFile.Open(path);
        if (file.Length > MaxBytes) throw new UserErrorException($"{path} is larger than {MaxBytes} bytes.");
        var json = new byte[file.Length];
        file.ReadAt(0, json);
        return Parse(json, path);
    }

    /// <param name="json">UTF-8.</param>
    /// <param name="where">What messages call it.</param>
    /// <exception cref="UserErrorException">It is damaged or impossible.</exception>
    public static ModelConfig Parse(ReadOnlySpan<byte> json, string where)
    {
        ModelConfig config;
        try
        {
            config = JsonSerializer.Deserialize(json, ModelJson.Default.ModelConfig)
                ?? throw new UserErrorException($"{where} is empty.");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{where} is not a model configuration: {e.Message}", inner: e);
        }
        if (config.ModelType is null || config.Architectures is null || config.Activation is null
            || config.LayerTypes?.Contains(null!) == true)
            throw new UserErrorException($"{where} is not a model configuration: a name in it is null.");
        config.Validate(where);
        return config with
        {
            RopeTheta = config.RopeParameters?.Theta ?? config.RopeTheta,
            RopeScaling = Effective(config.RopeScaling, where) ?? Effective(config.RopeParameters, where),
            RopeParameters = null, Activation = config.HiddenActivation ?? config.Activation, HiddenActivation = null,
            AttentionBias = config.AttentionBias || config.Bias, Bias = false,
        };
    }

    private static RopeScaling? Effective(RopeScaling? scaling, string where) =>
        scaling is null || scaling.KindOf(where) == RopeScalingKind.Default ? null : scaling with { Theta = null };
}
