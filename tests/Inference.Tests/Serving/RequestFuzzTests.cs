using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Inference.Generation;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Batching;
using Weir.Inference.Tests.Generation;

namespace Weir.Inference.Tests.Serving;

/// <summary>Mutants of valid bodies get an answer or a 4xx, never a 500, and leave nothing running.</summary>
public sealed class RequestFuzzTests
{
    /// <summary>More for a long run: <c>WEIR_FUZZ_REQUESTS=20000</c>.</summary>
    private static readonly int Requests =
        int.TryParse(Environment.GetEnvironmentVariable("WEIR_FUZZ_REQUESTS"), out int count) ? count : 4000;

    private static readonly (string Path, string Body)[] Seeds =
    [
        ("/v1/chat/completions", """
            {"model":"m","messages":[{"role":"system","content":"a"},
             {"role":"user","content":[{"type":"text","text":"b"}]},
             {"role":"assistant","content":"c"},{"role":"user","content":"d"}],"temperature":0.7,"top_p":0.9,"top_k":5,
             "min_p":0.05,"seed":7,"stop":["x","yy"],"max_tokens":3,"n":2,"presence_penalty":0.5,
             "frequency_penalty":0.1,"repetition_penalty":1.1,"logit_bias":{"7":1.5},"logprobs":true,"top_logprobs":2,
             "stream":false}
            """),
        ("/v1/chat/completions", """
            {"messages":[{"role":"user","content":"b"}],"stream":true,"stream_options":{"include_usage":true,
             "continuous_usage_stats":true},"max_completion_tokens":3,"response_format":{"type":"json_schema",
             "json_schema":{"name":"s","schema":{"type":"object","properties":{"a":{"type":"integer"}},
             "required":["a"]}}}}
            """),
        ("/v1/chat/completions", """
            {"messages":[{"role":"user","content":"b"}],"max_tokens":2,"tools":[{"type":"function","function":
             {"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto","parallel_tool_calls":true}
            """),
        ("/v1/completions", """
            {"prompt":[7,8,9,10],"max_tokens":3,"echo":true,"logprobs":2,"guided_regex":"[a-z]{1,4}","temperature":0}
            """),
        ("/v1/completions", """{"prompt":"the river","max_tokens":3,"stream":true,"best_of":1,"suffix":""}"""),
        ("/v1/embeddings", """{"input":["a","b"],"encoding_format":"base64","dimensions":4,"pooling":"mean"}"""),
        ("/tokenize", """{"messages":[{"role":"user","content":"x"}],"add_generation_prompt":true}"""),
        ("/detokenize", """{"tokens":[1,2,300]}"""),
    ];

    [Fact]
    public async Task No_body_makes_the_engine_fail()
    {
        await using var server = await EngineServer.StartAsync(new EngineOptions { ListenOn = "127.0.0.1:0" },
            TestContext.Current.CancellationToken);
        server.Serve(new ServedModel(new HashRunner(TestTokenizer.Small.VocabularySize, 128, 256, 256),
            TestTokenizer.Small, LoopUnderTest.Ends, "fuzz"));
        using var http = TestClient.For(server);
        var seen = new int[8];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (i, ct) =>
        {
            var random = new Random(i);
            var (path, body) = Seeds[random.Next(Seeds.Length)];
            var mutant = random.Next(10) == 0 ? Scramble(body, random) : Mutate(body, random);
            using var content = new ByteArrayContent(mutant);
            using var response = await http.PostAsync(path, content, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            Assert.True(response.StatusCode is HttpStatusCode.OK or >= (HttpStatusCode)400 and < (HttpStatusCode)500,
                $"{i}: {response.StatusCode} for {Encoding.UTF8.GetString(mutant)}: {text}");
            if (response.StatusCode != HttpStatusCode.OK) Assert.NotNull(JsonNode.Parse(text)!["error"]!["message"]);
            Interlocked.Increment(ref seen[(int)response.StatusCode / 100]);
        });
        Assert.True(seen[2] > Requests / 20 && seen[4] > Requests / 5, $"{seen[2]} answers, {seen[4]} refusals");
        while (server.Stats.Running + server.Stats.Waiting > 0) await Task.Delay(5, CancellationToken.None);
        Assert.Equal(0, server.Stats.KvBlocksUsed);
    }

    private static byte[] Scramble(string body, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        for (int i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes[..random.Next(bytes.Length / 2, bytes.Length)];
    }

    private static byte[] Mutate(string body, Random random)
    {
        var root = JsonNode.Parse(body)!;
        for (int i = random.Next(1, 3); i > 0; i--)
        {
            var places = Places(root).ToList();
            if (places.Count == 0) break;
            var place = places[random.Next(places.Count)];
            var value = Value(random, places);
            if (place.Parent is JsonObject parent)
            {
                var name = place.GetPropertyName();
                if (random.Next(5) == 0) parent.Remove(name);
                else parent[name] = value;
            }
            else if (place.Parent is JsonArray list)
            {
                int at = list.IndexOf(place);
                if (random.Next(4) == 0) list.Insert(at, value);
                else list[at] = value;
            }
        }
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static JsonNode? Value(Random random, List<JsonNode> places) => random.Next(14) switch
    {
        0 => null,
        1 => random.Next(-3, 5),
        2 => long.MinValue,
        3 => 1e308,
        4 => "",
        5 => new string('河', random.Next(1, 400)),
        6 => new JsonArray(),
        7 => new JsonObject(),
        8 => random.Next(2) == 0,
        9 => "\ufffe\0<|end|>",
        10 => new JsonArray(1, "a", null),
        11 => new JsonObject { ["type"] = "json_object" },
        12 => 0.5,
        _ => places[random.Next(places.Count)].DeepClone(),
    };

    private static IEnumerable<JsonNode> Places(JsonNode node)
    {
        var children = node switch
        {
            JsonObject o => o.Select(p => p.Value),
            JsonArray a => a,
            _ => [],
        };
        foreach (var child in children)
        {
            if (child is null) continue;
            yield return child;
            foreach (var inner in Places(child)) yield return inner;
        }
    }
}
