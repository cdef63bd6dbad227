using Weir.Inference.Batching;

namespace Weir.Inference.Tests.Batching;

public sealed class BatchSchedulerTests
{
    private const int Block = 16;
    private int _next = 1000;

    [Fact]
    public void Answers_go_first_and_the_rest_of_a_step_is_for_prompts()
    {
        var scheduler = Make(parallel: 8, batch: 40);
        var writing = Enumerable.Range(0, 3).Select(i => Add(scheduler, 4, "a")).ToList();
        Step(scheduler);
        var reading = Add(scheduler, 200, "a");
        var step = Step(scheduler);
        Assert.All(writing, s => Assert.Equal(1, step[s]));
        Assert.Equal(37, step[reading]);
    }

    [Fact]
    public void Short_prompts_go_before_long_ones_and_the_oldest_is_never_stopped()
    {
        var scheduler = Make(parallel: 30, batch: 64);
        var longest = Add(scheduler, 400, "a");
        var shorter = Enumerable.Range(0, 4).Select(_ => Add(scheduler, 40, "a")).ToList();
        var step = Step(scheduler);
        Assert.Equal(16, step[longest]);
        Assert.Equal(40, step[shorter[0]]);
        Assert.Equal(8, step[shorter[1]]);
        int steps = 1;
        while (longest.Pending > 1)
        {
            Add(scheduler, 40, "a");
            Step(scheduler);
            Assert.True(++steps < 60);
        }
    }

    [Fact]
    public void Tenants_share_prompt_work_whatever_they_send()
    {
        var scheduler = Make(parallel: 40, batch: 64, blocks: 4000);
        for (int i = 0; i < 20; i++) Add(scheduler, 300, "greedy");
        var modest = Add(scheduler, 300, "modest");
        int steps = 0;
        while (modest.Pending > 1)
        {
            Step(scheduler);
            steps++;
        }
        Assert.InRange(steps, 5, 12); // half of each step, not a twentieth
    }

    [Fact]
    public void Places_go_to_the_tenant_with_the_fewest()
    {
        var scheduler = Make(parallel: 4, batch: 64);
        for (int i = 0; i < 10; i++) Add(scheduler, 8, "greedy");
        Add(scheduler, 8, "modest");
        Step(scheduler);
        Assert.Contains(scheduler.Running, s => s.Tenant == "modest");
        Assert.Equal(4, scheduler.Running.Count);
    }

    [Fact]
    public void The_youngest_gives_way_and_comes_back_first()
    {
        var scheduler = Make(parallel: 3, batch: 64, blocks: 6);
        var old = Add(scheduler, 30, "a");
        var middle = Add(scheduler, 30, "a");
        Step(scheduler);
        Assert.Equal(2, scheduler.Running.Count);
        while (scheduler.Preemptions == 0) Step(scheduler);
        Assert.Same(old, Assert.Single(scheduler.Running));
        Add(scheduler, 4, "a");
        Assert.Same(middle, scheduler.Waiting[0]);
        scheduler.Remove(old);
        Step(scheduler);
        Assert.True(middle.IsRunning);
        Assert.True(middle.Cached == 0, "its own blocks are no gift");
    }

    [Fact]
    public void A_new_sequence_waits_until_there_is_room_for_it()
    {
        var scheduler = Make(parallel: 8, batch: 64, blocks: 8);
        Add(scheduler, 60, "a");
        var large = Add(scheduler, 100, "a");
        Step(scheduler);
        Assert.False(large.IsRunning);
    }

    [Fact]
    public void Drafts_fill_a_small_step_and_leave_a_large_one_alone()
    {
        var scheduler = Make(parallel: 16, batch: 64);
        int[] repeating = [.. Enumerable.Range(0, 40).Select(i => i % 5)];
        var one = new BatchSequence("a", repeating) { MaxDrafts = 4 };
        scheduler.Add(one);
        Step(scheduler);
        one.Append(41 % 5);
        var step = new List<BatchSequence>();
        scheduler.Plan(step);
        Assert.Equal(0, one.Drafts.Count); // what was chosen breaks the pattern
        Commit(scheduler, step);
        for (int i = 0; i < 4; i++)
        {
            scheduler.Plan(step);
            if (one.Drafts.Count > 0) break;
            Commit(scheduler, step);
            one.Append((42 + i) % 5);
        }
        Assert.True(one.Drafts.Count > 0);
        for (int i = 0; i < 10; i++) Add(scheduler, 1, "a");
        Step(scheduler);
        scheduler.Plan(step);
        Assert.Equal(11, step.Count);
        Assert.All(step, s => Assert.Equal(0, s.Drafts.Count));
    }

    private BatchScheduler Make(int parallel, int batch, int blocks = 1000) =>
        new(new BatchLimits(parallel, batch), new BlockPool(blocks), Block);

    /// <summary>A sequence of tokens that no other has.</summary>
    private BatchSequence Add(BatchScheduler scheduler, int length, string tenant)
    {
        var sequence = new BatchSequence(tenant, [.. Enumerable.Range(0, length).Select(_ => _next++)]);
        scheduler.Add(sequence);
        return sequence;
    }

    /// <summary>Plans and carries out a step; whoever has read its prompt gets a token. Returns what each
    /// computed.</summary>
    private Dictionary<BatchSequence, int> Step(BatchScheduler scheduler)
    {
        var step = new List<BatchSequence>();
        scheduler.Plan(step);
        var planned = step.ToDictionary(s => s, s => s.Planned);
        foreach (var sequence in step)
        {
            if (sequence.Planned == sequence.Pending) sequence.Append(_next++);
        }
        Commit(scheduler, step);
        return planned;
    }

    private static void Commit(BatchScheduler scheduler, List<BatchSequence> step)
    {
        foreach (var sequence in step) scheduler.Commit(sequence, 0);
    }
}
