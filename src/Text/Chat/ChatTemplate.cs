using System.Text;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Text.Tokenizers;

namespace Weir.Text.Chat;

/// <summary>How a conversation becomes one sequence: each turn opens with its role's special token, and an assistant's
/// turn closes with <c>&lt;|end|&gt;</c>. There is no token before the first turn.</summary>
public static class ChatTemplate
{
    /// <summary>The same as a Jinja template, for <c>tokenizer_config.json</c> and the GGUF key
    /// <c>tokenizer.chat_template</c>.</summary>
    public const string Jinja =
        "{% for message in messages %}{% if message['role'] == 'assistant' %}"
        + "{{ '<|assistant|>' + message['content'] + '<|end|>' }}{% else %}"
        + "{{ '<|' + message['role'] + '|>' + message['content'] }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    /// <summary>The conversation as text, to look at. To generate from it use <see cref="Encode"/>: text cannot tell a
    /// special token from a user who writes one.</summary>
    /// <exception cref="UserErrorException">A role is none of system, user and assistant.</exception>
    public static string Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        var text = new StringBuilder();
        foreach (var turn in turns)
        {
            text.Append(RoleToken(turn.Role)).Append(turn.Content);
            if (turn.Role == AssistantRole) text.Append(WeirTokens.EndOfTurn);
        }
        if (addGenerationPrompt) text.Append(WeirTokens.Assistant);
        return text.ToString();
    }

    /// <summary>The conversation as ids, with the places that fine-tuning learns from. Contents are encoded as plain
    /// text, so that no content can open or close a turn.</summary>
    /// <param name="tokenizer">Must have the special tokens of <see cref="WeirTokens"/>.</param>
    /// <param name="turns">The turns in order.</param>
    /// <param name="addGenerationPrompt">Whether the sequence ends with the token that opens an assistant's
    /// turn.</param>
    /// <exception cref="UserErrorException">A role is unknown, or the tokenizer lacks a special token.</exception>
    public static ChatTokens Encode(Tokenizer tokenizer, IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        var ids = new List<int>();
        var supervised = new List<byte>();
        foreach (var turn in turns)
        {
            Add(WeirIdOf(tokenizer, RoleToken(turn.Role)), 0);
            var mark = turn.Role == AssistantRole ? (byte)1 : (byte)0;
            tokenizer.Encode(turn.Content, ids);
            while (supervised.Count < ids.Count) supervised.Add(mark);
            if (turn.Role == AssistantRole) Add(WeirIdOf(tokenizer, WeirTokens.EndOfTurn), 1);
        }
        if (addGenerationPrompt) Add(WeirIdOf(tokenizer, WeirTokens.Assistant), 0);
        return new ChatTokens([.. ids], [.. supervised]);

        void Add(int id, byte mark)
        {
            ids.Add(id);
            supervised.Add(mark);
        }
    }

    private const string AssistantRole = "assistant";

    private static string RoleToken(string role) => role switch
    {
        "system" => WeirTokens.System,
        "user" => WeirTokens.User,
        AssistantRole => WeirTokens.Assistant,
        _ => throw new UserErrorException($"The role '{role}' is unknown. Use system, user or assistant."),
    };

    private static int WeirIdOf(Tokenizer tokenizer, string special) => tokenizer.IdOf(special)
        ?? throw new UserErrorException(
            $"The tokenizer has no special token '{special}', so it is not one for Weir's chat template.");
}

/// <summary>A conversation as ids.</summary>
/// <param name="Ids">Token ids in order.</param>
/// <param name="Supervised">As long as <paramref name="Ids"/>: 1 on an assistant's content and the <c>&lt;|end|&gt;</c>
/// after it, 0 on everything else, role tokens included.</param>
public sealed record ChatTokens(int[] Ids, byte[] Supervised);
