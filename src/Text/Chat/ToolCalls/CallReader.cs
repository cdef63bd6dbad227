using System.Text;
using System.Text.Json;

namespace Weir.Text.Chat.ToolCalls;

/// <summary>Reads calls from where they open. The steps of a style are written as if they read a text; each
/// <c>yield</c> takes <see cref="Next"/> and waits for the character after it.</summary>
internal abstract class CallReader
{
    private const int MostNameCharacters = 256;
    private readonly DeltaWriter _deltas;
    private readonly StringBuilder _raw = new();
    private readonly IEnumerator<bool> _steps;
    private bool _isNextUnread;

    protected CallReader(DeltaWriter deltas)
    {
        _deltas = deltas;
        _steps = Steps().GetEnumerator();
    }

    public enum Outcome
    {
        /// <summary>The character was taken.</summary>
        More,
        /// <summary>The character was the last of the calls.</summary>
        Done,
        /// <summary>The calls ended before the character.</summary>
        DoneBefore,
        /// <summary>No call after all: <see cref="Raw"/>, which ends with the character, is content.</summary>
        Malformed,
    }

    /// <summary>What was read since the opening mark, or since what has gone into deltas.</summary>
    public string Raw => _raw.ToString();

    /// <summary>Whether any call has begun, so that the opening mark is spent.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The character that is looked at.</summary>
    protected char Next { get; private set; }

    public Outcome Feed(char c)
    {
        Next = c;
        _raw.Append(c);
        try
        {
            if (_steps.MoveNext()) return Outcome.More;
        }
        catch (MalformedCallException)
        {
            return Outcome.Malformed;
        }
        return _isNextUnread ? Outcome.DoneBefore : Outcome.Done;
    }

    /// <summary>The steps; when they end, <see cref="Next"/> has been taken unless <see cref="Unread"/> was
    /// called.</summary>
    protected abstract IEnumerable<bool> Steps();

    protected void Unread() => _isNextUnread = true;

    protected static MalformedCallException Malformed() => new();

    /// <summary>All that was read is understood and will not be content.</summary>
    protected void Accept() => _raw.Clear();

    protected IEnumerable<bool> SkipSpace()
    {
        while (char.IsWhiteSpace(Next)) yield return true;
    }

    /// <summary>The text must follow; afterwards its last character is next.</summary>
    protected IEnumerable<bool> Expect(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Next != text[i]) throw Malformed();
            if (i < text.Length - 1) yield return true;
        }
    }

    /// <summary>A name up to a character that ends it, which is then next.</summary>
    protected IEnumerable<bool> ReadName(StringBuilder name, Func<char, bool> ends)
    {
        for (; !ends(Next); name.Append(Next))
        {
            if (name.Length == MostNameCharacters || char.IsControl(Next)) throw Malformed();
            yield return true;
        }
        if (name.Length == 0) throw Malformed();
    }

    /// <summary>An object that is a call's arguments, passed on as it comes; afterwards its brace is next.</summary>
    protected IEnumerable<bool> StreamArguments(string name, string? id)
    {
        if (Next != '{') throw Malformed();
        Begin(name, id);
        var scanner = new JsonScanner();
        while (true)
        {
            var result = scanner.Feed(Next);
            if (result == JsonScanner.Result.Invalid) throw Malformed();
            _deltas.Arguments([Next]);
            Accept();
            if (result == JsonScanner.Result.Ended) break;
            yield return true;
        }
        _deltas.End(isComplete: true);
    }

    /// <summary>A list of call objects; afterwards its bracket is next.</summary>
    protected IEnumerable<bool> ReadCallList()
    {
        foreach (var step in Expect("[")) yield return step;
        do
        {
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
            foreach (var step in ReadCall(needsArguments: false)) yield return step;
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
        }
        while (Next == ',');
        foreach (var step in Expect("]")) yield return step;
        Accept();
    }

    /// <summary>An object with the name of a tool and its arguments, in any order; afterwards its brace is
    /// next.</summary>
    protected IEnumerable<bool> ReadCall(bool needsArguments)
    {
        string? name = null, id = null, arguments = null;
        var ended = false;
        foreach (var step in Expect("{")) yield return step;
        do
        {
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
            if (Next == '}' && name is null && arguments is null) throw Malformed();
            var key = new StringBuilder();
            foreach (var step in ReadValue(key, onlyText: true)) yield return step;
            foreach (var step in SkipSpace()) yield return step;
            foreach (var step in Expect(":")) yield return step;
            yield return true;
            foreach (var step in SkipSpace()) yield return step;
            var value = new StringBuilder();
            switch (Decoded(key))
            {
                case "name" or "tool_name" when name is null:
                    foreach (var step in ReadValue(value, onlyText: true)) yield return step;
                    name = Decoded(value);
                    if (name.Length is 0 or > MostNameCharacters) throw Malformed();
                    break;
                case "arguments" or "parameters" when !ended && arguments is null:
                    if (name is not null && Next == '{')
                    {
                        foreach (var step in StreamArguments(name, id)) yield return step;
                        yield return true;
                        ended = true;
                        break;
                    }
                    foreach (var step in ReadValue(value, onlyText: false)) yield return step;
                    arguments = WholeArguments(value);
                    break;
                case "name" or "tool_name" or "arguments" or "parameters":
                    throw Malformed();
                case var other:
                    foreach (var step in ReadValue(value, onlyText: false)) yield return step;
                    if (other is "id" or "tool_call_id" && value[0] == '"') id = Decoded(value);
                    break;
            }
            foreach (var step in SkipSpace()) yield return step;
        }
        while (Next == ',');
        foreach (var step in Expect("}")) yield return step;
        if (name is null || !ended && arguments is null && needsArguments) throw Malformed();
        if (!ended)
        {
            Begin(name, id);
            _deltas.Arguments(arguments ?? "{}");
            _deltas.End(isComplete: true);
        }
        Accept();
    }

    private void Begin(string name, string? id)
    {
        HasBegun = true;
        _deltas.Begin(name, string.IsNullOrEmpty(id) ? null : id);
    }

    // A whole JSON value; afterwards the character behind it is next.
    private IEnumerable<bool> ReadValue(StringBuilder value, bool onlyText)
    {
        if (onlyText && Next != '"') throw Malformed();
        var scanner = new JsonScanner();
        while (true)
        {
            var result = scanner.Feed(Next);
            if (result == JsonScanner.Result.Invalid) throw Malformed();
            if (result == JsonScanner.Result.EndedBefore) yield break;
            value.Append(Next);
            yield return true;
            if (result == JsonScanner.Result.Ended) yield break;
        }
    }

    // Arguments that cannot be passed on as they come: the name follows later, or they are JSON within a text.
    private static string WholeArguments(StringBuilder value) => value[0] switch
    {
        '{' => value.ToString(),
        '"' => Decoded(value),
        'n' => "{}",
        _ => throw Malformed(),
    };

    private static string Decoded(StringBuilder value)
    {
        try
        {
            using var json = JsonDocument.Parse(value.ToString());
            return json.RootElement.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair passes the grammar.
            throw Malformed();
        }
    }
}

/// <summary>What opened as a call is none.</summary>
internal sealed class MalformedCallException : Exception;
