namespace Weir.WebConsole.Text;

/// <summary>Every text of the console in one language. Both languages are complete by construction: a text that one of
/// them lacks does not compile.</summary>
public sealed record ConsoleText
{
    public required string Language { get; init; }
    public required string OtherLanguage { get; init; }
    public required string Theme { get; init; }
    public required string Tagline { get; init; }
    public required string Overview { get; init; }
    public required ModelsText ModelsPage { get; init; }
    public required PlaygroundText PlaygroundPage { get; init; }
    public required string Pipeline { get; init; }
    public required string NoPipeline { get; init; }
    public required string Stage { get; init; }
    public required string Time { get; init; }
    public required string Input { get; init; }
    public required string Output { get; init; }
    public required string Rate { get; init; }
    public required string Result { get; init; }
    public required string Cost { get; init; }
    public required string ToGo { get; init; }
    public required string Loss { get; init; }
    public required string Step { get; init; }
    public required string Chat { get; init; }
    public required string Ask { get; init; }
    public required string Send { get; init; }
    public required string Stop { get; init; }
    public required string NoModel { get; init; }
    public required string ChatHint { get; init; }
    public required string FirstToken { get; init; }
    public required string Tokens { get; init; }
    public required string Ledger { get; init; }
    public required string NoRows { get; init; }
    public required string Model { get; init; }
    public required string Prompt { get; init; }
    public required string Generated { get; init; }
    public required string Delivered { get; init; }
    public required string Billed { get; init; }
    public required string Charge { get; init; }
    public required string End { get; init; }
    public required string Duration { get; init; }
    public required string Lineage { get; init; }
    public required string NoLineage { get; init; }
    public required string Unreachable { get; init; }
    public required string Trouble { get; init; }
    public required IReadOnlyList<string> Samples { get; init; }
    public required IReadOnlyDictionary<string, string> Stages { get; init; }
    public required IReadOnlyDictionary<string, string> States { get; init; }
    public required IReadOnlyDictionary<string, string> Kinds { get; init; }
    public required IReadOnlyDictionary<string, string> EndReasons { get; init; }

    public static ConsoleText For(string language) => language == "zh" ? Chinese : English;

    /// <summary>A name as the language has it, or as it is.</summary>
    public static string Of(IReadOnlyDictionary<string, string> names, string name) =>
        names.GetValueOrDefault(name, name);

    public static ConsoleText English { get; } = new()
    {
        Language = "en", OtherLanguage = "中文", Theme = "Light or dark",
            Tagline = "from a folder of text to a served, metered model",
        Overview = "Overview", ModelsPage = ModelsText.English, PlaygroundPage = PlaygroundText.English,
        Pipeline = "Pipeline", NoPipeline = "Nothing has run yet. Start with: ./weir quickstart", Stage = "Stage",
        Time = "Time",
        Input = "Input", Output = "Output", Rate = "tokens/s", Result = "Result", Cost = "Cost (CNY)", ToGo = "to go",
        Loss = "Loss",
        Step = "step", Chat = "Chat", Ask = "Ask the model", Send = "Send", Stop = "Stop",
        NoModel = "No model is served yet. It appears here as soon as the pipeline has deployed it.",
        ChatHint = "Each question stands on its own.", FirstToken = "first token", Tokens = "tokens", Ledger = "Ledger",
        NoRows = "No request yet. Every request leaves a row here.", Model = "Model", Prompt = "Prompt",
        Generated = "Generated",
        Delivered = "Delivered", Billed = "Billed", Charge = "Charge (CNY)", End = "End", Duration = "Duration",
        Lineage = "Lineage of the last answer", NoLineage = "Ask something, and see where the answer comes from.",
        Unreachable = "The platform does not answer", Trouble = "Jobs are held up",
        Samples = ["Where is River Market?", "What is 9 plus 6?", "Which is larger, 48 or 84?",
        "How do I sell flowers at school?",
        "Who are you?"],
        Stages = new Dictionary<string, string>
        {
            ["synthesize"] = "synthesise", ["questions"] = "questions", ["curate-text"] = "curate text",
                ["curate-chat"] = "curate chat",
            ["tokenize"] = "tokenise", ["pre-train"] = "pre-train", ["fine-tune"] = "fine-tune",
                ["evaluate"] = "evaluate",
            ["register"] = "register", ["deploy"] = "deploy", ["ask"] = "ask",
        },
        States = new Dictionary<string, string>
        {
            ["waiting"] = "waiting", ["running"] = "running", ["done"] = "done", ["failed"] = "failed",
        },
        Kinds = new Dictionary<string, string>
        {
            ["request"] = "request", ["deployment"] = "deployment", ["artifact"] = "artifact", ["run"] = "run",
                ["source"] = "source",
        },
        EndReasons = new Dictionary<string, string>
        {
            ["stop"] = "stop", ["length"] = "length", ["tool_calls"] = "tool calls", ["client_gone"] = "client gone",
                ["upstream_error"] = "engine error",
            ["timeout"] = "timeout", ["budget_cut"] = "budget cut",
        },
    };

