using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;

namespace Weir.Inference.Requests;

/// <summary><c>/v1/completions</c>: a prompt in, its continuations out, whole or as a stream.</summary>
internal sealed class CompletionRequests(string name, Engine engine)
{
    /// <summary>What the protocol says where the request does not.</summary>
    private const int DefaultMaxTokens = 16;
    private const string Kind = "text_completion";

    public async Task ServeAsync(HttpContext http, CompletionRequest request)
    {
        RequestRules.Check(request);
        var answer = new AnswerContext(http, "cmpl-", request.StreamOptions);
        var model = engine.Model;
        var prompt = IdsOf(request.Prompt!, model);
        var choices = GenerationPlan.Of(request, prompt, request.MaxTokens ?? DefaultMaxTokens, answer.Tenant, model);
        var grammar = AnswerGrammar.Of(request, null, null, model);
        for (int i = 0; i < choices.Length; i++)
            choices[i] = choices[i] with
            {
                Scores = request.Logprobs, ScorePrompt = request is { Echo: true, Logprobs: not null },
                Grammar = grammar,
            };
        var (sequences, signal) = engine.Submit(answer.Ticket, prompt, choices, answer.Aborted);
        if (request.Stream == true) await StreamAsync(answer, sequences, signal);
        else await AnswerAsync(answer, sequences, signal, request, model);
    }

    private async Task AnswerAsync(AnswerContext answer, Sequence[] sequences, AnswerSignal signal,
        CompletionRequest request, ServedModel model)
    {
        var texts = sequences.Select(_ => new StringBuilder()).ToArray();
        var scores = sequences.Select(_ => new List<TokenScore>()).ToArray();
        var reasons = new string?[sequences.Length];
        await AnswerReading.RunAsync(sequences, signal, (i, step) =>
        {
            texts[i].Append(step.Text);
            scores[i].AddRange(step.Scores);
            reasons[i] = step.FinishReason ?? reasons[i];
        }, () => ValueTask.CompletedTask, answer.Aborted);
        var echo = request.Echo == true ? model.Tokenizer.Decode(sequences[0].Prompt, skipSpecial: false) : "";
        var choices = sequences.Select((_, i) => new CompletionChoice(i, echo + texts[i],
            request.Logprobs is { } top ? LogprobForms.ToList(scores[i], top, model.Tokenizer) : null, reasons[i]));
        await JsonAnswer.WriteAsync(answer.Http, 200, new CompletionResponse(answer.Id, Kind, answer.Created, name,
            [.. choices], AnswerReading.UsageOf(sequences)), OpenAiJson.Wire.CompletionResponse);
    }

    private async Task StreamAsync(AnswerContext answer, Sequence[] sequences, AnswerSignal signal)
    {
        using var stream = new EventStream(answer, Kind, name);
        var seen = new int[sequences.Length];
        int generated = 0;
        await AnswerReading.RunAsync(sequences, signal, (i, step) =>
        {
            generated += step.Generated - seen[i];
            seen[i] = step.Generated;
            WriteChoice(stream.Begin(), i, step);
            stream.End(answer.Continuous ? AnswerReading.UsageOf(sequences, generated) : null);
        }, stream.FlushAsync, answer.Aborted);
        if (answer.IncludeUsage)
        {
            stream.Begin();
            stream.End(AnswerReading.UsageOf(sequences));
        }
        await stream.FinishAsync();
    }

    private static void WriteChoice(Utf8JsonWriter json, int index, Step step)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("text", step.Text);
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", step.FinishReason);
        json.WriteEndObject();
    }

    private static int[] IdsOf(Prompt prompt, ServedModel model)
    {
        if (prompt.Text is not null) return TokenRequests.Encode(prompt.Text, model);
        GenerationPlan.CheckIds(prompt.Ids!, model.Tokenizer, "prompt");
        return [.. prompt.Ids!];
    }
}
