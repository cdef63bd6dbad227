using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Weir.Gateway.Streaming;

namespace Weir.Gateway.Tests;

public sealed class SnifferTests
{
    private const string Request =
        """{"messages":[{"role":"user","content":"{\"model\":\"no\"}"}],"model":"m","stream":true,"""
        + """ "stream_options":{"include_usage":true,"x":[1,{}]},"n":1}""";

    [Theory]
    [InlineData("""{"model":"m","stream":true}""", true, false)]
    [InlineData("""{ "stream" : true , "model":"m" }  """, true, false)]
    [InlineData("""{"model":"m","stream":false,"stream_options":{"include_usage":true}}""", false, true)]
    [InlineData("""{"nested":{"model":"x","stream":true},"model":"m"}""", false, false)]
    [InlineData("""{"mod\u0065l":"m","stream":"true"}""", false, false)]
    [InlineData(Request, true, true)]
    public void A_request_is_read(string body, bool stream, bool usage)
    {
        var sniffed = RequestSniffer.Read(Encoding.UTF8.GetBytes(body));
        Assert.Equal(("m", stream, usage), (sniffed.Model, sniffed.Stream, sniffed.IncludeUsage));
    }

    [Theory]
    [InlineData("""{"stream":true}""")]
    [InlineData("""{"stream":true , "stream_options" : null , "b":2}""")]
    [InlineData(Request)]
    public void Usage_is_asked_for_and_nothing_else_changes(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var changed = JsonNode.Parse(RequestSniffer.WithUsage(bytes, RequestSniffer.Read(bytes)))!.AsObject();
        Assert.Equal("""{"include_usage":true,"continuous_usage_stats":true}""",
            changed["stream_options"]!.ToJsonString());
        var before = JsonNode.Parse(body)!.AsObject();
        before.Remove("stream_options");
        changed.Remove("stream_options");
        Assert.True(JsonNode.DeepEquals(before, changed));
    }

    [Theory]
    [InlineData("""{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}""")]
    [InlineData("""{"usage":{"a":{"b":1}},"choices":[{"finish_reason":"stop"}]}""")]
    [InlineData("""{ "usage" : {"prompt_tokens":1} , "choices":[{"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"finish_reason":"stop"}] , "usage" : null , "x":1}""")]
    public void Usage_can_be_cut_out_of_an_answer(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var sniffed = AnswerSniffer.Read(bytes);
        Assert.Equal("stop", sniffed.FinishReason);
        var cut = JsonNode.Parse((byte[])[.. bytes[..sniffed.UsageStart], .. bytes[sniffed.UsageEnd..]])!.AsObject();
        var expected = JsonNode.Parse(json)!.AsObject();
        expected.Remove("usage");
        Assert.True(JsonNode.DeepEquals(expected, cut));
    }

    [Fact]
    public void Broken_requests_are_refused_and_never_fail_otherwise() => Mutated(Request).Sample(bytes =>
    {
        try
        {
            var sniffed = RequestSniffer.Read(bytes);
            if (sniffed.Stream) using (JsonDocument.Parse(RequestSniffer.WithUsage(bytes, sniffed))) { }
        }
        catch (JsonException)
        {
            // refused
        }
    }, iter: 20_000);

    [Fact]
    public void Broken_answers_are_refused_and_never_fail_otherwise() =>
        Mutated(ScriptedEngine.Chunk("word", 3, "stop")).Sample(bytes =>
        {
            try
            {
                var sniffed = AnswerSniffer.Read(bytes);
                if (sniffed.UsageStart < 0) return;
                using (JsonDocument.Parse((byte[])[.. bytes[..sniffed.UsageStart], .. bytes[sniffed.UsageEnd..]])) { }
            }
            catch (JsonException)
            {
                // refused
            }
        }, iter: 20_000);

    /// <summary>The text with a few bytes replaced, removed or doubled.</summary>
    private static Gen<byte[]> Mutated(string text) =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, text.Length - 1], Gen.Byte).Array[1, 4].Select(edits =>
        {
            var bytes = Encoding.UTF8.GetBytes(text).ToList();
            foreach (var (kind, at, value) in edits)
            {
                int index = Math.Min(at, bytes.Count - 1);
                if (kind == 0) bytes[index] = value;
                else if (kind == 1) bytes.RemoveAt(index);
                else bytes.Insert(index, bytes[at % bytes.Count]);
            }
            return bytes.ToArray();
        });
}
