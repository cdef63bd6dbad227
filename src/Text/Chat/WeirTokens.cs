namespace Weir.Text.Chat;

/// <summary>The special tokens of Weir's own models. Their ids are their places in <see cref="All"/>.</summary>
public static class WeirTokens
{
    /// <summary>Between documents, and padding; id 0.</summary>
    public const string EndOfText = "<|endoftext|>";
    /// <summary>The end of an assistant's turn, which ends generation; id 1.</summary>
    public const string EndOfTurn = "<|end|>";
    /// <summary>Opens a system turn; id 2.</summary>
    public const string System = "<|system|>";
    /// <summary>Opens a user's turn; id 3.</summary>
    public const string User = "<|user|>";
    /// <summary>Opens an assistant's turn; id 4.</summary>
    public const string Assistant = "<|assistant|>";

    public const int EndOfTextId = 0, EndOfTurnId = 1, SystemId = 2, UserId = 3, AssistantId = 4;

    /// <summary>The five names in the order of their ids.</summary>
    public static IReadOnlyList<string> All { get; } = [EndOfText, EndOfTurn, System, User, Assistant];
}
