namespace Weir.Text.Chat.ToolCalls;

/// <summary>Follows one JSON value character by character, by the grammar of RFC 8259, and knows where it
/// ends.</summary>
internal sealed class JsonScanner
{
    private const int MostDepth = 128;
    private readonly Stack<char> _open = new();
    private State _state = State.Value;
    private string _literal = "";
    private int _left;

    private enum State
    {
        Value, FirstItem, FirstKey, Key, Colon, AfterValue, Text, Escape, Hexadecimal, Literal,
        Minus, Zero, Digits, Point, Fraction, Exponent, ExponentSign, ExponentDigits, Ended,
    }

    /// <summary>What a character was to the value.</summary>
    public enum Result
    {
        /// <summary>Part of it; more must come.</summary>
        More,
        /// <summary>Its last character.</summary>
        Ended,
        /// <summary>Not part of it: it ended before, as only numbers do.</summary>
        EndedBefore,
        Invalid,
    }

    // Whether the string that is being read is a key.
    private bool _isKey;

    public Result Feed(char c)
    {
        if (IsNumber(_state))
        {
            if (Number(c)) return Result.More;
            if (_state is not (State.Zero or State.Digits or State.Fraction or State.ExponentDigits))
                return Result.Invalid;
            _state = _open.Count == 0 ? State.Ended : State.AfterValue;
            if (_state == State.Ended) return Result.EndedBefore;
        }
        return Structure(c) ? _state == State.Ended ? Result.Ended : Result.More : Result.Invalid;
    }

    private bool Structure(char c)
    {
        var space = c is ' ' or '\t' or '\n' or '\r';
        switch (_state)
        {
            case State.Value or State.FirstItem when space:
            case State.FirstKey or State.Key or State.Colon or State.AfterValue when space:
                return true;
            case State.FirstItem when c == ']':
            case State.FirstKey when c == '}':
                return Close(c);
            case State.Value or State.FirstItem:
                return Value(c);
            case State.FirstKey or State.Key:
                _isKey = true;
                return c == '"' && Go(State.Text);
            case State.Colon:
                return c == ':' && Go(State.Value);
            case State.AfterValue:
                return c != ',' ? Close(c) : Go(_open.Peek() == '{' ? State.Key : State.Value);
            case State.Text:
                if (c == '"') return _isKey ? Go(State.Colon) : EndValue();
                return c >= ' ' && (c != '\\' || Go(State.Escape));
            case State.Escape:
                _left = 4;
                return c == 'u' ? Go(State.Hexadecimal)
                    : c is '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't' && Go(State.Text);
            case State.Hexadecimal:
                return char.IsAsciiHexDigit(c) && (--_left > 0 || Go(State.Text));
            case State.Literal:
                return c == _literal[^_left] && (--_left > 0 || EndValue());
            default:
                return false;
        }
    }

    private bool Value(char c)
    {
        _isKey = false;
        switch (c)
        {
            case '"': return Go(State.Text);
            case '{' or '[':
                if (_open.Count == MostDepth) return false;
                _open.Push(c);
                return Go(c == '{' ? State.FirstKey : State.FirstItem);
            case '-': return Go(State.Minus);
            case '0': return Go(State.Zero);
            case >= '1' and <= '9': return Go(State.Digits);
            case 't' or 'f' or 'n':
                _literal = c switch { 't' => "true", 'f' => "false", _ => "null" };
                _left = _literal.Length - 1;
                return Go(State.Literal);
            default: return false;
        }
    }

    // Moves on where the character continues the number.
    private bool Number(char c) => (_state, c) switch
    {
        (State.Minus, '0') => Go(State.Zero),
        (State.Minus, >= '1' and <= '9') or (State.Digits, >= '0' and <= '9') => Go(State.Digits),
        (State.Zero or State.Digits, '.') => Go(State.Point),
        (State.Point or State.Fraction, >= '0' and <= '9') => Go(State.Fraction),
        (State.Zero or State.Digits or State.Fraction, 'e' or 'E') => Go(State.Exponent),
        (State.Exponent, '+' or '-') => Go(State.ExponentSign),
        (State.Exponent or State.ExponentSign or State.ExponentDigits, >= '0' and <= '9') => Go(State.ExponentDigits),
        _ => false,
    };

    private static bool IsNumber(State state) => state is >= State.Minus and <= State.ExponentDigits;

    private bool Close(char c) =>
        _open.TryPop(out var open) && c == (open == '{' ? '}' : ']') && EndValue();

    private bool EndValue() => Go(_open.Count == 0 ? State.Ended : State.AfterValue);

    private bool Go(State state)
    {
        _state = state;
        return true;
    }
}
