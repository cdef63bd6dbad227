using Weir.Bench.Serving;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Serving;

public sealed class ChatEventTests
{
    [Theory]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"content":"a"}}]}""", true)]
    [InlineData("""data:{"choices":[{"index":0,"delta":{"reasoning_content":"a"}}]}""", true)]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}""", false)]
    [InlineData("""data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", false)]
    [InlineData("""data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}""", false)]
    public void Text_is_what_the_answer_gains(string line, bool expected)
    {
        var chat = ChatEvent.Parse(line);
        Assert.Equal(expected, chat!.Value.HasText);
        Assert.Null(chat.Value.GeneratedTokens);
    }

    [Fact]
    public void The_usage_may_come_without_a_choice()
    {
        var chat = ChatEvent.Parse(
            """data: {"choices":[],"usage":{"prompt_tokens":116,"completion_tokens":64,"total_tokens":180}}""");
        Assert.Equal(new ChatEvent(false, 116, 64), chat);
    }

    [Theory]
    [InlineData("")]
    [InlineData(": a comment")]
    [InlineData("event: message")]
    [InlineData("data: [DONE]")]
    [InlineData("data:")]
    public void Lines_that_say_nothing_are_passed_over(string line) => Assert.Null(ChatEvent.Parse(line));

    [Theory]
    [InlineData("data: {")]
    [InlineData("data: []")]
    [InlineData("""data: {"choices":1}""")]
    [InlineData("""data: {"usage":{}}""")]
    [InlineData("""data: {"error":{"message":"out of slots"}}""")]
    public void Errors_and_what_is_no_chat_end_the_measurement(string line) =>
        Assert.Throws<UserErrorException>(() => ChatEvent.Parse(line));
}
