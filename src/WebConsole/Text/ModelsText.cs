using Weir.Formats.Platform;

namespace Weir.WebConsole.Text;

/// <summary>The texts of the page of models.</summary>
public sealed record ModelsText
{
    public required string Title { get; init; }
    public required string Import { get; init; }
    public required string ImportHint { get; init; }
    public required string Path { get; init; }
    public required string PathHint { get; init; }
    public required string Name { get; init; }
    public required string NameHint { get; init; }
    public required string Licence { get; init; }
    public required string LicenceHint { get; init; }
    public required string Start { get; init; }
    public required string Cancel { get; init; }
    public required string NoModels { get; init; }
    public required string Version { get; init; }
    public required string Parameters { get; init; }
    public required string Quantisation { get; init; }
    public required string Context { get; init; }
    public required string Vocabulary { get; init; }
    public required string Layers { get; init; }
    public required string Size { get; init; }
    public required string NotStated { get; init; }
    public required string Source { get; init; }
    public required string MadeHere { get; init; }
    public required string NoCard { get; init; }
    public required string Files { get; init; }
    public required string Gate { get; init; }
    public required string NotJudged { get; init; }
    public required string RunsAt { get; init; }
    public required string NotDeployed { get; init; }
    public required string Deploy { get; init; }
    public required string DeployAs { get; init; }
    public required string Undeploy { get; init; }
    public required string Try { get; init; }
    public required IReadOnlyDictionary<string, string> ImportStates { get; init; }
    public required IReadOnlyDictionary<string, string> DeploymentStates { get; init; }
    public required IReadOnlyDictionary<string, string> GateStates { get; init; }
    /// <summary>Why a gate was waived, where the platform itself says it.</summary>
    public required IReadOnlyDictionary<string, string> GateReasons { get; init; }

    public string Of(GateVerdict gate) => $"{ConsoleText.Of(GateStates, gate.State)}: "
        + ConsoleText.Of(GateReasons, gate.Why);

    public static ModelsText English { get; } = new()
    {
        Title = "Models", Import = "Import a model",
        ImportHint = "A model folder in the Hugging Face layout or a .gguf file (of several, the first) on the "
            + "platform's machine.",
        Path = "Path", PathHint = "an absolute path, for example /models/qwen2.5-0.5b-q8_0.gguf", Name = "Name",
        NameHint = "made of the path if empty", Licence = "Licence", LicenceHint = "as the files say if empty",
        Start = "Import", Cancel = "Cancel",
        NoModels = "No model yet. Import one above, or make one with: ./weir quickstart", Version = "version",
        Parameters = "Parameters", Quantisation = "Stored as", Context = "Context", Vocabulary = "Vocabulary",
        Layers = "Layers", Size = "Size", NotStated = "not stated", Source = "Imported from",
        MadeHere = "made on this platform", NoCard = "registered before there were cards", Files = "Files",
        Gate = "Gate", NotJudged = "no verdict", RunsAt = "Runs", NotDeployed = "not deployed", Deploy = "Deploy",
        DeployAs = "Deploy under the name", Undeploy = "Undeploy", Try = "Try it",
        ImportStates = new Dictionary<string, string>
        {
            ["waiting"] = "waiting", ["checking"] = "checking", ["hashing"] = "hashing", ["storing"] = "storing",
            ["done"] = "done", ["failed"] = "failed", ["cancelled"] = "cancelled",
        },
        DeploymentStates = new Dictionary<string, string>
        {
            ["starting"] = "starting", ["ready"] = "ready", ["failed"] = "failed", ["stopped"] = "stopped",
        },
        GateStates = new Dictionary<string, string>
        {
            ["passed"] = "passed", ["failed"] = "failed", ["waived"] = "waived",
        },
        GateReasons = new Dictionary<string, string> { ["imported"] = "imported" },
    };

    public static ModelsText Chinese { get; } = new()
    {
        Title = "模型", Import = "导入模型", ImportHint = "平台所在机器上的 Hugging Face 格式模型文件夹，或 .gguf 文件（分片时给出第一个）。",
        Path = "路径", PathHint = "绝对路径，例如 /models/qwen2.5-0.5b-q8_0.gguf", Name = "名称", NameHint = "留空则取自路径",
        Licence = "许可证", LicenceHint = "留空则以文件所述为准", Start = "导入", Cancel = "取消",
        NoModels = "还没有模型。可在上方导入，或运行：./weir quickstart", Version = "版本", Parameters = "参数量",
        Quantisation = "存储格式", Context = "上下文", Vocabulary = "词表", Layers = "层数", Size = "大小", NotStated = "未说明",
        Source = "导入自", MadeHere = "在本平台训练", NoCard = "登记时尚无模型卡", Files = "文件", Gate = "发布门槛",
        NotJudged = "尚无结论", RunsAt = "运行于", NotDeployed = "未部署", Deploy = "部署", DeployAs = "部署名称", Undeploy = "下线",
        Try = "试用",
        ImportStates = new Dictionary<string, string>
        {
            ["waiting"] = "排队中", ["checking"] = "检查中", ["hashing"] = "计算摘要", ["storing"] = "存储中", ["done"] = "完成",
            ["failed"] = "失败", ["cancelled"] = "已取消",
        },
        DeploymentStates = new Dictionary<string, string>
        {
            ["starting"] = "启动中", ["ready"] = "就绪", ["failed"] = "失败", ["stopped"] = "已停止",
        },
        GateStates = new Dictionary<string, string>
        {
            ["passed"] = "通过", ["failed"] = "未通过", ["waived"] = "豁免",
        },
        GateReasons = new Dictionary<string, string> { ["imported"] = "外部导入" },
    };
}
