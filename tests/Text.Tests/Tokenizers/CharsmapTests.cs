using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Normalizing;

namespace Weir.Text.Tests.Tokenizers;

public sealed class CharsmapTests
{
    [Fact]
    public void The_longest_known_sequence_is_replaced()
    {
        var map = new Charsmap(CharsmapBuilder.Build(new Dictionary<string, string>
        {
            ["\uFF21"] = "A", ["\u200B"] = "", ["e"] = "E", ["e\u0301"] = "\u00E9", ["\U0001F600"] = ":)",
        }), "test");
        Assert.Equal("xA|\u00E9E:)水", map.Apply("x\uFF21\u200B|e\u0301e\U0001F600水"));
        Assert.Equal("", map.Apply(""));
        Assert.Equal("a\0b", map.Apply("a\0b"));
    }

    [Fact]
    public void A_damaged_map_is_refused_or_harmless()
    {
        var good = CharsmapBuilder.Build(new Dictionary<string, string> { ["\uFF21"] = "A", ["e\u0301"] = "\u00E9" });
        var random = new Random(95);
        var text = "x\uFF21e\u0301\uFF22水" + SampleTexts.AnyUtf16(random, 0);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = good[..(round % 3 == 0 ? random.Next(good.Length) : good.Length)];
            for (var change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Assert.InRange(new Charsmap(bytes, "test").Apply(text).Length, 0, text.Length * 256);
            }
            catch (UserErrorException e)
            {
                Assert.Contains("damaged", e.Message);
            }
        }
    }
}

/// <summary>Lays a map out as SentencePiece does: a trie as a double array, nodes placed where they fit
/// first.</summary>
internal static class CharsmapBuilder
{
    public static byte[] Build(IReadOnlyDictionary<string, string> map)
    {
        var units = new uint[1 << 13];
        var taken = new bool[units.Length];
        var replacements = new MemoryStream();
        taken[0] = true;
        Place(0, [.. map.Select(entry => (Encoding.UTF8.GetBytes(entry.Key), entry.Value))], 0);
        var bytes = new MemoryStream();
        bytes.Write(BitConverter.GetBytes((uint)units.Length * 4));
        foreach (var unit in units) bytes.Write(BitConverter.GetBytes(unit));
        bytes.Write(replacements.ToArray());
        return bytes.ToArray();

        void Place(int node, (byte[] Key, string Value)[] entries, int depth)
        {
            var labels = entries.Select(entry => depth < entry.Key.Length ? entry.Key[depth] : (byte)0).Distinct()
                .ToArray();
            var offset = Enumerable.Range(1, units.Length / 256).Select(i => i * 256 ^ node & 0xFF)
                .First(o => labels.All(label => !taken[node ^ o ^ label]));
            units[node] |= (uint)offset << 10;
            foreach (var label in labels) taken[node ^ offset ^ label] = true;
            foreach (var label in labels)
            {
                var child = node ^ offset ^ label;
                var below = entries.Where(entry =>
                    (depth < entry.Key.Length ? entry.Key[depth] : 0) == label).ToArray();
                if (label == 0)
                {
                    units[node] |= 1u << 8;
                    units[child] = (uint)replacements.Length | 1u << 31;
                    replacements.Write([.. Encoding.UTF8.GetBytes(below[0].Value), 0]);
                    continue;
                }
                units[child] |= label;
                Place(child, below, depth + 1);
            }
        }
    }
}
