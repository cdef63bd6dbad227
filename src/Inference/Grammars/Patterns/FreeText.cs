using System.Text;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>Text up to a marker.</summary>
internal static class FreeText
{
    private const int MaximumMarkerBytes = 1_024;

    /// <summary>Any bytes in which the marker does not occur: the automaton of Knuth, Morris and Pratt without its last
    /// state. State i has read the marker's first i bytes last.</summary>
    /// <exception cref="UserErrorException">The marker is empty or too long.</exception>
    public static Expression Without(string marker)
    {
        var bytes = Encoding.UTF8.GetBytes(marker);
        if (bytes.Length is 0 or > MaximumMarkerBytes)
            throw new UserErrorException($"A marker has from 1 to {MaximumMarkerBytes} bytes; '{marker}' has "
                + $"{bytes.Length}.");
        var edges = new List<GraphEdge> { new(0, Expression.Empty, 2) };
        var next = new int[bytes.Length][];
        for (int i = 0, fallback = 0; i < bytes.Length; i++)
        {
            // On a byte that does not go on, the state is that of the longest shorter beginning that was read as well.
            next[i] = i == 0 ? new int[256] : [.. next[fallback]];
            if (i > 0) fallback = next[fallback][bytes[i]];
            next[i][bytes[i]] = i + 1;
            edges.Add(new(2 + i, Expression.Empty, 1));
            for (int low = 0, b = 1; b <= 256; b++)
            {
                if (b < 256 && next[i][b] == next[i][low]) continue;
                if (next[i][low] < bytes.Length)
                    edges.Add(new(2 + i, Expression.Bytes(new ByteRange((byte)low, (byte)(b - 1))), 2 + next[i][low]));
                low = b;
            }
        }
        return Expression.Optional(Expression.Graph(bytes.Length + 2, edges));
    }
}
