using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>The way from text to ids.</summary>
// 1. Cut out the added tokens that are looked for in text as it stands.
// 2. Normalise each stretch between them, and cut out those that are looked for in normalised text.
// 3. Cut each stretch by the pre-tokenizers, one after the other.
// 4. Give each piece to the model.
internal sealed class TokenizerPipeline
{
    private readonly TokenizerParts _parts;
    private readonly SplitStep[] _steps;
    // By whether special tokens are recognised.
    private readonly AddedTokens _plain, _all, _plainNormalised, _allNormalised;

    public TokenizerPipeline(TokenizerParts parts)
    {
        _parts = parts;
        _steps = [.. parts.Steps];
        var inText = parts.AddedTokens.Where(token => !token.IsNormalised).ToArray();
        var inNormalised = parts.AddedTokens.Where(token => token.IsNormalised)
            .Select(token => token with { Text = parts.Normalizer.Apply(token.Text) }).ToArray();
        _all = new AddedTokens(inText);
        _plain = new AddedTokens(inText.Where(token => !token.IsSpecial));
        _allNormalised = new AddedTokens(inNormalised);
        _plainNormalised = new AddedTokens(inNormalised.Where(token => !token.IsSpecial));
    }

    public void Encode(ReadOnlySpan<char> text, List<int> into, bool recogniseSpecial)
    {
        var added = recogniseSpecial ? _all : _plain;
        var at = 0;
        while (!added.IsEmpty && added.Find(text, at, out var start, out var end) is { } token)
        {
            EncodeStretch(text[at..start], at == 0, into, recogniseSpecial);
            into.Add(token.Id);
            at = end;
        }
        EncodeStretch(text[at..], at == 0, into, recogniseSpecial);
    }

    private void EncodeStretch(ReadOnlySpan<char> stretch, bool atStart, List<int> into, bool recogniseSpecial)
    {
        if (stretch.IsEmpty) return;
        var text = _parts.Normalizer.Apply(stretch);
        var added = recogniseSpecial ? _allNormalised : _plainNormalised;
        var at = 0;
        while (!added.IsEmpty && added.Find(text, at, out var start, out var end) is { } token)
        {
            Cut(0, text[at..start], atStart && at == 0, into);
            into.Add(token.Id);
            at = end;
        }
        Cut(0, text[at..], atStart && at == 0, into);
    }

    private void Cut(int step, ReadOnlySpan<char> text, bool atStart, List<int> into)
    {
        if (text.IsEmpty) return;
        if (step == _steps.Length)
        {
            _parts.Model.Encode(text, into);
            return;
        }
        var cutter = _steps[step];
        if (cutter.Rewrite(text, atStart) is { } rewritten) text = rewritten;
        for (var start = 0; start < text.Length;)
        {
            var end = cutter.EndOfPiece(text, start, out var isDropped);
            if (!isDropped) Cut(step + 1, text[start..end], atStart && start == 0, into);
            start = end;
        }
    }
}
