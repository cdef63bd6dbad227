using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;

namespace Weir.Inference.Requests;

/// <summary><c>/v1/embeddings</c>: the final hidden states of each input, pooled into one vector of unit length.</summary>
internal sealed class EmbeddingRequests(string name, Engine engine)
{
    public const int MaxInputs = 256;
    private const string InputRule = "must be a text, texts, token ids or lists of token ids";

    /// <summary>Inputs that stand in line at the same time, so that one request does not fill the queue.</summary>
    private const int AtOnce = 8;

    public async Task ServeAsync(HttpContext http, EmbeddingRequest request)
    {
        bool base64 = request.EncodingFormat == "base64", last = request.Pooling == "last";
        RequestRules.Require(request.EncodingFormat is null or "float" or "base64", "encoding_format",
            "must be 'float' or 'base64'");
        RequestRules.Require(request.Pooling is null or "mean" or "last", "pooling", "must be 'mean' or 'last'");
        var model = engine.Model;
        int size = model.Runner.HiddenSize;
        if (request.Dimensions is { } dimensions && dimensions != size)
            throw RequestException.Unsupported("dimensions",
                $"This model's vectors have {size} dimensions and cannot be shortened. Leave 'dimensions' out.");
        var answer = new AnswerContext(http, "embd-");
        var inputs = InputsOf(request.Input, model);
        var data = new List<Embedding>(inputs.Count);
        answer.Ticket.Enter();
        try
        {
            foreach (var group in inputs.Chunk(AtOnce))
                foreach (var vector in await PoolAsync(group, model, answer, last))
                    data.Add(new Embedding("embedding", data.Count, ToJson(vector, base64)));
        }
        finally
        {
            engine.Release(answer.Ticket);
        }
        int tokens = inputs.Sum(i => i.Length);
        await JsonAnswer.WriteAsync(http, 200, new EmbeddingList("list", data, name, new EmbeddingUsage(tokens, tokens)),
            OpenAiJson.Wire.EmbeddingList);
    }

    private async Task<float[][]> PoolAsync(int[][] inputs, ServedModel model, AnswerContext answer, bool last)
    {
        var pools = inputs.Select(_ => new HiddenPooling(model.Runner.HiddenSize, last)).ToArray();
        var submitted = inputs.Select((input, i) => engine.Submit(answer.Ticket, input,
            [new GenerationOptions(0, new SamplingOptions(0), []) { Tenant = answer.Tenant, Pooling = pools[i] }],
            answer.Aborted)).ToArray();
        foreach (var (sequences, signal) in submitted)
            await AnswerReading.RunAsync(sequences, signal, (_, _) => { }, () => ValueTask.CompletedTask,
                answer.Aborted);
        return [.. pools.Select(p => p.ToVector())];
    }

    private static JsonElement ToJson(float[] vector, bool base64) => base64
        ? JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan())),
            EmbeddingJson.Default.String)
        : JsonSerializer.SerializeToElement(vector, EmbeddingJson.Default.SingleArray);

    private static List<int[]> InputsOf(JsonElement? input, ServedModel model)
    {
        if (!RequestRules.IsGiven(input)) throw new RequestException("'input' is missing.", "missing_field", "input");
        RequestRules.CheckText(input!.Value, "input", 0);
        List<int[]> inputs = [];
        if (input.Value.ValueKind == JsonValueKind.Array)
        {
            var items = input.Value.EnumerateArray().ToList();
            if (items.Count > 0 && items[0].ValueKind == JsonValueKind.Number) inputs.Add(Ids(items));
            else
                foreach (var item in items)
                {
                    RequestRules.Require(inputs.Count < MaxInputs, "input", $"can have {MaxInputs} inputs at most");
                    inputs.Add(One(item));
                }
        }
        else inputs.Add(One(input.Value));
        RequestRules.Require(inputs.Count > 0, "input", InputRule);
        foreach (var ids in inputs) GenerationPlan.CheckLength(ids, model, "input");
        return inputs;

        int[] One(JsonElement item)
        {
            if (item.ValueKind == JsonValueKind.String) return TokenRequests.Encode(item.GetString()!, model);
            RequestRules.Require(item.ValueKind == JsonValueKind.Array, "input", InputRule);
            return Ids(item.EnumerateArray());
        }

        int[] Ids(IEnumerable<JsonElement> items)
        {
            var ids = new List<int>();
            foreach (var item in items)
            {
                int id = 0;
                RequestRules.Require(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out id), "input",
                    InputRule);
                ids.Add(id);
            }
            GenerationPlan.CheckIds(ids, model.Tokenizer, "input");
            return [.. ids];
        }
    }
}

/// <summary>Source-generated JSON of vectors.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(float[]))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class EmbeddingJson : System.Text.Json.Serialization.JsonSerializerContext;
