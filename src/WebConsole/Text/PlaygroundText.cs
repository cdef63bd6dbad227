namespace Weir.WebConsole.Text;

/// <summary>The texts of the playground.</summary>
public sealed record PlaygroundText
{
    public required string Title { get; init; }
    public required string Settings { get; init; }
    public required string System { get; init; }
    public required string SystemHint { get; init; }
    public required string Temperature { get; init; }
    public required string TopP { get; init; }
    public required string TopK { get; init; }
    public required string MinP { get; init; }
    public required string MaxTokens { get; init; }
    public required string Seed { get; init; }
    public required string EngineDecides { get; init; }
    public required string StopAt { get; init; }
    public required string StopHint { get; init; }
    public required string Tools { get; init; }
    public required string ToolsTrouble { get; init; }
    public required string Schema { get; init; }
    public required string SchemaTrouble { get; init; }
    public required string Compare { get; init; }
    public required string Clear { get; init; }
    public required string NoModel { get; init; }
    public required string NoTurns { get; init; }
    public required string Prompt { get; init; }
    public required string Cached { get; init; }
    public required string Thinking { get; init; }
    public required string Calls { get; init; }
    public required string Result { get; init; }
    public required string SendResults { get; init; }
    public required string Stopped { get; init; }
    public required string EngineSilent { get; init; }
    public required string More { get; init; }
    /// <summary>By the names that engines use in their statistics.</summary>
    public required IReadOnlyDictionary<string, string> Figures { get; init; }

    public static PlaygroundText English { get; } = new()
    {
        Title = "Playground", Settings = "Settings", System = "System prompt", SystemHint = "You are ...",
        Temperature = "Temperature", TopP = "Top-p", TopK = "Top-k", MinP = "Min-p", MaxTokens = "Most tokens",
        Seed = "Seed", EngineDecides = "default", StopAt = "Stop at", StopHint = "one a line; \\n is a new line",
        Tools = "Tools (JSON)", ToolsTrouble = "Tools must be a JSON array", Schema = "Answer by JSON schema",
        SchemaTrouble = "The schema must be a JSON object", Compare = "Two models side by side", Clear = "Clear",
        NoModel = "No model is ready. Deploy one on the page of models.",
        NoTurns = "Every answer shows how fast it came.", Prompt = "prompt", Cached = "cached",
        Thinking = "Thinking", Calls = "calls", Result = "The tool's result", SendResults = "Send the results",
        Stopped = "stopped", EngineSilent = "The engine does not answer yet.", More = "More",
        Figures = new Dictionary<string, string>
        {
            ["running"] = "running", ["waiting"] = "waiting", ["kv_blocks"] = "KV blocks",
            ["kv_tokens"] = "KV tokens", ["prefix_hit_rate"] = "prefix hits", ["tokens_per_second"] = "tokens/s",
            ["prompt_tokens_per_second"] = "prompt tokens/s", ["requests_total"] = "requests",
            ["tokens_generated_total"] = "tokens made", ["uptime_seconds"] = "seconds up",
        },
    };

    public static PlaygroundText Chinese { get; } = new()
    {
        Title = "试验台", Settings = "设置", System = "系统提示", SystemHint = "你是……", Temperature = "温度",
        TopP = "核采样 top-p", TopK = "候选数 top-k", MinP = "最小概率 min-p", MaxTokens = "最多词元", Seed = "随机种子",
        EngineDecides = "默认", StopAt = "停止词", StopHint = "每行一个，\\n 表示换行", Tools = "工具（JSON）",
        ToolsTrouble = "工具须为 JSON 数组", Schema = "按 JSON Schema 作答", SchemaTrouble = "Schema 须为 JSON 对象",
        Compare = "两个模型并排", Clear = "清空", NoModel = "还没有就绪的模型。请在“模型”页部署一个。", NoTurns = "每个回答都会显示生成速度。",
        Prompt = "提示", Cached = "命中缓存", Thinking = "思考", Calls = "调用", Result = "工具返回的结果", SendResults = "提交结果",
        Stopped = "已停止", EngineSilent = "引擎尚未响应。", More = "更多",
        Figures = new Dictionary<string, string>
        {
            ["running"] = "运行中", ["waiting"] = "等待中", ["kv_blocks"] = "KV 块", ["kv_tokens"] = "KV 词元",
            ["prefix_hit_rate"] = "前缀命中", ["tokens_per_second"] = "生成词元/秒",
            ["prompt_tokens_per_second"] = "提示词元/秒", ["requests_total"] = "请求数",
            ["tokens_generated_total"] = "已生成词元", ["uptime_seconds"] = "运行秒数",
        },
    };
}
