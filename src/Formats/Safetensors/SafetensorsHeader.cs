using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Weir.Formats.Quantization;

namespace Weir.Formats.Safetensors;

/// <summary>The JSON header of a safetensors file. The file is not trusted: lengths and offsets are compared with the
/// file's size, and products are made in 128 bits, before anything is allocated or used. What is wrong is thrown as
/// <see cref="InvalidDataException"/>.</summary>
internal sealed class SafetensorsHeader
{
    private const long MaxHeaderBytes = 100_000_000;
    private const int MaxDimensions = 8, MaxDepth = 4;
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Where the tensors' data begins in the file.</summary>
    public long DataStart { get; private init; }

    /// <summary>Reads the header from the beginning of a seekable stream.</summary>
    public static SafetensorsHeader Read(Stream stream)
    {
        Span<byte> lengthBytes = stackalloc byte[8];
        if (stream.ReadAtLeast(lengthBytes, 8, throwOnEndOfStream: false) < 8)
            throw Bad("it is shorter than its header");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length < 2 || length > MaxHeaderBytes || length > (ulong)Math.Max(0, stream.Length - 8))
            throw Bad("its header length is out of range");
        var json = new byte[length];
        stream.ReadExactly(json);
        if (json[0] != '{') throw Bad("its header does not begin with '{'");
        if (!Utf8.IsValid(json)) throw Bad("its header is no UTF-8");
        var header = new SafetensorsHeader { DataStart = 8 + (long)length };
        try
        {
            header.Parse(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("its header is not the JSON of the format", e);
        }
        header.CheckThatDataIsCovered(stream.Length - header.DataStart);
        return header;
    }

    private void Parse(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.StartObject);
            if (name != "__metadata__")
            {
                if (!_tensors.TryAdd(name, ParseTensor(ref reader, name)))
                    throw Bad($"tensor '{name}' stands there twice");
            }
            else if (!hasMetadata) ParseMetadata(ref reader);
            else throw Bad("its metadata stands there twice");
            hasMetadata |= name == "__metadata__";
        }
        reader.Read(); // throws where something other than white space follows
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String);
            if (!_metadata.TryAdd(key, reader.GetString()!)) throw Bad($"metadata '{key}' stands there twice");
        }
    }

    private static SafetensorsTensor ParseTensor(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (key == "dtype" && type is null) type = reader.GetString();
            else if (key == "shape" && shape is null) shape = Numbers(ref reader, MaxDimensions, name);
            else if (key == "data_offsets" && offsets is null) offsets = Numbers(ref reader, 2, name);
            else throw Bad($"tensor '{name}' has an unknown or doubled field '{key}'");
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Bad($"tensor '{name}' lacks its dtype, shape or two data_offsets");
        var layout = type switch
        {
            "F32" => BlockLayout.Of(TensorType.F32),
            "F16" => BlockLayout.Of(TensorType.F16),
            "BF16" => BlockLayout.Of(TensorType.BF16),
            _ => throw Bad($"tensor '{name}' has type {type}, and only F32, F16 and BF16 are read"),
        };
        Int128 bytes = layout.Bytes;
        foreach (var size in shape)
            if ((bytes *= size) > long.MaxValue) throw Bad($"tensor '{name}' is larger than any file");
        if (end < begin || end - begin != bytes)
            throw Bad($"tensor '{name}' has {end - begin} bytes, its shape calls for {bytes}");
        return new SafetensorsTensor(name, layout.Type, shape, begin, end - begin);
    }

    /// <summary>Whole numbers from 0 up.</summary>
    private static long[] Numbers(ref Utf8JsonReader reader, int most, string name)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!reader.TryGetInt64(out var number) || number < 0 || numbers.Count == most)
                throw Bad($"tensor '{name}' has a bad shape or offsets");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>Tensors follow each other without gap or overlap and fill the data: nothing is hidden in the file and
    /// nothing is read twice.</summary>
    private void CheckThatDataIsCovered(long dataBytes)
    {
        long end = 0;
        foreach (var tensor in _tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Bytes))
        {
            if (tensor.Offset > dataBytes - tensor.Bytes)
                throw Bad($"tensor '{tensor.Name}' points outside of the file (a truncated copy?)");
            if (tensor.Offset != end)
                throw Bad($"tensor '{tensor.Name}' lies over another, or a gap lies before it");
            end += tensor.Bytes;
        }
        if (end != dataBytes) throw Bad($"its tensors take {end} bytes of data, and it has {dataBytes}");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type) throw Bad($"its header has {reader.TokenType} in place of {type}");
    }

    private static InvalidDataException Bad(string what) => new(what);
}
