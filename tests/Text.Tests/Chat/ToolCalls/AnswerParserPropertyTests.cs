using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.ToolCalls;

public sealed class AnswerParserPropertyTests
{
    private const int Rounds = 4000;
    private static readonly ToolCallStyle[] Styles = Enum.GetValues<ToolCallStyle>();

    private static readonly string[] Pieces =
    [
        "<tool_call>", "</tool_call>", "{", "}", "[", "]", "\"name\"", "\"arguments\"", "\"parameters\"", ": ", ","
            + " ", "\"f\"", "\"id\"", "null",
        "{\"name\": \"f\", \"arguments\": {\"a\": 1}}", "{\"name\": \"f\", \"parameters\": "
            + "{\"a\": \"\\u00e9\\\\\"}}", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]",
        "<|action_start|><|plugin|>", "<|action_end|>", "<function=", "f>", "</function>", "<｜tool▁calls▁begin｜"
            + ">", "<｜tool▁call▁begin｜>",
        "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "```json\n", "```", "<|tool_call|>", "<|/tool_cal"
            + "l|>", "<|START_ACTION|>",
        "<|END_ACTION|>", "<|python_tag|>", "<think>", "</think>", " ", "\n", "<", "x", "好😀", "\"", "\\", "-1.5e+"
            + "3", "true", ";", "function",
    ];

    [Fact]
    public void Any_heap_of_pieces_gives_the_same_however_it_is_cut()
    {
        var random = new Random(17);
        for (var round = 0; round < Rounds; round++)
        {
            var answer = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ =>
                Pieces[random.Next(Pieces.Length)]));
            var format = new AnswerFormat(Styles[round % Styles.Length], round % 3 == 0
                ? new ReasoningTags("<think>", "</think>") : null);
            var whole = AnswerParserTests.Parse(format, "", [answer]);
            Assert.Equal(whole, AnswerParserTests.Parse(format, "", answer.Select(c => c.ToString())));
            Assert.Equal(whole, AnswerParserTests.Parse(format, "", Cut(answer, random)));
        }
    }

    [Fact]
    public void Without_a_call_every_character_comes_out_as_content()
    {
        var random = new Random(18);
        for (var round = 0; round < Rounds; round++)
        {
            // Without the word "name" there is no call object, and without these two no call of the other forms.
            var answer = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ =>
                Pieces[random.Next(Pieces.Length)])
                .Where(piece => !piece.Contains("name", StringComparison.Ordinal)));
            var deltas = new List<AnswerDelta>();
            var parser = new AnswerParser(new AnswerFormat(Styles[round % Styles.Length], null), "", withTools: true,
                () => "id");
            foreach (var piece in Cut(answer, random)) parser.Feed(piece, deltas);
            parser.Finish(deltas);
            if (deltas.Any(delta => delta is ToolCallBegin)) continue;
            Assert.Equal(answer, string.Concat(deltas.Cast<ContentDelta>().Select(delta => delta.Text)));
        }
    }

    [Fact]
    public void Arguments_are_never_cut_nor_dropped()
    {
        var random = new Random(19);
        for (var round = 0; round < Rounds; round++)
        {
            var style = Styles[round % Styles.Length];
            var arguments = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Value(random, 3)).ToArray();
            var answer = Answer(style, arguments, random);
            var deltas = new List<AnswerDelta>();
            var parser = new AnswerParser(new AnswerFormat(style, null), "", withTools: true, () => "id");
            foreach (var piece in Cut(answer, random)) parser.Feed(piece, deltas);
            parser.Finish(deltas);
            Assert.Equal(arguments.Length, deltas.Count(delta => delta is ToolCallBegin { Name: "f" }));
            for (var i = 0; i < arguments.Length; i++)
                Assert.Equal(arguments[i], string.Concat(deltas.OfType<ToolCallArguments>().Where(delta =>
                    delta.Index == i)
                    .Select(delta => delta.Fragment)));
            Assert.All(deltas.OfType<ToolCallEnd>(), end => Assert.True(end.IsComplete));
            Assert.DoesNotContain(deltas, delta => delta is ContentDelta);

            // An answer that stops early has a beginning of the same arguments.
            var stopped = new List<AnswerDelta>();
            parser = new AnswerParser(new AnswerFormat(style, null), "", withTools: true, () => "id");
            parser.Feed(answer.AsSpan(0, random.Next(answer.Length)), stopped);
            parser.Finish(stopped);
            for (var i = 0; i < arguments.Length; i++)
                Assert.StartsWith(string.Concat(stopped.OfType<ToolCallArguments>().Where(delta => delta.Index == i)
                    .Select(delta => delta.Fragment)), arguments[i], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_scanner_accepts_what_the_runtime_s_reader_accepts()
    {
        var random = new Random(20);
        string[] tokens = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u12aF\\n\"", "1", "-0", "0", "1.5", "2e9", "1"
            + "E-", ".", "true", "fals", "null", " ", "\n", "\"", "\\", "01", "-"];
        for (var round = 0; round < 40_000; round++)
        {
            var text = round % 4 == 0 ? Value(random, 3) : string.Concat(Enumerable.Range(0, random.Next(1,
                9)).Select(_ => tokens[random.Next(tokens.Length)]));
            // A value that something follows is the caller's matter.
            text = text.TrimEnd() + " ";
            var scanner = new JsonScanner();
            var result = JsonScanner.Result.More;
            var at = 0;
            while (at < text.Length && result == JsonScanner.Result.More) result = scanner.Feed(text[at++]);
            var whole = result == JsonScanner.Result.EndedBefore && at == text.Length
                || result == JsonScanner.Result.Ended && string.IsNullOrWhiteSpace(text[at..]);
            Assert.True(IsJson(text) == whole, $"{text} {result} {at}");
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Answer(ToolCallStyle style, string[] arguments, Random random)
    {
        var text = new StringBuilder();
        string Object(string a, string key) => random.Next(4) == 0 ? $"{{\"{key}\": {a},\n \"name\": \"f\"}}"
            : $"{{\"name\": \"f\", \"{key}\": {a}}}";
        var keyed = arguments.Select(a => Object(a, style is ToolCallStyle.LlamaJson or ToolCallStyle.InternLm2
            ? "parameters" : "arguments")).ToArray();
        switch (style)
        {
            case ToolCallStyle.Hermes: return string.Join('\n',
                keyed.Select(call => $"<tool_call>\n{call}\n</tool_call>"));
            case ToolCallStyle.InternLm2: return string.Concat(keyed.Select(call => $"<|action_start|><|plugin|"
                + $">\n{call}<|action_end|>"));
            case ToolCallStyle.LlamaJson: return string.Join("; ", keyed);
            case ToolCallStyle.Mistral when random.Next(2) == 0: return string.Concat(arguments.Select(a => $"[TOOL_"
                + $"CALLS]f[ARGS]{a}"));
            case ToolCallStyle.Mistral: return $"[TOOL_CALLS] [{string.Join(", ", keyed)}]";
            case ToolCallStyle.ToolCallList: return $"<|tool_call|>[{string.Join(',', keyed)}]";
            case ToolCallStyle.CommandR:
                var tools = arguments.Select(a => $"{{\"tool_name\": \"f\", \"parameters\": {a}}}");
                return $"<|START_ACTION|>[\n{string.Join(",\n", tools)}\n]<|END_ACTION|>";
            case ToolCallStyle.FunctionTag: return string.Concat(arguments.Select(a => $"<function=f>{a}</function>"));
            default:
                text.Append("<｜tool▁calls▁begin｜>");
                foreach (var a in arguments)
                    text.Append("<｜tool▁call▁begin｜>").Append(random.Next(2) == 0
                        ? $"function<｜tool▁sep｜>f\n```json\n{a}\n```" : $"f<｜tool▁sep｜>{a}")
                        .Append("<｜tool▁call▁end｜>");
                return text.Append("<｜tool▁calls▁end｜>").ToString();
        }
    }

    // An object with whatever may stand in arguments, the marks of calls included.
    private static string Value(Random random, int depth)
    {
        var value = new JsonObject();
        for (var i = random.Next(4); i > 0; i--) value[$"k{i}{Pieces[random.Next(Pieces.Length)]}"] = Node(random,
            depth);
        return value.ToJsonString(new JsonSerializerOptions
        {
            WriteIndented = random.Next(3) == 0,
            Encoder = random.Next(2) == 0 ? System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
                : null,
        });
    }

    private static JsonNode? Node(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => random.Next(-100, 100),
        1 => random.NextDouble() * 1e9,
        2 => random.Next(2) == 0,
        3 => null,
        4 => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pieces[random.Next(Pieces.Length)])),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Node(random, depth - 1))]),
        _ => JsonNode.Parse(Value(random, depth - 1)),
    };

    private static List<string> Cut(string text, Random random)
    {
        var pieces = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(random.Next(1, 12), text.Length - at);
            pieces.Add(text.Substring(at, length));
            at += length;
        }
        return pieces;
    }
}
