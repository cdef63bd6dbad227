using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>Sets of characters as languages over UTF-8 bytes.</summary>
internal static class Utf8Characters
{
    // The largest scalar value of each length.
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    /// <summary>One character of the set.</summary>
    public static Expression OneOf(CodePointSet set)
    {
        var sequences = new List<ByteRange[]>();
        foreach (var (low, high) in set.Ranges)
        {
            int from = low;
            foreach (int last in LastOfLength)
            {
                if (from > high) break;
                if (from > last) continue;
                int to = Math.Min(high, last);
                Split(from, to, sequences);
                from = to + 1;
            }
        }
        return Tree(sequences, 0, sequences.Count, 0);
    }

    // Both ends have the same length. A range is one sequence of byte ranges where every byte after the first that
    // differs takes all its values; otherwise its ends are cut off until that is so.
    private static void Split(int low, int high, List<ByteRange[]> sequences)
    {
        int length = Encode(low).Length;
        for (int rest = 1; rest < length; rest++)
        {
            int mask = (1 << (6 * rest)) - 1;
            if ((low & ~mask) == (high & ~mask)) continue;
            if ((low & mask) != 0)
            {
                Split(low, low | mask, sequences);
                Split((low | mask) + 1, high, sequences);
                return;
            }
            if ((high & mask) != mask)
            {
                Split(low, (high & ~mask) - 1, sequences);
                Split(high & ~mask, high, sequences);
                return;
            }
        }
        var (first, last) = (Encode(low), Encode(high));
        sequences.Add([.. first.Zip(last, (a, b) => new ByteRange(a, b))]);
    }

    // Sequences that begin with the same range stand beside each other; those that do not have no first byte in common.
    private static Expression Tree(List<ByteRange[]> sequences, int from, int to, int at)
    {
        var ends = new List<ByteRange>();
        var branches = new List<Expression>();
        for (int i = from; i < to;)
        {
            int next = i + 1;
            while (next < to && sequences[next][at] == sequences[i][at]) next++;
            if (at == sequences[i].Length - 1) ends.Add(sequences[i][at]);
            else
                branches.Add(Expression.Sequence(Expression.Bytes(sequences[i][at]),
                    Tree(sequences, i, next, at + 1)));
            i = next;
        }
        if (ends.Count > 0) branches.Add(Expression.Bytes([.. ends]));
        return branches.Count == 1 ? branches[0] : Expression.Choice(branches);
    }

    private static byte[] Encode(int c) => c switch
    {
        < 0x80 => [(byte)c],
        < 0x800 => [(byte)(0xC0 | (c >> 6)), Tail(c, 0)],
        < 0x10000 => [(byte)(0xE0 | (c >> 12)), Tail(c, 6), Tail(c, 0)],
        _ => [(byte)(0xF0 | (c >> 18)), Tail(c, 12), Tail(c, 6), Tail(c, 0)],
    };

    private static byte Tail(int c, int shift) => (byte)(0x80 | ((c >> shift) & 0x3F));
}
