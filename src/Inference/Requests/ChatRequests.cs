using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Inference.Requests;

/// <summary><c>/v1/chat/completions</c>: messages in, answers out, whole or as a stream.</summary>
internal sealed class ChatRequests(string name, Engine engine, ChatPrompts prompts)
{
    /// <summary>What special tokens that mark calls and reasoning have in their names.</summary>
    private static readonly string[] MarkWords =
        ["tool", "python_tag", "action", "plugin", "think", "function", "args", "call_id"];
    private const string WholeKind = "chat.completion", ChunkKind = "chat.completion.chunk";

    private readonly Lazy<IReadOnlyDictionary<int, string>> _marks = new(() => engine.Model.Tokenizer.SpecialTokens
        .Where(t => !engine.Model.EndTokens.Contains(t.Value)
            && MarkWords.Any(word => t.Key.Contains(word, StringComparison.OrdinalIgnoreCase)))
        .ToDictionary(t => t.Value, t => t.Key));

    public async Task ServeAsync(HttpContext http, ChatRequest request)
    {
        RequestRules.Check(request);
        var answer = new AnswerContext(http, "chatcmpl-", request.StreamOptions);
        var model = engine.Model;
        var tools = ToolRequest.Of(request);
        var chat = prompts.Encode(request.Messages!.Value, tools.Tools, addGenerationPrompt: true,
            request.ChatTemplateKwargs);
        var choices = GenerationPlan.Of(request, chat.Ids,
            request.MaxCompletionTokens ?? request.MaxTokens ?? int.MaxValue, answer.Tenant, model);
        bool parsed = tools.Tools is not null || chat.Format.Reasoning is not null;
        var open = chat.Format.Reasoning is { } tags && chat.Text.AsSpan().TrimEnd().EndsWith(tags.Open) ? tags : null;
        var grammar = AnswerGrammar.Of(request, tools.MustCall ? tools.ToGrammar(chat.Format.Style) : null, open, model);
        for (int i = 0; i < choices.Length; i++)
            choices[i] = choices[i] with
            {
                Grammar = grammar, Scores = request.Logprobs == true ? request.TopLogprobs ?? 0 : null,
                ShownSpecials = parsed ? _marks.Value : null,
            };
        var (sequences, signal) = engine.Submit(answer.Ticket, chat.Ids, choices, answer.Aborted);
        ChatAnswer[] answers = [.. sequences.Select(s => new ChatAnswer(s, parsed
            ? new AnswerParser(chat.Format, chat.Text, tools.Tools is not null, NewCallId) : null))];
        if (request.Stream == true) await StreamAsync(answer, answers, signal);
        else await AnswerAsync(answer, answers, signal);
    }

    private async Task AnswerAsync(AnswerContext answer, ChatAnswer[] answers, AnswerSignal signal)
    {
        await AnswerReading.RunAsync([.. answers.Select(a => a.Sequence)], signal,
            (i, step) => answers[i].Push(step), () => ValueTask.CompletedTask, answer.Aborted);
        var choices = answers.Select((a, i) => new ChatChoice(i, a.ToMessage(), a.FinishReason!,
            LogprobsOf(a.Sequence, a.Scores)));
        var response = new ChatResponse(answer.Id, WholeKind, answer.Created, name, [.. choices],
            AnswerReading.UsageOf(answers.Select(a => a.Sequence)));
        await JsonAnswer.WriteAsync(answer.Http, 200, response, OpenAiJson.Wire.ChatResponse);
    }

    private async Task StreamAsync(AnswerContext answer, ChatAnswer[] answers, AnswerSignal signal)
    {
        using var stream = new EventStream(answer, ChunkKind, name);
        var sequences = answers.Select(a => a.Sequence).ToArray();
        int generated = 0;
        for (int i = 0; i < answers.Length; i++) Send(i, new Delta("assistant", ""), null, null);
        await stream.FlushAsync();
        await AnswerReading.RunAsync(sequences, signal, (i, step) =>
        {
            generated += step.Generated - answers[i].Generated;
            var scores = LogprobsOf(sequences[i], step.Scores);
            foreach (var delta in answers[i].Push(step))
            {
                Send(i, delta, null, scores);
                scores = null;
            }
            if (scores?.Content.Count > 0) Send(i, new Delta(Content: ""), null, scores);
            if (answers[i].FinishReason is { } reason) Send(i, new Delta(), reason, null);
        }, stream.FlushAsync, answer.Aborted);
        if (answer.IncludeUsage)
        {
            stream.Begin();
            stream.End(AnswerReading.UsageOf(sequences));
        }
        await stream.FinishAsync();

        void Send(int index, Delta delta, string? reason, ChatLogprobs? logprobs)
        {
            var json = stream.Begin();
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WritePropertyName("delta");
            JsonSerializer.Serialize(json, delta, OpenAiJson.Wire.Delta);
            if (logprobs is not null)
            {
                json.WritePropertyName("logprobs");
                JsonSerializer.Serialize(json, logprobs, OpenAiJson.Wire.ChatLogprobs);
            }
            json.WriteString("finish_reason", reason);
            json.WriteEndObject();
            stream.End(answer.Continuous ? AnswerReading.UsageOf(sequences, generated) : null);
        }
    }

    private static string NewCallId() => "call_" + Guid.NewGuid().ToString("N")[..24];

    private ChatLogprobs? LogprobsOf(Sequence sequence, IReadOnlyList<Sampling.TokenScore> scores) =>
        sequence.Options.Scores is null || (scores.Count == 0 && !sequence.HasEnded) ? null
            : LogprobForms.ToChat(scores, engine.Model.Tokenizer);
}
