using System.Text;
using Weir.Inference.Batching;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Inference.Tests.Batching;
using Weir.Text.Chat;

namespace Weir.Inference.Tests.Generation;

/// <summary>An engine's loop that is stepped by hand, over a <see cref="HashRunner"/>.</summary>
internal sealed class LoopUnderTest
{
    public static readonly IReadOnlySet<int> Ends = new HashSet<int> { WeirTokens.EndOfTextId, WeirTokens.EndOfTurnId };
    private readonly Dictionary<Sequence, (string Reason, Exception? Error)> _ends = [];
    private static readonly CancellationTokenSource Never = new();
    private readonly int _speculate;

    public LoopUnderTest(int blocks = 64, int parallel = 8, int batchTokens = 64, bool prefixCache = true,
        int speculate = 4)
    {
        _speculate = speculate;
        Runner = new HashRunner(TestTokenizer.Small.VocabularySize, blocks, 1024, batchTokens);
        Model = new ServedModel(Runner, TestTokenizer.Small, Ends, "one");
        Loop = new EngineLoop(Model, new EngineLimits(parallel)
        {
            BatchTokens = batchTokens, PrefixCache = prefixCache, Speculate = speculate,
        }, TimeProvider.System, (sequence, reason, error) => _ends[sequence] = (reason, error));
    }

    public HashRunner Runner { get; }
    public ServedModel Model { get; }
    public EngineLoop Loop { get; }

    public Sequence Add(int[] prompt, GenerationOptions options, CancellationToken? cancelled = null)
    {
        var ticket = new RequestTicket("r", options.Tenant, DateTimeOffset.UnixEpoch);
        ticket.Enter();
        var sequence = new Sequence(Model, prompt, options, ticket, new AnswerSignal(), cancelled ?? Never.Token)
        {
            MaxDrafts = _speculate, MaxLength = Math.Min(Model.Positions, prompt.Length + options.MaxTokens),
            WantsPromptLogits = options.ScorePrompt, SharesPrefix = options is { ScorePrompt: false, Pooling: null },
            WantsHidden = options.Pooling is not null,
        };
        Loop.Add(sequence);
        return sequence;
    }

    public bool HasEnded(Sequence sequence) => _ends.ContainsKey(sequence);

    public string ReasonOf(Sequence sequence) => _ends[sequence].Reason;

    /// <summary>Runs until nothing is left; a loop that makes no progress fails.</summary>
    public void RunToEnd(int mostSteps = 100_000)
    {
        for (int i = 0; Loop.Step(); i++)
        {
            CheckBlocks();
            Assert.True(i < mostSteps, "The loop makes no progress.");
        }
    }

    /// <summary>Every block is held by exactly those that know it.</summary>
    public void CheckBlocks()
    {
        var scheduler = Loop.Scheduler;
        var held = new int[scheduler.Pool.Count];
        var shared = new HashSet<int>();
        foreach (var sequence in scheduler.Running)
        {
            for (int i = 0; i < sequence.BlockCount; i++) held[sequence.Blocks[i]]++;
            Assert.InRange(sequence.Computed, 0, sequence.BlockCount * HashRunner.Block);
            foreach (var node in sequence.Path)
                if (node.IsReady) shared.Add(node.Block);
        }
        Assert.All(scheduler.Waiting, s => Assert.Equal(0, s.BlockCount));
        int inTree = 0, free = 0, extra = 0;
        for (int block = 0; block < held.Length; block++)
        {
            int references = scheduler.Pool.References(block);
            if (references == 0) free++;
            else if (references == held[block] + 1) inTree++;
            else extra += references - held[block];
        }
        Assert.Equal(0, extra);
        Assert.Equal(scheduler.Pool.FreeCount, free);
        Assert.Equal(scheduler.Tree.Blocks, inTree);
        Assert.True(shared.Count <= inTree);
    }

    public static string TextOf(Sequence sequence)
    {
        var text = new StringBuilder();
        while (sequence.Answer.TryTake(out var step)) text.Append(step.Text);
        return text.ToString();
    }

    /// <summary>What the definition says, token by token, without any engine.</summary>
    public static List<int> Expected(int[] prompt, GenerationOptions options)
    {
        int vocabulary = TestTokenizer.Small.VocabularySize;
        var sampler = new Sampler(options.Sampling, prompt);
        var scratch = new SamplerScratch(vocabulary);
        var tokens = prompt.ToList();
        var answer = new List<int>();
        while (answer.Count < options.MaxTokens)
        {
            int token = sampler.Next(HashRunner.LogitsAfter([.. tokens], vocabulary), answer.Count, scratch);
            sampler.Accept(token);
            answer.Add(token);
            tokens.Add(token);
            if (Ends.Contains(token)) break;
        }
        return answer;
    }
}
