using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Models;

/// <summary>A real, trained model (llama2.c's stories260K) tells the story that its authors published.</summary>
public sealed class Stories260KTests
{
    private const int BeginningOfText = 1;

    [Fact]
    public void Its_greedy_story_is_the_published_one()
    {
        var golden = File.ReadAllText(Places.SharedData("stories260K/golden_greedy_256.txt")).TrimEnd('\n');
        var model = Read(Places.SharedData("stories260K/stories260K.bin")).Load();
        var pieces = Pieces(Places.SharedData("stories260K/tok512.bin"), model.Config.VocabularySize);
        var ids = ModelRun.Greedy(model, [BeginningOfText], steps: 256);
        Assert.Equal(golden, Text(ids, pieces).TrimEnd('\n'));
    }

    [Fact]
    public void Through_a_gguf_file_its_story_is_the_same()
    {
        using var folder = new TemporaryFolder();
        var stories = Read(Places.SharedData("stories260K/stories260K.bin"));
        var path = folder.File("stories.gguf");
        stories.WriteGguf(path, TensorType.F32, "stories260K");
        Assert.Equal(ModelRun.Greedy(stories.Load(), [BeginningOfText], 200),
            ModelRun.Greedy(LoadedModel.Load(path), [BeginningOfText], 200));
    }

    /// <summary>Seven int32 sizes, then float32 weights by kind, layer after layer. llama2.c turns neighbouring
    /// dimensions; rows of queries and keys are put into the order that Hugging Face turns.</summary>
    internal static RandomModel Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var sizes = Enumerable.Range(0, 7)
            .Select(i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * i))).ToArray();
        var config = new ModelConfig
        {
            HiddenSize = sizes[0], IntermediateSize = sizes[1], LayerCount = sizes[2], HeadCount = sizes[3],
            KeyValueHeadCount = sizes[4], VocabularySize = Math.Abs(sizes[5]), ContextLength = sizes[6],
            NormEpsilon = 1e-5,
        };
        int hidden = config.HiddenSize, inner = config.IntermediateSize;
        int keys = config.KeyValueHeadCount * config.HeadSize;
        var floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(28)).ToArray();
        int at = 0;
        var tensors = new Dictionary<(TensorRole, int), float[]>();
        Take(TensorRole.Embedding, 1, [config.VocabularySize, hidden]);
        Take(TensorRole.InputNorm, config.LayerCount, [hidden]);
        Take(TensorRole.Query, config.LayerCount, [hidden, hidden], pairs: true);
        Take(TensorRole.Key, config.LayerCount, [keys, hidden], pairs: true);
        Take(TensorRole.Value, config.LayerCount, [keys, hidden]);
        Take(TensorRole.Output, config.LayerCount, [hidden, hidden]);
        Take(TensorRole.FeedForwardNorm, config.LayerCount, [hidden]);
        Take(TensorRole.Gate, config.LayerCount, [inner, hidden]);
        Take(TensorRole.Down, config.LayerCount, [hidden, inner]);
        Take(TensorRole.Up, config.LayerCount, [inner, hidden]);
        Take(TensorRole.FinalNorm, 1, [hidden]);
        return RandomModel.Of(config, tensors);

        void Take(TensorRole role, int layers, long[] shape, bool pairs = false)
        {
            int count = (int)shape.Aggregate(1L, (a, b) => a * b);
            for (int l = 0; l < layers; l++, at += count)
            {
                var data = floats[at..(at + count)];
                tensors[(role, l)] = pairs ? Halves(data, config.HeadSize, hidden) : data;
            }
        }
    }

    private static float[] Halves(float[] pairs, int size, int columns)
    {
        var halves = new float[pairs.Length];
        for (int row = 0; row < pairs.Length / columns; row++)
        {
            int within = row % size, to = row - within + within / 2 + within % 2 * (size / 2);
            pairs.AsSpan(row * columns, columns).CopyTo(halves.AsSpan(to * columns));
        }
        return halves;
    }

    /// <summary>int32 longest piece, then for each token float32 score, int32 length, bytes.</summary>
    private static byte[][] Pieces(string path, int count)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadInt32();
        var pieces = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            reader.ReadSingle();
            pieces[i] = reader.ReadBytes(reader.ReadInt32());
        }
        return pieces;
    }

    private static string Text(int[] ids, byte[][] pieces)
    {
        var bytes = new List<byte>();
        bool first = true;
        foreach (var id in ids)
        {
            if (id == BeginningOfText) break;
            var piece = Encoding.UTF8.GetString(pieces[id]);
            if (first) piece = piece.TrimStart(' '); // the space that SentencePiece puts before a text
            first = false;
            if (piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal))
                bytes.Add(Convert.ToByte(piece[3..5], 16));
            else bytes.AddRange(Encoding.UTF8.GetBytes(piece));
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
