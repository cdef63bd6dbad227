using System.ClientModel;
using System.Diagnostics;
using OpenAI;
using OpenAI.Chat;

namespace Weir.Host.Quickstart;

/// <summary>A question that the quick start asked, with its answer and the request id that <c>weir trace</c>
/// takes.</summary>
internal sealed record AskedQuestion(string Question, string Answer, string RequestId, double Seconds);

/// <summary>Asks through <c>/v1</c> with the official OpenAI client: the last proof that what was built is an ordinary
/// model API.</summary>
internal static class Questions
{
    private static readonly string[] Texts = ["你好！", "What is 7 plus 8?", "Which is larger, 37 or 62?"];

    public static async Task<IReadOnlyList<AskedQuestion>> AskAsync(Uri address, string keyFile, string model,
        CancellationToken ct)
    {
        var key = (await File.ReadAllTextAsync(keyFile, ct)).Trim();
        var client = new ChatClient(model, new ApiKeyCredential(key),
            new OpenAIClientOptions { Endpoint = new Uri(address, "v1") });
        var asked = new List<AskedQuestion>();
        foreach (var text in Texts)
        {
            var clock = Stopwatch.StartNew();
            ChatCompletion completion = await client.CompleteChatAsync([new UserChatMessage(text)],
                new ChatCompletionOptions { MaxOutputTokenCount = 48, Temperature = 0 }, ct);
            var id = completion.Id.StartsWith("chatcmpl-", StringComparison.Ordinal)
                ? completion.Id["chatcmpl-".Length..] : completion.Id;
            asked.Add(new AskedQuestion(text, string.Concat(completion.Content.Select(c => c.Text)), id,
                clock.Elapsed.TotalSeconds));
        }
        return asked;
    }
}
