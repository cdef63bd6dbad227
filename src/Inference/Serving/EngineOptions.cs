using Weir.Inference.Generation;

namespace Weir.Inference.Serving;

/// <summary>What an engine is started with.</summary>
internal sealed record EngineOptions
{
    public required string ListenOn { get; init; }
    /// <summary>The model's name in answers.</summary>
    public string Name { get; init; } = "model";
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount);
    /// <summary>Sequences computed at the same time.</summary>
    public int Parallel { get; init; } = 8;
    /// <summary>A shorter context than the model's own; null for that.</summary>
    public int? Context { get; init; }
    public int MaxWaiting { get; init; } = Engine.MaxWaiting;
    /// <summary>Blocks of 16 tokens in the KV cache; null for what <see cref="Parallel"/> contexts need, within a
    /// quarter of the machine's memory.</summary>
    public int? KvBlocks { get; init; }
    /// <summary>Whether keys and values are kept in eight bits.</summary>
    public bool KvInEightBits { get; init; }
    /// <summary>Tokens of one step.</summary>
    public int BatchTokens { get; init; } = 256;
    public bool PrefixCache { get; init; } = true;
    /// <summary>Draft tokens of one sequence in one step at most; 0 is off.</summary>
    public int Speculate { get; init; } = 4;
    /// <summary>The file of the requests' account; null keeps it in memory.</summary>
    public string? AccountPath { get; init; }
    /// <summary>Whether each thread has a core of its own: only where cores are reserved for the engine.</summary>
    public bool Pin { get; init; }

    public EngineLimits Limits => new(Parallel, MaxWaiting)
    {
        BatchTokens = BatchTokens, PrefixCache = PrefixCache, Speculate = Speculate,
    };
}
