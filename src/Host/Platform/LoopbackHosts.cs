namespace Weir.Host.Platform;

/// <summary>Answers only requests that name a loopback host, so that a web page elsewhere cannot reach the platform by
/// pointing its own name at 127.0.0.1.</summary>
internal sealed class LoopbackHosts(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Host.Host is "127.0.0.1" or "localhost" or "[::1]") return next(context);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This platform answers on 127.0.0.1 and localhost only.\n");
    }
}
