using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Weir.Bench.Reports;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Reports;

/// <summary>docs/schemas/bench-report.json is the schema of every <c>bench --json</c> file. After a deliberate change
/// run the tests once with WEIR_UPDATE_SCHEMAS=1 and commit what they write.</summary>
public sealed class BenchReportTests
{
    [Fact]
    public void The_committed_schema_is_that_of_the_record()
    {
        var schema = BenchJson.Pretty.BenchReport.GetJsonSchemaAsNode(
            new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        var text = schema.ToJsonString(new JsonSerializerOptions(WeirJson.Options(indented: true))
        {
            TypeInfoResolver = BenchJson.Default,
        }) + "\n";
        var path = Path.Combine(RepositoryRoot.Path, "docs", "schemas", "bench-report.json");
        if (Environment.GetEnvironmentVariable("WEIR_UPDATE_SCHEMAS") == "1") File.WriteAllText(path, text);
        Assert.True(File.Exists(path),
            "docs/schemas/bench-report.json is missing; run the tests once with WEIR_UPDATE_SCHEMAS=1.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    [Fact]
    public void A_saved_report_has_every_field_of_the_contract_and_null_where_there_is_no_baseline()
    {
        var figures = new Figures();
        figures.Of("bandwidth 2T", "GB/s").AddOurs(41.5);
        var decode = figures.Of("decode m Q8_0 ctx0 2T", "tokens/s", Better.Higher, "llama.cpp");
        decode.AddOurs(84);
        decode.AddBaseline(42);
        var folder = Directory.CreateTempSubdirectory("weir-bench-test-");
        try
        {
            var path = Path.Combine(folder.FullName, "new", "figures.json");
            new BenchReport(MachineFacts.Read(0.25, ["llama.cpp: build 1"]), figures.Rows).Save(path);
            var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            Assert.Equal(["machine", "rows"], root.Select(p => p.Key));
            var rows = root["rows"]!.AsArray();
            Assert.All(rows, row => Assert.Equal(
                ["name", "value", "unit", "baseline", "baselineName", "ratio", "runs"],
                row!.AsObject().Select(p => p.Key)));
            Assert.True(JsonNode.DeepEquals(rows[0], JsonNode.Parse("""
                {"name":"bandwidth 2T","value":41.5,"unit":"GB/s","baseline":null,"baselineName":null,"ratio":null,
                 "runs":1}
                """)), rows[0]!.ToJsonString());
            Assert.Equal(2.0, (double)rows[1]!["ratio"]!);
            Assert.Equal(0.25, (double)root["machine"]!["otherLoadCores"]!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_machine_is_described()
    {
        var machine = MachineFacts.Read(0, []);
        Assert.NotEmpty(machine.Cpu);
        Assert.Equal(Environment.ProcessorCount, machine.Cores);
        Assert.InRange(machine.MemoryBytes, 1L << 28, long.MaxValue);
        Assert.StartsWith(".NET", machine.Runtime);
    }

    [Theory]
    [InlineData("always [madvise] never", "madvise")]
    [InlineData("[always] madvise never", "always")]
    [InlineData("", "unknown")]
    [InlineData(null, "unknown")]
    [InlineData("][", "unknown")]
    public void The_setting_for_large_pages_is_the_one_in_brackets(string? line, string expected) =>
        Assert.Equal(expected, MachineFacts.Chosen(line));

    [Theory]
    [InlineData(1234.4, "1,234")]
    [InlineData(42.345, "42.3")]
    [InlineData(0.456, "0.46")]
    [InlineData(null, "")]
    public void Tables_show_about_three_digits(double? value, string expected) =>
        Assert.Equal(expected, ReportTable.Number(value));
}
