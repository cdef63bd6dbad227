using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weir.Formats.Platform;

namespace Weir.Gateway.Tests;

/// <summary>Requests that reach no engine: each gets an error in OpenAI's shape, and no ledger row.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private GatewayUnderTest _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_gateway.Engine.Bodies);
        Assert.Empty(await _gateway.RowsAsync(0));
        await _gateway.DisposeAsync();
    }

    [Theory]
    [InlineData(null, 401, "missing_api_key")]
    [InlineData("Basic abc", 401, "missing_api_key")]
    [InlineData("Bearer sk-weir-wrong", 401, "invalid_api_key")]
    [InlineData("Bearer " + GatewayUnderTest.Expired, 401, "invalid_api_key")]
    [InlineData("Bearer " + GatewayUnderTest.AdminOnly, 403, "insufficient_scope")]
    public async Task A_key_that_is_not_good_is_refused(string? header, int status, string code)
    {
        _gateway.Http.DefaultRequestHeaders.Authorization = null;
        if (header is not null) _gateway.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        foreach (var answer in (HttpResponseMessage[])[await _gateway.PostAsync(GatewayUnderTest.Chat()),
            await _gateway.Http.GetAsync("v1/models"), await _gateway.Http.GetAsync("v1/models/m")])
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(code, (await GatewayUnderTest.ErrorAsync(answer)).Code);
        }
    }

    [Fact]
    public async Task A_model_that_does_not_exist_is_a_404_that_names_those_that_do()
    {
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat(model: "gpt"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var error = await GatewayUnderTest.ErrorAsync(answer);
        Assert.Equal(("model_not_found", "model"), (error.Code, error.Param));
        Assert.Contains("'gpt'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Models here: m", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_has_not_passed_its_gate_is_not_served()
    {
        _gateway.Publish(GatewayUnderTest.Model("m", _gateway.Engine.Address, GateVerdict.Failed));
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat());
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("gate_not_passed", (await GatewayUnderTest.ErrorAsync(answer)).Code);
        Assert.Empty(JsonNode.Parse(await _gateway.Http.GetStringAsync("v1/models"))!["data"]!.AsArray());
        Assert.Equal(HttpStatusCode.NotFound, (await _gateway.Http.GetAsync("v1/models/m")).StatusCode);
    }

    [Fact]
    public async Task A_model_without_a_replica_says_when_to_try_again()
    {
        _gateway.Publish(GatewayUnderTest.Model("m", null));
        var answer = await _gateway.PostAsync(GatewayUnderTest.Chat());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("model_not_ready", (await GatewayUnderTest.ErrorAsync(answer)).Code);
    }

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("{", "invalid_json")]
    [InlineData("[1]", "invalid_json")]
    [InlineData("""{"model":"m"} x""", "invalid_json")]
    [InlineData("""{"model":"\ud800"}""", "invalid_json")]
    public async Task A_body_that_is_no_json_object_is_a_400(string body, string code)
    {
        var answer = await _gateway.PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(code, (await GatewayUnderTest.ErrorAsync(answer)).Code);
    }

    [Fact]
    public async Task A_body_that_is_not_utf8_is_a_400()
    {
        byte[] body = [.. "{\"model\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        var answer = await _gateway.Http.PostAsync("v1/chat/completions", new ByteArrayContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_a_413()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(o => o with { MaxBodyBytes = 1000 });
        var answer = await gateway.PostAsync(GatewayUnderTest.Chat(more: $",\"user\":\"{new string('x', 2000)}\""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("body_too_large", (await GatewayUnderTest.ErrorAsync(answer)).Code);
    }

    [Fact]
    public async Task An_address_that_is_not_there_is_a_404()
    {
        var answer = await _gateway.PostAsync("{}", "v1/images/generations");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("unknown_url", (await GatewayUnderTest.ErrorAsync(answer)).Code);
    }

    [Fact]
    public async Task Models_are_listed_and_looked_up_with_either_key_header()
    {
        _gateway.Http.DefaultRequestHeaders.Authorization = null;
        _gateway.Http.DefaultRequestHeaders.Add("x-api-key", GatewayUnderTest.Key);
        var list = JsonNode.Parse(await _gateway.Http.GetStringAsync("v1/models"))!;
        Assert.Equal("list", (string)list["object"]!);
        Assert.Equal("m", (string)Assert.Single(list["data"]!.AsArray())!["id"]!);
        Assert.Equal("m", (string)JsonNode.Parse(await _gateway.Http.GetStringAsync("v1/models/m"))!["id"]!);
    }
}
