using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Weir.Inference.Serving;

namespace Weir.Inference.Tests.Serving;

/// <summary>A client of an engine, over its port or its socket.</summary>
internal static class TestClient
{
    public static HttpClient For(EngineServer server)
    {
        if (!server.Address.StartsWith("unix:", StringComparison.Ordinal))
            return new HttpClient { BaseAddress = new Uri(server.Address) };
        var path = server.Address["unix:".Length..];
        return new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://engine") };
    }

    public static async Task<JsonObject> PostAsync(HttpClient http, string path, JsonObject body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>The events of a stream, which must end with <c>[DONE]</c>.</summary>
    public static async Task<List<JsonObject>> StreamAsync(HttpClient http, string path, JsonObject body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, e => Assert.StartsWith("data: ", e));
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events[..^1].Select(e => JsonNode.Parse(e["data: ".Length..])!.AsObject())];
    }
}
