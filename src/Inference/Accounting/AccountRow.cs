using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Inference.Accounting;

/// <summary>What the account says of one request.</summary>
/// <param name="Cursor">Counts rows from 1, over all restarts.</param>
/// <param name="Id">The name that the gateway gave in <c>x-weir-request</c>, or one made here.</param>
/// <param name="PromptTokens">Cached ones included.</param>
/// <param name="CachedTokens">Of the prompt, from the prefix cache.</param>
/// <param name="GeneratedTokens">Over all answers of the request, the tokens that ended them included.</param>
/// <param name="EndReason">stop, length, client_gone, engine_stopped or error.</param>
/// <param name="Arrived">When the request was accepted.</param>
/// <param name="FirstTokenMs">From arrival to the first token; null where there was none.</param>
/// <param name="DurationMs">From arrival to the end.</param>
internal sealed record AccountRow(long Cursor, string Id, int PromptTokens, int CachedTokens, int GeneratedTokens,
    string EndReason, DateTimeOffset Arrived, int? FirstTokenMs, long DurationMs)
{
    public DateTimeOffset Ended => Arrived.AddMilliseconds(DurationMs);
}

/// <summary>Answer of <c>GET /weir/requests</c>. <see cref="Next"/> is what to ask <c>after</c> next.</summary>
internal sealed record AccountPage(IReadOnlyList<AccountRow> Data, long Next, bool HasMore);

/// <summary>Source-generated JSON of the account.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(AccountRow))]
[JsonSerializable(typeof(AccountPage))]
internal sealed partial class AccountJson : JsonSerializerContext
{
    public static AccountJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
