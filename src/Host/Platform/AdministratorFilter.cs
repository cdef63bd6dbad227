using Weir.Accounts;
using Weir.Formats.Platform;

namespace Weir.Host.Platform;

/// <summary>Every route of <c>/api/v1</c> needs a key with the admin scope.</summary>
internal sealed class AdministratorFilter(AccountsPlane accounts) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var header = context.HttpContext.Request.Headers.Authorization.ToString();
        var key = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
        if (key is null)
            return Refuse(StatusCodes.Status401Unauthorized, "An API key is needed: Authorization: Bearer sk-weir-...");
        var found = accounts.Keys.Verify(key);
        if (found is null)
            return Refuse(StatusCodes.Status401Unauthorized, "The API key is unknown, expired or revoked.");
        if (!found.Scopes.Contains(KeyScopes.Admin))
            return Refuse(StatusCodes.Status403Forbidden, "This API key lacks the admin scope.");
        return next(context);
    }

    private static ValueTask<object?> Refuse(int status, string title) =>
        new(Results.Problem(title: title, statusCode: status));
}
