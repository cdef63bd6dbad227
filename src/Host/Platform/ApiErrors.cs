using Microsoft.AspNetCore.Diagnostics;
using Weir.Formats.Bcl;

namespace Weir.Host.Platform;

/// <summary>The one place where errors of <c>/api/v1</c> become HTTP: problem+json. The gateway maps its own in
/// OpenAI's shape.</summary>
internal sealed class ApiErrors(ILogger<ApiErrors> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken ct)
    {
        if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested) return true;
        var (status, title) = exception switch
        {
            UserErrorException { ExitCode: ExitCodes.Refused } => (StatusCodes.Status403Forbidden, exception.Message),
            UserErrorException => (StatusCodes.Status400BadRequest, exception.Message),
            BadHttpRequestException bad => (bad.StatusCode, bad.Message),
            _ => (StatusCodes.Status500InternalServerError,
            "The platform failed on this request; its log has the details."),
        };
        if (status == StatusCodes.Status500InternalServerError) ApiLog.Failed(logger, context.Request.Path, exception);
        await Results.Problem(title: title, statusCode: status).ExecuteAsync(context);
        return true;
    }
}

internal static partial class ApiLog
{
    [LoggerMessage(LogLevel.Error, "{Path} failed")]
    public static partial void Failed(ILogger logger, string path, Exception exception);
}
