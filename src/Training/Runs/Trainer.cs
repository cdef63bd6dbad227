using System.Globalization;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Formats.Safetensors;
using Weir.Training.Batches;
using Weir.Training.Checkpoints;
using Weir.Training.Configuration;
using Weir.Training.Models;
using Weir.Training.Optimisers;
using static TorchSharp.torch;

namespace Weir.Training.Runs;

/// <summary>
/// The training loop. A step is: take the packed batches, add up the gradients of their parts, clip and update, report.
/// Its state is the masters, the optimiser and <see cref="TrainingState"/>; all three go into a checkpoint and come
/// back from it bit by bit.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const double Smoothing = 0.98;
    private readonly TrainingPlan _plan;
    private readonly TrainingConfig _config;
    private readonly RunFolder _run;
    private readonly ProgressLine _progress;
    private readonly CheckpointFolder _checkpoints;
    private readonly DecoderWeights _weights;
    private readonly Decoder _decoder;
    private readonly DecoderOptimiser _optimiser;
    private readonly BatchFeed _feed;
    private readonly BudgetClock _clock;
    private TrainingState _state;
    private double _savedAtSeconds;
    private (double Loss, long Steps, long Tokens, double Seconds) _logged;

    public Trainer(TrainingPlan plan, RunFolder run, ProgressLine progress, bool resume, TimeProvider time)
    {
        (_plan, _config, _run, _progress) = (plan, plan.Config, run, progress);
        _checkpoints = new CheckpointFolder(run.CheckpointsPath);
        var device = cuda.is_available() ? CUDA : CPU;
        using var loaded = resume ? _checkpoints.LoadNewest(progress.Say) : null;
        _state = loaded?.State ?? new TrainingState
        {
            Identity = plan.Identity(), Step = 0, Tokens = 0, Seconds = 0, SmoothLoss = 0, Cursor = DataCursor.Start,
        };
        if (_state.Identity != plan.Identity())
            throw new UserErrorException($"The checkpoints in {run.CheckpointsPath} belong to another configuration "
                + "or other data. Restore those, or start in a new run folder.");
        _weights = loaded is not null ? DecoderWeights.Of(plan.Model, device, loaded.Tensors)
            : plan.InitFolder is not null ? ModelFolder.Load(plan.InitFolder, device)
            : DecoderWeights.Random(plan.Model, _config.Seed, device);
        _optimiser = new DecoderOptimiser(_weights, _config.Optimiser);
        if (loaded is not null)
        {
            _optimiser.Restore(loaded.Tensors, _state.Step);
            progress.Say($"Resuming at step {_state.Step}.");
        }
        _decoder = new Decoder(_weights,
            _config.Precision == Precisions.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);
        _feed = new BatchFeed(new BatchPacker(plan.Train, plan.Layout, _config.Seed), _state.Cursor);
        _clock = new BudgetClock(_config.Budget, time, _state.Seconds, _state.Step);
        _logged = (0, 0, 0, _state.Seconds);
        _savedAtSeconds = _state.Seconds;
    }

    public DecoderWeights Weights => _weights;
    public TrainingState State => _state;

    /// <summary>Trains until the budget is gone. False when it was cancelled first; either way a checkpoint is
    /// written.</summary>
    public bool Run(CancellationToken cancel)
    {
        while (!_clock.IsOver(_state.Step))
        {
            if (cancel.IsCancellationRequested)
            {
                Save();
                _progress.Say($"Interrupted after step {_state.Step}; the checkpoint is written.");
                return false;
            }
            var (loss, norm, rate) = Step();
            Report(loss, norm, rate);
            var every = _config.CheckpointEvery;
            if ((every.Steps > 0 && _state.Step % every.Steps == 0)
                || (every.Seconds > 0 && _state.Seconds - _savedAtSeconds >= every.Seconds)) Save();
            if (_config.Heldout.Every > 0 && _state.Step % _config.Heldout.Every == 0) Measure(cancel);
        }
        if (_state.Step > 0) Save();
        return true;
    }

    /// <summary>The held-out loss as of now, written to the metrics; null where there is no held-out text.</summary>
    public HeldoutResult? Measure(CancellationToken cancel)
    {
        HeldoutResult? result;
        try
        {
            result = HeldoutMeasure.Run(_decoder, _plan.Heldout, _plan.Layout, _config.Objective == Objectives.Sft,
                _config.Heldout.Tokens, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null; // the loop sees the same token, saves and ends
        }
        if (result is null) return null;
        _run.Metric(_state.Step, "heldout_loss", result.Loss);
        if (result.BitsPerByte is { } bits) _run.Metric(_state.Step, "heldout_bits_per_byte", bits);
        return result;
    }

    public void Dispose()
    {
        _feed.Dispose();
        _optimiser.Dispose();
        _weights.Dispose();
    }

    private (double Loss, double Norm, double Factor) Step()
    {
        using var scope = NewDisposeScope();
        var batches = _feed.Take();
        double weight = batches.WeightSum, loss = 0;
        if (weight == 0)
            throw new UserErrorException($"Step {_state.Step + 1}: the batch has no supervised token, there is "
                + "nothing to learn. Check the dataset's supervision, or make the batches larger.");
        foreach (var part in batches.Parts.Where(p => p.WeightSum > 0))
        {
            using var inner = NewDisposeScope();
            var partLoss = _decoder.Loss(part, 1 / weight);
            partLoss.backward();
            loss += partLoss.item<float>();
        }
        double factor = LearningRate.Factor(_config.Optimiser, _state.Step, _clock.Fraction(_state.Step));
        double norm = _optimiser.Step(factor);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw new UserErrorException($"Step {_state.Step + 1}: the loss is {loss}, the gradient's norm {norm}. "
                + "Training has diverged: lower optimiser.rate and optimiser.muonRate, or lengthen optimiser.warmup.");
        _state = _state with
        {
            Step = _state.Step + 1, Tokens = _state.Tokens + batches.RealTokens, Cursor = batches.After,
            Seconds = _clock.Seconds,
            SmoothLoss = _state.Step == 0 ? loss : _state.SmoothLoss * Smoothing + loss * (1 - Smoothing),
        };
        _logged.Loss += loss;
        _logged.Steps++;
        _logged.Tokens += batches.RealTokens;
        return (loss, norm, factor);
    }

    private void Report(double loss, double norm, double factor)
    {
        long step = _state.Step;
        double fraction = _clock.Fraction(step), eta = _clock.EtaSeconds(step);
        _progress.Show(_state.Seconds, () => string.Create(CultureInfo.InvariantCulture,
            $"step {step}  {fraction:P0}  loss {_state.SmoothLoss:F4}  {_state.Tokens / _state.Seconds:F0} tokens/s  "
            + $"ETA {ProgressLine.Duration(eta)}"));
        if (step % _config.LogEvery != 0 && step != 1 && !_clock.IsOver(step)) return;
        _run.Metric(step, "loss", _logged.Loss / _logged.Steps);
        _run.Metric(step, "lr", _config.Optimiser.Rate * factor);
        _run.Metric(step, "grad_norm", norm);
        _run.Metric(step, "tokens_per_second", _logged.Tokens / Math.Max(1e-9, _state.Seconds - _logged.Seconds));
        _run.Progress(step, fraction, eta);
        _logged = (0, 0, 0, _state.Seconds);
    }

    private void Save()
    {
        var tensors = _weights.All.Select(p => (p.Key, Value: (Tensor)p.Value))
            .Concat(_optimiser.State.Select(s => (s.Key, s.Value)))
            .Select(t => new NamedTensor(t.Key, t.Value.shape, DecoderWeights.Values(t.Value)));
        _checkpoints.Save(_state with { Seconds = _clock.Seconds }, [.. tensors]);
        _savedAtSeconds = _clock.Seconds;
    }
}
