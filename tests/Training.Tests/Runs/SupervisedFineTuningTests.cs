using Weir.Formats.Bcl;
using Weir.Formats.Tokens;
using Weir.Training.Batches;
using static TorchSharp.torch;

namespace Weir.Training.Tests.Runs;

public sealed class SupervisedFineTuningTests
{
    [Fact]
    public void Only_marked_tokens_are_targets()
    {
        var batch = new Batch(1, 8);
        batch.Add(0, [5, 6, 7, 8, 9], 0, 4, [0, 0, 1, 0, 1], 0);
        Assert.Equal([1L, 3L], batch.TargetPositions);
        Assert.Equal([7L, 9L], batch.Targets);
        Assert.Equal(2, batch.WeightSum);
    }

    [Fact]
    public void The_loss_and_its_gradient_ignore_what_the_prompt_would_have_predicted()
    {
        var decoder = ToyWorld.FreshDecoder(ToyWorld.Shape());
        float LossOf(int[] ids)
        {
            using var scope = NewDisposeScope();
            var batch = new Batch(1, 16);
            batch.Add(0, ids, 0, ids.Length - 1, [0, 0, 0, 1, 1, 0], 0);
            return decoder.Loss(batch, 1).item<float>();
        }
        // The last token is a target that is not marked: any value gives the same loss. The first is read: another
        // loss.
        Assert.Equal(LossOf([3, 9, 8, 7, 6, 5]), LossOf([3, 9, 8, 7, 6, 30]));
        Assert.NotEqual(LossOf([3, 9, 8, 7, 6, 5]), LossOf([4, 9, 8, 7, 6, 5]));
    }

    [Fact]
    public void Fine_tuning_learns_the_answers_and_reports_their_held_out_loss()
    {
        using var world = new ToyWorld(marked: true);
        Assert.Equal(0, world.Train(world.Config(steps: 120, more: "objective: sft"), "run"));
        Assert.True(world.Metric("run", "heldout_loss")[120] < 1, $"{world.Metric("run", "heldout_loss")[120]}");
        Assert.Empty(world.Metric("run", "heldout_bits_per_byte"));
    }

    [Fact]
    public void A_step_without_any_supervised_token_is_an_error()
    {
        using var world = new ToyWorld(marked: true);
        var shard = ToyWorld.Counting(400, 1, marked: true);
        new TokenShard(shard.VocabularySize, shard.Tokens, shard.Starts, new byte[shard.Tokens.Length])
            .Save(world.PathOf("data", "train.tok"));
        var error = Assert.Throws<UserErrorException>(() => world.Train(world.Config(more: "objective: sft"), "run"));
        Assert.Contains("no supervised token", error.Message);
    }

    [Fact]
    public void Data_without_marks_is_refused()
    {
        using var world = new ToyWorld(marked: false);
        var error = Assert.Throws<UserErrorException>(() => world.Train(world.Config(more: "objective: sft"), "run"));
        Assert.Contains("mark the assistant's tokens", error.Message);
    }
}
