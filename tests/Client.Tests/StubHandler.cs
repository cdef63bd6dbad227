using System.Net;
using System.Text;

namespace Weir.Client.Tests;

/// <summary>Answers with what it is given and remembers the request.</summary>
internal sealed class StubHandler(HttpStatusCode status, string body) : HttpMessageHandler
{
    public HttpRequestMessage? Request { get; private set; }

    public string? RequestBody { get; private set; }

    public WeirClient Client() => new(new HttpClient(this) { BaseAddress = new Uri("http://platform/") });

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        Request = request;
        if (request.Content is { } content) RequestBody = await content.ReadAsStringAsync(cancellationToken);
        return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }
}
