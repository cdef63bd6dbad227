using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;
using Weir.Inference.Models;
using Weir.Text.Chat;

namespace Weir.Inference.Tests.Models;

/// <summary>A model as a Hugging Face folder and as GGUF is the same model.</summary>
public sealed class ModelFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, int, int, int, int?, bool> Shapes => new()
    {
        { 64, 160, 4, 2, null, true }, { 48, 36, 6, 6, null, false }, { 60, 37, 6, 1, 14, true },
        { 32, 32, 2, 1, 2, false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Folder_and_gguf_give_the_same_logits(int hidden, int inner, int heads, int keyHeads, int? headSize,
        bool tied)
    {
        var config = RandomModel.SmallConfig with
        {
            HiddenSize = hidden, IntermediateSize = inner, HeadCount = heads, KeyValueHeadCount = keyHeads,
            HeadDimension = headSize, TiedEmbeddings = tied, RopeTheta = 12345, NormEpsilon = 2e-6,
        };
        var random = new RandomModel(config, seed: 3);
        random.WriteFolder(_folder.Path);
        var folder = LoadedModel.Load(_folder.Path);
        var tokens = DecoderTests.Tokens(config, 40, seed: 1);
        var expected = DecoderTests.Forward(random.Load(), tokens, chunk: 64);
        Assert.Equal(expected, DecoderTests.Forward(folder, tokens, chunk: 64));

        var path = _folder.File("model.gguf");
        Assert.Empty(random.WriteGguf(path, TensorType.F32));
        var gguf = LoadedModel.Load(path);
        Assert.Equal(folder.Config with
        {
            Architectures = gguf.Config.Architectures, NormEpsilon = gguf.Config.NormEpsilon,
            HeadDimension = config.HeadSize, BosTokenIds = gguf.Config.BosTokenIds,
        }, gguf.Config);
        Assert.Equal(folder.Tokenizer.TokenTexts, gguf.Tokenizer.TokenTexts);
        Assert.Equal(folder.Tokenizer.Merges, gguf.Tokenizer.Merges);
        Assert.Equal(folder.Tokenizer.SpecialTokens, gguf.Tokenizer.SpecialTokens);
        Assert.Equal(folder.EndTokens.Order(), gguf.EndTokens.Order());
        var found = DecoderTests.Forward(gguf, tokens, chunk: 64);
        // The file keeps epsilon as float32, as the decoder uses it.
        for (int t = 0; t < tokens.Length; t++) Assert.Equal(expected[t], found[t]);
    }

    [Theory]
    [InlineData(TensorType.F16, 0.002)]
    [InlineData(TensorType.Q8_0, 0.02)]
    public void Smaller_types_move_the_weights_a_little_and_say_what_they_cannot_hold(TensorType type, double most)
    {
        var config = RandomModel.SmallConfig with { IntermediateSize = 100 };
        var model = new RandomModel(config, seed: 4);
        var path = _folder.File("model.gguf");
        var exceptions = model.WriteGguf(path, type);
        Assert.Equal(type == TensorType.Q8_0 ? ["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"] : [], exceptions);
        using (var file = GgufFile.Open(path))
        {
            Assert.Equal(TensorType.F16, file.Tensors["blk.0.ffn_down.weight"].Type);
            Assert.Equal(type, file.Tensors["token_embd.weight"].Type);
            Assert.Equal(TensorType.F32, file.Tensors["blk.1.ffn_norm.weight"].Type);
            Assert.False(file.Tensors.ContainsKey("output.weight"));
            Assert.Equal(ChatTemplate.Jinja, file.Get<string>("tokenizer.chat_template"));
            Assert.Equal(1, file.GetInteger("tokenizer.ggml.eos_token_id"));
            Assert.False(file.Get<bool>("tokenizer.ggml.add_bos_token"));
        }
        var before = model[TensorRole.Gate, 1];
        var after = LoadedModel.Load(path).Weights.Layers[1].GateUp[0].ToRows();
        for (int i = 0; i < before.Length; i++) Assert.InRange(Math.Abs(before[i] - after[i]), 0, most * 0.8);
    }

    [Fact]
    public void More_embeddings_than_tokens_are_padding()
    {
        var config = RandomModel.SmallConfig with { VocabularySize = RandomModel.SmallConfig.VocabularySize + 12 };
        var path = _folder.File("model.gguf");
        new RandomModel(config, seed: 4).WriteGguf(path, TensorType.F32);
        var model = LoadedModel.Load(path);
        Assert.Equal(config.VocabularySize, model.Config.VocabularySize);
        const string text = "Anna counts 14 boats";
        Assert.Equal(TestTokenizer.Small.Encode(text), model.Tokenizer.Encode(text));
    }

    [Fact]
    public void A_model_keeps_its_own_chat_template_in_gguf_and_gets_none_that_it_has_not()
    {
        new RandomModel(RandomModel.SmallConfig, seed: 4).WriteFolder(_folder.Path);
        File.WriteAllText(_folder.File("chat_template.jinja"), "{{ bos_token }}{{ messages[0].content }}");
        Assert.Equal("{{ bos_token }}{{ messages[0].content }}", Converted()!.Templates[ChatTemplateSet.DefaultName]);
        Assert.Equal(WeirTokens.EndOfText, Converted()!.BosToken);

        File.Delete(_folder.File("chat_template.jinja"));
        Assert.Equal(ChatTemplate.Jinja, Converted()!.Templates[ChatTemplateSet.DefaultName]);

        File.Delete(_folder.File(TokenizerConfigFile.ConfigFileName));
        Assert.Null(Converted());

        ChatTemplateSet? Converted()
        {
            var path = _folder.File("own.gguf");
            using (var files = ModelFiles.Open(_folder.Path))
                new GgufExport(files, _ => TensorType.F16).Save("m", path);
            var found = LoadedModel.Load(path).Templates;
            File.Delete(path);
            return found;
        }
    }

    [Fact]
    public void What_is_missing_or_does_not_fit_is_a_message()
    {
        void Expect(string part) => Assert.Contains(part,
            Assert.Throws<UserErrorException>(() => LoadedModel.Load(_folder.Path)).Message);

        Assert.Throws<UserErrorException>(() => LoadedModel.Load(_folder.File("nothing")));
        Expect("config.json is missing");
        var random = new RandomModel(RandomModel.SmallConfig, seed: 1);
        random.WriteFolder(_folder.Path);
        LoadedModel.Load(_folder.Path);
        var config = File.ReadAllText(_folder.File("config.json"));
        File.WriteAllText(_folder.File("config.json"), "{}");
        Expect("not a model configuration");
        File.WriteAllText(_folder.File("config.json"), config.Replace("\"llama\"", "\"mamba\""));
        Expect("mamba");
        File.WriteAllText(_folder.File("config.json"), config.Replace("64", "128"));
        Expect("needs");
        File.WriteAllText(_folder.File("config.json"), config[..^2] + ""","rope_scaling":{"type":"linear"}}""");
        Expect("rope_scaling");
        File.WriteAllText(_folder.File("config.json"), config);
        File.WriteAllText(_folder.File("generation_config.json"), """{"eos_token_id": ["x"]}""");
        Expect("generation");
        File.WriteAllText(_folder.File("generation_config.json"), """{"eos_token_id": [1, 3]}""");
        Assert.Equal([0, 1, 3], LoadedModel.Load(_folder.Path).EndTokens.Order());
        File.Delete(_folder.File("tokenizer.json"));
        Expect("tokenizer");
        SafetensorsFile.Write(_folder.File("model.safetensors"), [new(TensorNames.FinalNorm, [64], new float[64])]);
        Expect("is missing");
        File.Delete(_folder.File("model.safetensors"));
        Expect("neither model.safetensors");
    }

    [Fact]
    public void A_gguf_of_another_kind_is_refused_and_says_why()
    {
        void Expect(string part, Action<GgufWriter> change)
        {
            var path = _folder.File("other.gguf");
            new RandomModel(RandomModel.SmallConfig, seed: 1).WriteGguf(path, TensorType.F32);
            GgufFixture.Rewrite(path, change);
            Assert.Contains(part, Assert.Throws<UserErrorException>(() => LoadedModel.Load(path)).Message);
        }
        Expect("'mamba'", w => w.Add("general.architecture", "mamba"));
        Expect("rotary", w => w.Add("llama.rope.dimension_count", 4u));
        Expect("factor is missing", w => w.Add("llama.rope.scaling.type", "yarn"));
        Expect("out of range", w => w.Add("llama.block_count", -1));
        Expect("llama.attention.head_count_kv", w => w.Add("llama.attention.head_count_kv", new[] { 2, 1 }));
        Expect("nobody-knows", w => w.Add("tokenizer.ggml.pre", "nobody-knows"));
        Expect("'tokenizer.ggml.token_type' has 2", w => w.Add("tokenizer.ggml.token_type", new[] { 1, 1 }));
        Expect("not a pair", w => w.Add("tokenizer.ggml.merges", new[] { "ab" }));
        Expect("blk.0.attn_k.bias", w => w.AddTensor("blk.0.attn_q.bias", TensorType.F32, [64], new float[64]));
        Expect("does not", w => w.Add("llama.block_count", 1u));
    }

    [Fact]
    public void Seeded_mutations_of_a_gguf_model_never_do_more_than_a_user_error()
    {
        var path = _folder.File("model.gguf");
        var config = RandomModel.SmallConfig with
        {
            HiddenSize = 8, IntermediateSize = 8, HeadCount = 2, LayerCount = 1,
        };
        new RandomModel(config, seed: 4).WriteGguf(path, TensorType.F32);
        var good = File.ReadAllBytes(path);
        int loaded = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])good.Clone();
            for (int i = random.Next(3); i >= 0; i--)
                // Half of the changes hit the sizes at the beginning, which mean the most.
                bytes[random.Next(random.Next(2) == 0 ? 900 : bytes.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0) bytes = bytes[..random.Next(bytes.Length)];
            File.WriteAllBytes(path, bytes);
            try
            {
                var model = LoadedModel.Load(path);
                var ids = model.Tokenizer.Encode("Anna counts.").Where(id => id < model.Config.VocabularySize);
                ModelRun.Greedy(model, [.. ids.Take(4)], 3);
                loaded++;
            }
            catch (UserErrorException)
            {
                // refused, as it should be
            }
            catch (ArgumentException e) when (e.Message.StartsWith("A segment", StringComparison.Ordinal))
            {
                // The context became smaller than what this test asks for; the engine checks that before.
            }
        }
        Assert.InRange(loaded, 100, 1400); // the mutations reach beyond the header, and they do damage
    }
}
