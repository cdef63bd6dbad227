namespace Weir.Text.Tokenizers.Models;

/// <summary>What turns a piece of text into ids. Safe for any number of threads.</summary>
internal interface ISubwordModel
{
    /// <summary>Appends the ids of well-formed text that is not empty.</summary>
    void Encode(ReadOnlySpan<char> piece, List<int> into);
}
