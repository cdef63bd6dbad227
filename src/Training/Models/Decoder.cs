using TorchSharp;
using Weir.Formats.Models;
using Weir.Training.Batches;
using Weir.Training.Kernels;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>
/// A Llama decoder over packed batches. All positions of a batch are rows of one matrix: N = rows * tokens.
/// N positions, M positions with a target, C hidden, R fused query-key-value width, O heads * head size, G = 2 F, F
/// intermediate.
/// </summary>
internal sealed class Decoder(DecoderWeights weights, ScalarType type)
{
    private readonly ModelConfig _config = weights.Config;
    private RotaryTable _rotary = new(weights.Config.HeadSize, weights.Config.RopeTheta, weights.Config.ContextLength);

    public DecoderWeights Weights => weights;

    private Device Device => weights.Embedding_VC.device;

    /// <summary>The weighted sum of the batch's losses (nats) times <paramref name="scale"/>.</summary>
    public Tensor Loss(Batch batch, double scale)
    {
        var targets_M = tensor(batch.Targets.ToArray()).to(Device);
        var weights_M = tensor(batch.Weights.ToArray()).to(Device);
        var positions_M = tensor(batch.TargetPositions.ToArray()).to(Device);
        var hidden_MC = Hidden(batch).index_select(0, positions_M);
        return LinearCrossEntropy.Of(Normed(hidden_MC, weights.FinalNorm_C), weights.Embedding_VC,
            weights.Embedding_VC.to(type), targets_M, weights_M, scale);
    }

    /// <summary>Logits [N, V] of every position, float32.</summary>
    public Tensor Logits(Batch batch) =>
        Normed(Hidden(batch), weights.FinalNorm_C).mm(weights.Embedding_VC.to(type).t()).to(ScalarType.Float32);

    private Tensor Hidden(Batch batch)
    {
        var shape = new AttentionShape(batch.Rows, batch.Tokens, _config.HeadCount, _config.KeyValueHeadCount,
            _config.HeadSize);
        if (batch.Tokens > _rotary.Positions) _rotary = new(_config.HeadSize, _config.RopeTheta, batch.Tokens);
        var plan = new AttentionPlan(shape, _rotary, batch.Starts);
        var x_NC = weights.Embedding_VC.index_select(0, tensor(batch.Ids).to(Device)).to(type);
        var (inputNorm, postNorm) = (weights.InputNorm_LC.unbind(0), weights.PostNorm_LC.unbind(0));
        var (qkv_RC, output_CO) = (Layers(weights.Qkv_LRC), Layers(weights.Output_LCO));
        var (gateUp_GC, down_CF) = (Layers(weights.GateUp_LGC), Layers(weights.Down_LCF));
        for (int l = 0; l < _config.LayerCount; l++)
        {
            var qkv_NR = Normed(x_NC, inputNorm[l]).mm(qkv_RC[l].t());
            x_NC = addmm(x_NC, DocumentAttention.Of(qkv_NR, plan), output_CO[l].t(), 1, 1);
            var gateUp_NG = Normed(x_NC, postNorm[l]).mm(gateUp_GC[l].t());
            x_NC = addmm(x_NC, SwiGlu.Of(gateUp_NG), down_CF[l].t(), 1, 1);
        }
        return x_NC;
    }

    private Tensor Normed(Tensor x_NC, Tensor weight_C) => RmsNorm.Of(x_NC, weight_C, _config.NormEpsilon);

    private Tensor[] Layers(Tensor stacked) => stacked.to(type).unbind(0);
}
