using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;

namespace Weir.Inference.Requests;

/// <summary><c>/v1/chat/completions</c>: messages in, answers out, whole or as a stream.</summary>
internal sealed class ChatRequests(string name, Engine engine, ChatPrompts prompts)
{
    private const string WholeKind = "chat.completion", ChunkKind = "chat.completion.chunk";

    public async Task ServeAsync(HttpContext http, ChatRequest request)
    {
        RequestRules.Check(request);
        var answer = new AnswerContext(http, "chatcmpl-", request.StreamOptions);
        var model = engine.Model;
        var prompt = prompts.Encode(request.Messages!.Value, addGenerationPrompt: true);
        var choices = GenerationPlan.Of(request, prompt,
            request.MaxCompletionTokens ?? request.MaxTokens ?? int.MaxValue, answer.Tenant, model);
        if (request.Logprobs == true)
            for (int i = 0; i < choices.Length; i++) choices[i] = choices[i] with { Scores = request.TopLogprobs ?? 0 };
        var (sequences, signal) = engine.Submit(answer.Ticket, prompt, choices, answer.Aborted);
        ChatAnswer[] answers = [.. sequences.Select(s => new ChatAnswer(s))];
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
            var delta = answers[i].Push(step);
            var scores = LogprobsOf(sequences[i], step.Scores);
            if (delta is not null || scores is not null) Send(i, delta ?? new Delta(Content: ""), null, scores);
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

    private ChatLogprobs? LogprobsOf(Sequence sequence, IReadOnlyList<Sampling.TokenScore> scores) =>
        sequence.Options.Scores is null || (scores.Count == 0 && !sequence.HasEnded) ? null
            : LogprobForms.ToChat(scores, engine.Model.Tokenizer);
}
