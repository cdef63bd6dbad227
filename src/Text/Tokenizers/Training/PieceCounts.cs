using System.Text;
using Weir.Text.Tokenizers.Splitting;
using Weir.Text.Unicode;

namespace Weir.Text.Tokenizers.Training;

/// <summary>The different pieces of the training text and how often each occurs, in the order in which they were first
/// seen (so that training does not depend on a hash).</summary>
internal sealed class PieceCounts(long maxBytes)
{
    /// <summary>Training cuts longer pieces (in UTF-16 units): a run of a million letters would be one piece, and every
    /// merge in it a walk over all of it. Tokens are far shorter.</summary>
    public const int MaxPieceLength = 64;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<int> _counts = [];

    /// <summary>UTF-8 bytes of text taken in.</summary>
    public long Bytes { get; private set; }

    /// <summary>UTF-8 bytes of the different pieces.</summary>
    public int DistinctBytes { get; private set; }

    public bool IsFull => Bytes >= maxBytes;

    public int Count => _counts.Count;

    /// <summary>The pieces by their place, with the number of times they occur.</summary>
    public IEnumerable<(string Piece, int Count)> All => _places.Select(piece => (piece.Key, _counts[piece.Value]));

    /// <summary>Takes the document in, up to the limit.</summary>
    public void Add(string document)
    {
        var text = UnicodeRepair.Normalise(UnicodeRepair.RepairSurrogates(document)).AsSpan();
        var places = _places.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var start = 0; start < text.Length && !IsFull;)
        {
            var end = PreTokenizer.EndOfPiece(text, start);
            while (start < end && !IsFull)
            {
                var cut = Math.Min(end, start + MaxPieceLength);
                if (cut < end && char.IsLowSurrogate(text[cut])) cut--;
                var piece = text[start..cut];
                var bytes = Encoding.UTF8.GetByteCount(piece);
                if (places.TryGetValue(piece, out var place))
                {
                    _counts[place]++;
                }
                else
                {
                    places[piece] = _counts.Count;
                    _counts.Add(1);
                    DistinctBytes += bytes;
                }
                Bytes += bytes;
                start = cut;
            }
        }
    }

    /// <summary>Lets the texts go when they are no longer needed.</summary>
    public void Clear()
    {
        _places.Clear();
        _places.TrimExcess();
    }
}
