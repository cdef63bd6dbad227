using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Client;
using Weir.Formats.OpenAi;

namespace Weir.WebConsole.Playground;

/// <summary>A tool call as it comes together, and the result that somebody gives it.</summary>
public sealed class CalledTool(string id)
{
    public string Id => id;
    public string Name { get; set; } = "";
    public string Arguments { get; set; } = "";
    public string Result { get; set; } = "";
}

/// <summary>A question, or the results of tools, and what the model made of it.</summary>
public sealed class PlaygroundTurn(string model, string? question)
{
    public string Model => model;

    /// <summary>Null where tools' results were sent.</summary>
    public string? Question => question;

    public StringBuilder Answer { get; } = new();
    public StringBuilder Reasoning { get; } = new();
    public IList<CalledTool> Calls { get; } = [];
    public bool IsRunning { get; set; } = true;
    public bool IsStopped { get; set; }
    public string? Error { get; set; }
    public string? FinishReason { get; set; }
    public Usage? Usage { get; set; }
    public double? FirstTokenMs { get; set; }
    public double Seconds { get; set; }

    /// <summary>Below it, what is between the first event and the last says nothing: a fast engine sends many tokens in
    /// one event.</summary>
    private const double LeastSeconds = 0.1;

    /// <summary>Tokens a second after the first one came; null where there is too little to tell.</summary>
    public double? TokensPerSecond => Usage is { CompletionTokens: > 1 } usage && FirstTokenMs is { } first
        && Seconds - first / 1e3 >= LeastSeconds ? (usage.CompletionTokens - 1) / (Seconds - first / 1e3) : null;
}

/// <summary>A chat of many turns with one model at a time. It remembers what was said; an error leaves no trace in what
/// the model is told next.</summary>
public sealed class Conversation(WeirClient client, TimeProvider time)
{
    private readonly List<JsonObject> _messages = [];
    private readonly List<PlaygroundTurn> _turns = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<PlaygroundTurn> Turns => _turns;

    public bool IsRunning => _turns.Count > 0 && _turns[^1].IsRunning;

    /// <summary>The model waits for what its tools gave.</summary>
    public bool WaitsForTools => !IsRunning && _turns.Count > 0
        && _turns[^1] is { Error: null, IsStopped: false, Calls.Count: > 0 };

    public void Clear()
    {
        _messages.Clear();
        _turns.Clear();
    }

    /// <param name="model">As the platform serves it.</param>
    /// <param name="settings">How it is asked.</param>
    /// <param name="question">The user's text.</param>
    /// <param name="changed">Called whenever there is more to see.</param>
    /// <param name="ct">Stops the answer; what has come stays.</param>
    public Task AskAsync(string model, PlaygroundSettings settings, string question, Action changed,
        CancellationToken ct) => SendAsync(new PlaygroundTurn(model, question), settings,
            [new JsonObject { ["role"] = "user", ["content"] = question }], changed, ct);

    /// <summary>Sends the results of the calls of the last turn.</summary>
    public Task AnswerToolsAsync(string model, PlaygroundSettings settings, Action changed, CancellationToken ct) =>
        SendAsync(new PlaygroundTurn(model, null), settings, [.. _turns[^1].Calls.Select(call =>
            new JsonObject { ["role"] = "tool", ["tool_call_id"] = call.Id, ["content"] = call.Result })], changed, ct);

    private async Task SendAsync(PlaygroundTurn turn, PlaygroundSettings settings, List<JsonObject> added,
        Action changed, CancellationToken ct)
    {
        _turns.Add(turn);
        _messages.AddRange(added);
        var body = settings.Body(turn.Model, _messages);
        long began = time.GetTimestamp();
        try
        {
            await foreach (var delta in client.ChatAsync(body, ct))
            {
                Take(turn, delta, time.GetElapsedTime(began));
                changed();
            }
        }
        catch (WeirApiException e)
        {
            turn.Error = e.Message;
        }
        catch (OperationCanceledException)
        {
            turn.IsStopped = true;
        }
        finally
        {
            turn.Seconds = time.GetElapsedTime(began).TotalSeconds;
            turn.IsRunning = false;
        }
        if (turn.Error is not null) _messages.RemoveRange(_messages.Count - added.Count, added.Count);
        else _messages.Add(MessageOf(turn));
        changed();
    }

    private static void Take(PlaygroundTurn turn, ChatDelta delta, TimeSpan elapsed)
    {
        if (delta.Text.Length + delta.Reasoning.Length + delta.ToolCalls.Count > 0)
            turn.FirstTokenMs ??= elapsed.TotalMilliseconds;
        turn.Answer.Append(delta.Text);
        turn.Reasoning.Append(delta.Reasoning);
        turn.FinishReason = delta.FinishReason ?? turn.FinishReason;
        turn.Usage = delta.Usage ?? turn.Usage;
        foreach (var part in delta.ToolCalls)
        {
            if (part.Index >= turn.Calls.Count) turn.Calls.Add(new CalledTool(part.Id ?? $"call_{turn.Calls.Count}"));
            var call = turn.Calls[Math.Clamp(part.Index, 0, turn.Calls.Count - 1)];
            call.Name += part.Name;
            call.Arguments += part.Arguments;
        }
    }

    /// <summary>A stopped answer's calls are not whole, so only its text is kept.</summary>
    private static JsonObject MessageOf(PlaygroundTurn turn)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = turn.Answer.ToString() };
        if (turn.Calls.Count > 0 && !turn.IsStopped)
            message["tool_calls"] = new JsonArray([.. turn.Calls.Select(call => (JsonNode)new JsonObject
            {
                ["id"] = call.Id, ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
            })]);
        return message;
    }
}
