using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Bcl;
using Weir.Formats.OpenAi;
using Weir.Inference.Generation;
using Weir.Inference.Requests;

namespace Weir.Inference.Serving;

/// <summary>The one place where what went wrong becomes an answer, always in OpenAI's shape.</summary>
internal static class ErrorAnswers
{
    public const string Invalid = "invalid_request_error";

    public static Task WriteAsync(HttpContext context, int status, string message, string type, string? code = null,
        string? parameter = null)
    {
        if (status is 429 or 503) context.Response.Headers.RetryAfter = "1";
        return JsonAnswer.WriteAsync(context, status, ErrorResponse.Of(message, type, code, parameter),
            OpenAiJson.Wire.ErrorResponse);
    }

    /// <summary>Runs an endpoint and answers for its errors; what is a mistake of the program goes on its way.</summary>
    public static async Task GuardAsync(HttpContext context, Func<Task> serve)
    {
        try
        {
            await serve();
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone, and with it whoever could be answered; its sequences end within a step.
        }
        catch (Exception e) when (Of(e) is { } error)
        {
            // A stream that has begun cannot become an error any more; cutting it tells the client that it is not
            // whole.
            if (context.Response.HasStarted) context.Abort();
            else await WriteAsync(context, error.Status, error.Message, error.Type, error.Code, error.Parameter);
        }
    }

    /// <summary>Null for what is a mistake of the program.</summary>
    private static (int Status, string Message, string Type, string? Code, string? Parameter)? Of(
        Exception exception) => exception switch
        {
            JsonException e => (400, $"The body is not the JSON of this endpoint: {e.Message}", Invalid, "invalid_json",
                null),
            BadHttpRequestException { StatusCode: 413 } => (413,
                $"The body is larger than {EngineEndpoint.MaxBodyBytes >> 20} MB.", Invalid, "body_too_large", null),
            BadHttpRequestException e => (e.StatusCode, e.Message, Invalid, null, null),
            RequestException e => (400, e.Message, Invalid, e.Code, e.Parameter),
            UserErrorException e => (400, e.Message, Invalid, null, null),
            EngineBusyException e => (429, e.Message, "rate_limit_error", "engine_busy", null),
            EngineStoppedException e => (503, e.Message, "server_error", "engine_draining", null),
            OutOfMemoryException => (503, "The engine has no memory left for this request.", "server_error",
                "out_of_memory", null),
            _ => null,
        };
}
