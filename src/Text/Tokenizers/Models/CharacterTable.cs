namespace Weir.Text.Tokenizers.Models;

/// <summary>A number for each character of the basic plane, in pages of which most are shared: a vocabulary uses few
/// blocks of Unicode.</summary>
internal sealed class CharacterTable
{
    public const int None = -1;

    private const int PageSize = 256;

    private static readonly int[] Empty = NewPage();

    private readonly int[][] _pages = new int[(char.MaxValue + 1) / PageSize][];

    public CharacterTable() => Array.Fill(_pages, Empty);

    public int this[char c]
    {
        get => _pages[c / PageSize][c % PageSize];
        set
        {
            ref var page = ref _pages[c / PageSize];
            if (page == Empty) page = NewPage();
            page[c % PageSize] = value;
        }
    }

    private static int[] NewPage()
    {
        var page = new int[PageSize];
        Array.Fill(page, None);
        return page;
    }
}
