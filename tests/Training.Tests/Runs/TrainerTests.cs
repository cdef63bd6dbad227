using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Training.Checkpoints;

namespace Weir.Training.Tests.Runs;

public sealed class TrainerTests : IDisposable
{
    private readonly ToyWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void The_loss_falls_on_a_learnable_task_and_the_run_folder_is_complete()
    {
        Assert.Equal(0, _world.Train(_world.Config(steps: 150), "run"));
        var losses = _world.Metric("run", "loss");
        Assert.True(losses[1] > 3, $"began at {losses[1]}");
        Assert.True(losses[150] < 1.5, $"ended at {losses[150]}");
        var record = RunFolder.TryRead(_world.PathOf("run"))!;
        Assert.Equal(RunStates.Done, record.State);
        Assert.Equal("model", Assert.Single(record.Outputs).Name);
        foreach (var name in (string[])["steps", "tokens", "tokensPerSecond", "loss", "heldoutLoss",
            "heldoutBitsPerByte", "seconds", "parameters"])
            Assert.True(record.Summary[name] is JsonValue, name);
        Assert.True((double)record.Summary["heldoutLoss"]! < 1.5);
        foreach (var name in (string[])["model.safetensors", "config.json", "generation_config.json", "tokenizer.json",
            "tokenizer_config.json"])
            Assert.True(File.Exists(_world.PathOf("run", "outputs", "model", name)), name);
        Assert.Equal(1, _world.Metric("run", "progress")[150]);
        Assert.Equal([150L], _world.Metric("run", "heldout_loss").Keys);
    }

    [Theory]
    [InlineData("muon", "bf16")]
    [InlineData("muon", "f32")]
    [InlineData("adamw", "bf16")]
    public void A_run_resumed_after_a_cancellation_follows_the_uninterrupted_one_bit_by_bit(string matrix,
        string precision)
    {
        var config = _world.Config(steps: 24, more: $"precision: {precision}");
        string[] set = [$"optimiser.matrix={matrix}"];
        Assert.Equal(0, _world.Train(config, "whole", set: set));
        var attempts = 0;
        for (bool resume = false; ; resume = true, attempts++)
        {
            using var stop = new CancellationTokenSource();
            // Cancels when a few more steps have been reported: at some step between two, as a signal would.
            int wanted = attempts < 2 ? 5 + 6 * attempts : int.MaxValue;
            using var watch = new Timer(_ =>
            {
                if (File.Exists(_world.PathOf("parts", "metrics.jsonl"))
                    && _world.Metric("parts", "loss").Count >= wanted) stop.Cancel();
            }, null, 0, 1);
            if (_world.Train(config, "parts", resume, set, stop.Token) == 0) break;
            Assert.Equal(RunStates.Interrupted, RunFolder.TryRead(_world.PathOf("parts"))!.State);
        }
        Assert.True(attempts >= 1, "the run was never interrupted");
        foreach (var name in (string[])["loss", "grad_norm", "lr"])
            Assert.Equal(_world.Metric("whole", name).Select(m => (m.Key, ToyWorld.Text(m.Value))),
                _world.Metric("parts", name).OrderBy(m => m.Key).Select(m => (m.Key, ToyWorld.Text(m.Value))));
        Assert.Equal(Digest.OfFile(_world.PathOf("whole", "outputs", "model", "model.safetensors")),
            Digest.OfFile(_world.PathOf("parts", "outputs", "model", "model.safetensors")));
    }

    [Fact]
    public void A_damaged_newest_checkpoint_falls_back_to_the_one_before()
    {
        var config = _world.Config(steps: 20, more: "checkpointEvery: {steps: 4}");
        Assert.Equal(0, _world.Train(config, "whole"));
        Assert.Equal(0, _world.Train(config, "run", set: ["budget.steps=20"]));
        var checkpoints = Directory.GetDirectories(_world.PathOf("run", "checkpoints")).Order().ToArray();
        Assert.Equal(2, checkpoints.Length);
        var newest = Path.Combine(checkpoints[1], "state.safetensors");
        using (var file = File.Open(newest, FileMode.Open)) file.SetLength(file.Length / 2);
        var warnings = new List<string>();
        using (var loaded = new CheckpointFolder(_world.PathOf("run", "checkpoints")).LoadNewest(warnings.Add))
            Assert.Equal(16, loaded!.State.Step);
        Assert.Contains("damaged", Assert.Single(warnings));
        Assert.Equal(0, _world.Train(config, "run", resume: true));
        Assert.Equal(_world.Metric("whole", "loss")[20], _world.Metric("run", "loss")[20]);
    }

    [Fact]
    public void Gradient_accumulation_equals_a_larger_batch()
    {
        Assert.Equal(0,
            _world.Train(_world.Config(steps: 6, more: "precision: f32"), "large", set: ["batch.sequences=8"]));
        Assert.Equal(0, _world.Train(_world.Config(steps: 6, more: "precision: f32"), "parts",
            set: ["batch.sequences=2", "batch.accumulation=4"]));
        foreach (var (step, loss) in _world.Metric("large", "loss"))
            Assert.Equal(loss, _world.Metric("parts", "loss")[step], 1e-4);
    }

    [Fact]
    public void Training_goes_on_from_a_model_folder()
    {
        Assert.Equal(0, _world.Train(_world.Config(steps: 150), "base"));
        var reached = (double)RunFolder.TryRead(_world.PathOf("base"))!.Summary["heldoutLoss"]!;
        Assert.Equal(0, _world.Train(_world.Config(steps: 5, more: "init: base/outputs/model"), "more",
            set: ["model=null", "optimiser.rate=1e-5", "optimiser.muonRate=1e-5"]));
        Assert.Equal(reached, (double)RunFolder.TryRead(_world.PathOf("more"))!.Summary["heldoutLoss"]!, 0.1);
        var error = Assert.Throws<UserErrorException>(() =>
            _world.Train(_world.Config(steps: 5, more: "init: base/outputs/model"), "other", set: ["model.hidden=64"]));
        Assert.Contains("model", error.Message);
    }

    [Fact]
    public void A_run_folder_with_checkpoints_is_not_silently_started_over()
    {
        Assert.Equal(0, _world.Train(_world.Config(steps: 3), "run"));
        Assert.Contains("--resume",
            Assert.Throws<UserErrorException>(() => _world.Train(_world.Config(steps: 3), "run")).Message);
        var changed = Assert.Throws<UserErrorException>(() =>
            _world.Train(_world.Config(steps: 3), "run", resume: true, set: ["seed=9"]));
        Assert.Contains("another configuration", changed.Message);
        Assert.Equal(RunStates.Failed, RunFolder.TryRead(_world.PathOf("run"))!.State);
    }

    [Fact]
    public void A_budget_of_minutes_ends_in_time()
    {
        var start = DateTime.UtcNow;
        Assert.Equal(0, _world.Train(_world.Config(), "run", set: ["budget={minutes: 0.02}"]));
        Assert.True(DateTime.UtcNow - start < TimeSpan.FromSeconds(20));
        Assert.InRange((double)RunFolder.TryRead(_world.PathOf("run"))!.Summary["seconds"]!, 1.2, 5);
    }
}
