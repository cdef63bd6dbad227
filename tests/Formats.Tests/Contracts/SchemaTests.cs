using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Formats.Scorecards;

namespace Weir.Formats.Tests.Contracts;

/// <summary>docs/schemas holds the JSON schema of every contract record, as generated from the record. After a
/// deliberate change run the tests once with WEIR_UPDATE_SCHEMAS=1 and commit what they write.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Names => [.. Contracts.Keys];

    private static readonly Dictionary<string, JsonTypeInfo> Contracts = new()
    {
        ["run"] = RunJson.Pretty.RunRecord,
        ["metric-row"] = RunJson.Pretty.MetricRow,
        ["job"] = PlatformJson.Pretty.JobSpec,
        ["dataset"] = DatasetJson.Pretty.DatasetManifest,
        ["chat-record"] = DatasetJson.Pretty.ChatRecord,
        ["gateway-snapshot"] = PlatformJson.Pretty.GatewaySnapshot,
        ["ledger"] = PlatformJson.Pretty.LedgerRow,
        ["usage"] = PlatformJson.Pretty.UsageRow,
        ["lineage"] = PlatformJson.Pretty.LineageEdge,
        ["scorecard"] = ScorecardJson.Pretty.Scorecard,
        ["gate-policy"] = ScorecardJson.Pretty.GatePolicy,
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void The_committed_schema_is_that_of_the_record(string name)
    {
        var schema =
            Contracts[name].GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable =
            true });
        var text = schema.ToJsonString(new JsonSerializerOptions(WeirJson.Options(indented: true))
        {
            TypeInfoResolver = RunJson.Default,
        }) + "\n";
        var path = Path.Combine(RepositoryRoot.Path, "docs", "schemas", name + ".json");
        if (Environment.GetEnvironmentVariable("WEIR_UPDATE_SCHEMAS") == "1") File.WriteAllText(path, text);
        Assert.True(File.Exists(path),
            $"docs/schemas/{name}.json is missing; run the tests once with WEIR_UPDATE_SCHEMAS=1.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_golden_file_is_read_and_written_back_unchanged(string name)
    {
        var path = Path.Combine(RepositoryRoot.Path, "tests", "Formats.Tests", "Golden", name + ".json");
        var golden = JsonNode.Parse(File.ReadAllText(path))!;
        var value = JsonSerializer.Deserialize(golden, Contracts[name]);
        var written = JsonSerializer.SerializeToNode(value, Contracts[name]);
        Assert.True(JsonNode.DeepEquals(golden, written), $"written back:\n{written}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_field_of_a_later_release_is_ignored(string name)
    {
        var path = Path.Combine(RepositoryRoot.Path, "tests", "Formats.Tests", "Golden", name + ".json");
        var later = JsonNode.Parse(File.ReadAllText(path))!;
        later["aFieldOfALaterRelease"] = new JsonObject { ["deep"] = 1 };
        Assert.NotNull(JsonSerializer.Deserialize(later, Contracts[name]));
    }

    [Fact]
    public void An_unknown_major_version_is_refused_with_advice()
    {
        var error = Assert.Throws<UserErrorException>(() => SchemaVersion.Require("run/2", "run/1", "run.json"));
        Assert.Contains("Use the Weir release that wrote it", error.Message);
        Assert.Throws<UserErrorException>(() => SchemaVersion.Require(null, "run/1", "run.json"));
        Assert.Throws<UserErrorException>(() => SchemaVersion.Require("dataset/1", "run/1", "run.json"));
        SchemaVersion.Require("run/1", "run/1", "run.json");
    }
}
