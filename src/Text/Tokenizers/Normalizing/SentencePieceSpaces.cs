using System.Text;

namespace Weir.Text.Tokenizers.Normalizing;

/// <summary>SentencePiece's treatment of spaces: U+2581 for each, one before the text, and runs of them as one where
/// asked for.</summary>
/// <param name="AddsPrefix">Whether the text gets a space in front.</param>
/// <param name="RemovesExtra">Whether spaces at both ends go and inner runs become one.</param>
internal sealed record SentencePieceSpaces(bool AddsPrefix, bool RemovesExtra)
{
    public string Apply(string text)
    {
        var result = new StringBuilder(text.Length + 1);
        var inWord = false;
        var isFirst = true;
        foreach (var c in text)
        {
            if (c == ' ')
            {
                inWord = false;
                if (!RemovesExtra) result.Append('\u2581');
                continue;
            }
            if (!inWord && (RemovesExtra ? AddsPrefix || !isFirst : AddsPrefix && isFirst)) result.Append('\u2581');
            (inWord, isFirst) = (true, false);
            result.Append(c);
        }
        return result.ToString();
    }
}
