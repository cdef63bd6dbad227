using System.Globalization;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.ToolCalls;

public sealed class AnswerParserTests
{
    public static TheoryData<ToolCallStyle, string, string> Answers => new()
    {
        { ToolCallStyle.Hermes, "Hello, world.", "content(Hello, world.)" },
        { ToolCallStyle.Hermes, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": "
            + "[1, \"}</tool_call>\"]}}\n</tool_call>",
            "begin(0 id0 f) args({\"a\": [1, \"}</tool_call>\"]}) end(0)" },
        { ToolCallStyle.Hermes, "Let me see.\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
            + "{}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {\"b\": null}}\n</tool_call>\n",
            "content(Let me see.) begin(0 id0 f) args({}) end(0) begin(1 id1 g) args({\"b\": null}) end(1)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"arguments\": {\"x\": 1.5e3}, \"name\": \"f\"}</tool_call> done",
            "begin(0 id0 f) args({\"x\": 1.5e3}) end(0) content(done)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": \\\"\\u4f60\\\"}\"}</tool"
            + "_call>",
            "begin(0 id0 f) args({\"a\": \"你\"}) end(0)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\"}</tool_call>", "begin(0 id0 f) args({}) end(0)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"id\": \"mine\", \"name\": \"f\", \"arguments\": null, \"more\": "
            + "[{}]}</tool_call>",
            "begin(0 mine f) args({}) end(0)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {}}", "begin(0 id0 f) args({}) end(0)" },
        { ToolCallStyle.LlamaJson, "{\"name\": \"f\", \"parameters\": {\"q\": \"a;b\"}}", "begin(0 id0 f) "
            + "args({\"q\": \"a;b\"}) end(0)" },
        { ToolCallStyle.LlamaJson, " <|python_tag|>{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}; "
            + "{\"name\": \"g\", \"parameters\": {\"a\": 1}}",
            "begin(0 id0 f) args({}) end(0) begin(1 id1 g) args({\"a\": 1}) end(1)" },
        { ToolCallStyle.LlamaJson, "{\"name\": \"Bob\", \"age\": 3}", "content({\"name\": \"Bob\", \"age\": 3})" },
        { ToolCallStyle.LlamaJson, "So: {\"name\": \"f\", \"parameters\": {}}", "content(So: "
            + "{\"name\": \"f\", \"parameters\": {}})" },
        { ToolCallStyle.Mistral, "[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": "
            + "1}, \"id\": \"abcdef123\"}, {\"id\": \"b\", \"name\": \"g\", \"arguments\": {}}]",
            "begin(0 id0 f) args({\"a\": 1}) end(0) begin(1 b g) args({}) end(1)" },
        { ToolCallStyle.Mistral, "x[TOOL_CALLS]get_it[ARGS]{\"a\": \"b\"}[TOOL_CALLS]g[CALL_ID]c1[ARGS]{}",
            "content(x) begin(0 id0 get_it) args({\"a\": \"b\"}) end(0) begin(1 c1 g) args({}) end(1)" },
        { ToolCallStyle.Mistral, "[TOOL_CALLS]f{\"a\": 1}", "begin(0 id0 f) args({\"a\": 1}) end(0)" },
        { ToolCallStyle.InternLm2, "I look.<|action_start|><|plugin|>\n{\"name\": \"f\", \"parameters\": "
            + "{\"a\": \"好\"}}<|action_end|>\n",
            "content(I look.) begin(0 id0 f) args({\"a\": \"好\"}) end(0)" },
        { ToolCallStyle.FunctionTag, "<function=f>{\"a\": \"</function>\"}</function><function=g>\n{}\n</function>",
            "begin(0 id0 f) args({\"a\": \"</function>\"}) end(0) begin(1 id1 g) args({}) end(1)" },
        { ToolCallStyle.DeepSeek, "ok<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\":"
            + " \"```\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁cal"
            + "l▁end｜><｜tool▁calls▁end｜>",
            "content(ok) begin(0 id0 f) args({\"a\": \"```\"}) end(0) begin(1 id1 g) args({}) end(1)" },
        { ToolCallStyle.DeepSeek, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": "
            + "1}<｜tool▁call▁end｜><｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            "begin(0 id0 f) args({\"a\": 1}) end(0) begin(1 id1 g) args({}) end(1)" },
        { ToolCallStyle.ToolCallList, "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}]<|/tool_call|>", "begin(0 "
            + "id0 f) args({}) end(0)" },
        { ToolCallStyle.ToolCallList, "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}] and", "begin(0 id0 f) "
            + "args({}) end(0) content(and)" },
        { ToolCallStyle.CommandR, "<|START_ACTION|>[\n "
            + "{\"tool_call_id\": \"0\", \"tool_name\": \"f\", \"parameters\": {\"a\": 1}}\n]<|END_ACTION|>",
            "begin(0 0 f) args({\"a\": 1}) end(0)" },
        // What is no call after all.
        { ToolCallStyle.Hermes, "a <tool_call> b", "content(a <tool_call> b)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"arguments\": {\"a\": "
            + "1}}</tool_call>", "content(<tool_call>{\"arguments\": {\"a\": 1}}</tool_call>)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": 5}", "content(<tool_call>{\"name\": 5})" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": "
            + "[1]}</tool_call>", "content(<tool_call>{\"name\": \"f\", \"arguments\": [1]}</tool_call>)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"argum", "content(<tool_call>{\"name\": \"f\", \"argu"
            + "m)" },
        { ToolCallStyle.Hermes, "<tool_call>{<tool_call>{\"name\": \"f\", \"arguments\": "
            + "{}}</tool_call>", "content(<tool_call>{) begin(0 id0 f) args({}) end(0)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1,,}} tail", "begin(0 id0 f) "
            + "args({\"a\": 1,) end(0 cut) content(,}} tail)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"lo", "begin(0 id0 f) "
            + "args({\"a\": \"lo) end(0 cut)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {}}oops</tool_call>", "begin(0 id0 f) "
            + "args({}) end(0) content(oops</tool_call>)" },
        { ToolCallStyle.Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {}} "
            + "<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call>",
            "begin(0 id0 f) args({}) end(0) begin(1 id1 g) args({}) end(1)" },
        { ToolCallStyle.Mistral, "[TOOL_CALLS][]", "content([TOOL_CALLS][])" },
        { ToolCallStyle.Mistral, "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}, 5]", "begin(0 id0 f) args({}) "
            + "end(0) content(, 5])" },
        { ToolCallStyle.LlamaJson, "<|python_tag|>print(1)", "content(<|python_tag|>print(1))" },
        { ToolCallStyle.FunctionTag, "<function=f>not json", "content(<function=f>not json)" },
        { ToolCallStyle.DeepSeek, "<｜tool▁calls▁begin｜>x", "content(<｜tool▁calls▁begin｜>x)" },
        { ToolCallStyle.Hermes, "a < b <tool", "content(a < b <tool)" },
        { ToolCallStyle.Hermes, "  \n ", "content(  \n )" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_is_taken_apart_the_same_however_it_is_cut(ToolCallStyle style, string answer, string expected)
    {
        var format = new AnswerFormat(style, null);
        Assert.Equal(expected, Parse(format, "", [answer]));
        Assert.Equal(expected, Parse(format, "", answer.Select(c => c.ToString())));
        for (var cut = 1; cut < answer.Length; cut++)
            Assert.Equal(expected, Parse(format, "", [answer[..cut], answer[cut..]]));
    }

    [Theory]
    [InlineData("", "<think>\nLet me.\n\nHm.\n</think>\n\nFour.", "think(Let me.\n\nHm.) content(Four.)")]
    [InlineData("", "\n<think>a</think>b", "think(a) content(b)")]
    [InlineData("", "<think></think>\nb", "content(b)")]
    [InlineData("...assistant\n<think>\n", "a <tool_call> b\n</think>\n  c", "think(a <tool_call> b) content(  c)")]
    [InlineData("...<think>\n\n</think>\n\n", "b", "content(b)")]
    [InlineData("<think>", "never ends", "think(never ends)")]
    [InlineData("", "<think>x</think><tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", "think(x) "
        + "begin(0 id0 f) args({}) end(0)")]
    [InlineData("", "word <think>x</think>", "content(word <think>x</think>)")]
    [InlineData("", "<thin", "content(<thin)")]
    public void Reasoning_is_parted_from_the_answer(string prompt, string answer, string expected)
    {
        var format = AnswerFormat.Of("{{ '<think>' }}{{ '</think>' }}<tool_call>");
        for (var cut = 0; cut < answer.Length; cut++)
            Assert.Equal(expected, Parse(format, prompt, [answer[..cut], answer[cut..]]));
    }

    [Fact]
    public void Without_tools_all_is_content()
    {
        var deltas = new List<AnswerDelta>();
        var parser = new AnswerParser(new AnswerFormat(ToolCallStyle.Hermes, null), "", withTools: false, () => "id");
        parser.Feed("<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", deltas);
        parser.Finish(deltas);
        Assert.Equal("content(<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>)", Written(deltas));
    }

    [Fact]
    public void Arguments_come_as_they_arrive()
    {
        var parser = new AnswerParser(new AnswerFormat(ToolCallStyle.Hermes, null), "", withTools: true, () => "id");
        var seen = new List<string>();
        foreach (var piece in new[] { "<tool_call>{\"name\": \"f\", \"argu", "ments\": {\"text\": \"on", "ce "
            + "upon", " a\"}", "}</tool_call>" })
        {
            var deltas = new List<AnswerDelta>();
            parser.Feed(piece, deltas);
            seen.Add(Written(deltas));
        }
        Assert.Equal(["", "begin(0 id f) args({\"text\": \"on)", "args(ce upon)", "args( a\"}) end(0)", ""], seen);
    }

    /// <summary>The deltas of a stream, neighbours of a kind joined.</summary>
    internal static string Parse(AnswerFormat format, string prompt, IEnumerable<string> pieces)
    {
        var ids = 0;
        var parser = new AnswerParser(format, prompt, withTools: true,
            () => "id" + ids++.ToString(CultureInfo.InvariantCulture));
        var deltas = new List<AnswerDelta>();
        foreach (var piece in pieces) parser.Feed(piece, deltas);
        parser.Finish(deltas);
        return Written(deltas);
    }

    private static string Written(List<AnswerDelta> deltas)
    {
        var parts = new List<(string Kind, string Text)>();
        foreach (var delta in deltas)
        {
            var (kind, text) = delta switch
            {
                ContentDelta content => ("content", content.Text),
                ReasoningDelta reasoning => ("think", reasoning.Text),
                ToolCallBegin begin => ("begin", $"{begin.Index} {begin.Id} {begin.Name}"),
                ToolCallArguments arguments => ("args", arguments.Fragment),
                ToolCallEnd end => ("end", end.IsComplete ? $"{end.Index}" : $"{end.Index} cut"),
                _ => throw new InvalidOperationException(),
            };
            Assert.NotEmpty(text);
            if (parts.Count > 0 && parts[^1].Kind == kind && kind is "content" or "think" or "args")
                parts[^1] = (kind, parts[^1].Text + text);
            else parts.Add((kind, text));
        }
        return string.Join(' ', parts.Select(part => $"{part.Kind}({part.Text})"));
    }
}
