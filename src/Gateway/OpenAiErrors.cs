using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.OpenAi;

namespace Weir.Gateway;

/// <summary>Every error of <c>/v1</c>, in OpenAI's shape.</summary>
internal static class OpenAiErrors
{
    public static Task MissingKeyAsync(HttpContext context) => WriteAsync(context, 401,
        "You did not provide an API key. Send the header 'Authorization: Bearer sk-weir-...'.",
        "invalid_request_error", "missing_api_key");

    public static Task InvalidKeyAsync(HttpContext context) => WriteAsync(context, 401,
        "The API key is unknown, expired or revoked. Make one with 'weir key create'.", "invalid_request_error",
        "invalid_api_key");

    public static Task ScopeAsync(HttpContext context) => WriteAsync(context, 403, "This API key may not call models.",
        "invalid_request_error", "insufficient_scope");

    public static Task ModelNotFoundAsync(HttpContext context, string? model, IEnumerable<string> models) =>
        WriteAsync(context, 404,
        $"The model '{model}' does not exist. Models here: {(models.Any() ? string.Join(", ", models) : "none yet")}.",
        "invalid_request_error", "model_not_found", "model");

    public static Task GateAsync(HttpContext context, string model) => WriteAsync(context, 403,
        $"The model '{model}' has not passed its release gate and is not served.", "invalid_request_error",
        "gate_not_passed", "model");

    public static Task NotReadyAsync(HttpContext context, string model)
    {
        context.Response.Headers.RetryAfter = "2";
        return WriteAsync(context, 503, $"No replica of '{model}' is ready. Try again in a moment.", "server_error",
            "model_not_ready");
    }

    public static Task WriteAsync(HttpContext context, int status, string message, string type, string? code = null,
        string? param = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, ErrorResponse.Of(message, type, code, param),
            OpenAiJson.Wire.ErrorResponse, context.RequestAborted);
    }

    /// <summary>An error as an event within a stream that has begun.</summary>
    public static byte[] Event(string message, string code)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(ErrorResponse.Of(message, "server_error", code),
            OpenAiJson.Wire.ErrorResponse);
        return [.. "data: "u8, .. json, .. "\n\n"u8];
    }
}
