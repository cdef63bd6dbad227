using Weir.Inference.Generation;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>From a loaded model to one that an engine serves.</summary>
internal static class ModelOpening
{
    public static ServedModel Open(LoadedModel model, EngineOptions options)
    {
        throw new NotSupportedException(model.ToString() + options);
    }
}
