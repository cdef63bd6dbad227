using System.Buffers.Binary;
using System.Text;

namespace Weir.Formats.Fuzzing;

/// <summary>A small safetensors file with a few things wrong, in the JSON's members as well as in its bytes.</summary>
internal static class SafetensorsMutant
{
    private static readonly (string Type, int Width)[] Types = [("F32", 4), ("F16", 2), ("BF16", 2)];

    private static readonly string[] Oddities =
    [
        "null", "true", "0", "-1", "1e3", "1.5", "4611686018427387904", "9223372036854775807", "18446744073709551616",
        "1e999", "\"\"", "\"F32\"", "\"I64\"", "\"BF16\"", "[]", "[0]", "[0,0]", "[0,8]", "[8,0]", "[-4,4]",
        "[4294967296,4294967296]", "[9223372036854775807,2]", "[0,9223372036854775807]", "[1,1,1,1,1,1,1,1,1]", "{}",
        "{\"a\":\"b\"}", "[[[[[[]]]]]]", "\"\\ud800\"", "\"\\u0000\"",
    ];

    public static byte[] Make(Random random)
    {
        var members = new List<(string Name, List<(string Key, string Value)> Fields)>
        {
            ("__metadata__", [("format", "\"pt\""), ("河", "\"水\"")]),
        };
        int begin = 0;
        for (int i = 1 + random.Next(5); i > 0; i--)
        {
            var (type, width) = Types[random.Next(Types.Length)];
            int rows = random.Next(4), columns = 1 + random.Next(5), end = begin + rows * columns * width;
            members.Add(($"model.layers.{i}.weight", [("dtype", $"\"{type}\""), ("shape", $"[{rows},{columns}]"),
                ("data_offsets", $"[{begin},{end}]")]));
            begin = end;
        }
        int changes = random.Next(8) == 0 ? 0 : 1 + random.Next(2), damages = 0;
        for (int i = 0; i < changes; i++)
        {
            if (random.Next(4) > 0) Change(members, random);
            else damages++;
        }
        var text = "{" + string.Join(',', members.Select(m => $"\"{m.Name}\":{{"
            + string.Join(',', m.Fields.Select(f => $"\"{f.Key}\":{f.Value}")) + "}")) + "}";
        text += new string(' ', random.Next(9));
        var header = Encoding.UTF8.GetBytes(text);
        var file = new byte[8 + header.Length + begin];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < damages; i++) file = DamageFile(file, random);
        return file;
    }

    // A member is lost, doubled or renamed; a field is lost, doubled, renamed or given an odd value.
    private static void Change(List<(string Name, List<(string Key, string Value)> Fields)> members, Random random)
    {
        if (members.Count == 0) return;
        int at = random.Next(members.Count);
        var (name, fields) = members[at];
        int field = random.Next(Math.Max(1, fields.Count));
        switch (random.Next(7))
        {
            case 0: members.RemoveAt(at); break;
            case 1: members.Insert(random.Next(members.Count), (name, [.. fields])); break;
            case 2: members[at] = (members[random.Next(members.Count)].Name, fields); break;
            case 3 when fields.Count > 0: fields.RemoveAt(field); break;
            case 4 when fields.Count > 0: fields.Add(fields[field]); break;
            case 5 when fields.Count > 0: fields[field] = ("shape", fields[field].Value); break;
            default:
                var value = Oddities[random.Next(Oddities.Length)];
                if (fields.Count > 0) fields[field] = (fields[field].Key, value);
                break;
        }
    }

    private static byte[] DamageFile(byte[] file, Random random)
    {
        if (file.Length < 9 || random.Next(2) == 0) return Damage.Of(file, random);
        long length = random.Next(3) switch
        {
            0 => BinaryPrimitives.ReadInt64LittleEndian(file) + random.Next(-3, 4),
            1 => random.NextInt64() >> random.Next(63),
            _ => -1,
        };
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        return file;
    }
}