    public static ConsoleText Chinese { get; } = new()
    {
        Language = "zh", OtherLanguage = "English", Theme = "浅色或深色", Tagline = "从一个文本文件夹到可计量的模型服务",
        Overview = "总览", ModelsPage = ModelsText.Chinese, PlaygroundPage = PlaygroundText.Chinese,
        Pipeline = "流水线", NoPipeline = "还没有运行过。请从这里开始：./weir quickstart", Stage = "阶段", Time = "用时", Input = "输入",
        Output = "产出", Rate = "词元/秒", Result = "效果", Cost = "成本（元）", ToGo = "后完成", Loss = "损失", Step = "步",
        Chat = "对话", Ask = "向模型提问", Send = "发送", Stop = "停止", NoModel = "还没有可用的模型。流水线部署完成后会出现在这里。",
        ChatHint = "每个问题单独作答。", FirstToken = "首个词元", Tokens = "词元", Ledger = "账本", NoRows = "还没有请求。每个请求都会在这里留下一行。",
        Model = "模型", Prompt = "提示", Generated = "生成", Delivered = "送达", Billed = "计费", Charge = "费用（元）", End = "结束",
        Duration = "时长", Lineage = "最近回答的来源", NoLineage = "提一个问题，就能看到回答从哪里来。", Unreachable = "平台没有响应",
        Trouble = "任务暂时无法进行",
        Samples = ["明月茶馆在哪里？", "9加6等于多少？", "48和84哪个大？", "帮我刷自己家的门。", "你是谁？"],
        Stages = new Dictionary<string, string>
        {
            ["synthesize"] = "生成语料", ["questions"] = "生成题目", ["curate-text"] = "整理文本", ["curate-chat"] = "整理对话",
            ["tokenize"] = "分词", ["pre-train"] = "预训练", ["fine-tune"] = "微调", ["evaluate"] = "评测", ["register"] = "登记",
            ["deploy"] = "部署", ["ask"] = "提问",
        },
        States = new Dictionary<string, string>
        {
            ["waiting"] = "等待", ["running"] = "进行中", ["done"] = "完成", ["failed"] = "失败",
        },
        Kinds = new Dictionary<string, string>
        {
            ["request"] = "请求", ["deployment"] = "部署", ["artifact"] = "产物", ["run"] = "运行", ["source"] = "来源",
        },
        EndReasons = new Dictionary<string, string>
        {
            ["stop"] = "正常结束", ["length"] = "达到长度", ["tool_calls"] = "调用工具",
            ["client_gone"] = "客户端离开", ["upstream_error"] = "引擎出错",
            ["timeout"] = "超时", ["budget_cut"] = "预算用尽",
        },
    };
}
