using Weir.Formats.Bcl;
using Weir.Training.Configuration;

namespace Weir.Training.Tests.Configuration;

public sealed class TrainingConfigReaderTests
{
    private const string Least = "data: a\ntokenizer: t\nmodel: {}\nbudget: {steps: 5}\n";

    private static TrainingConfig Read(string text, params string[] set) =>
        TrainingConfigReader.Parse(text, "c.yaml", set);

    [Fact]
    public void Defaults_short_forms_and_settings_are_read()
    {
        var config = Read(Least + "optimiser: {rate: 1e-3}", "optimiser.rate=0.002", "model.layers=7",
            "objective='sft'");
        Assert.Equal(("a", 1.0), (config.Data[0].Path, config.Data[0].Weight));
        Assert.Equal((0.002, 7, "sft", 0.0),
            (config.Optimiser.Rate, config.Model!.Layers, config.Objective, config.UnsupervisedWeight));
        var two = Read("data: [x, {path: y, weight: 2.5}]\ntokenizer: t\nmodel: {}\nbudget: {minutes: 0.5}\n"
            + "promptWeight: 0.2");
        Assert.Equal([("x", 1), ("y", 2.5)], two.Data.Select(d => (d.Path, d.Weight)));
        Assert.Equal((0.5, 0.2), (two.Budget.Minutes!.Value, two.UnsupervisedWeight));
        var json = Read("""{"data": ["a"], "tokenizer": "t", "model": {"layers": 3}, "budget": {"steps": 1}}""");
        Assert.Equal(3, json.Model!.Layers);
    }

    [Theory]
    [InlineData("learningRate: 1", "learningRate")]
    [InlineData("optimiser: {lr: 1}", "optimiser.lr")]
    [InlineData("data: [{path: a, wieght: 2}]", "data[0].wieght")]
    [InlineData("objective: rlhf", "objective")]
    [InlineData("precision: fp8", "precision")]
    [InlineData("budget: {steps: 5, minutes: 1}", "budget")]
    [InlineData("budget: {}", "budget")]
    [InlineData("budget: {steps: many}", "budget.steps")]
    [InlineData("batch: {sequences: 0}", "batch.sequences")]
    [InlineData("model: {hidden: 130, heads: 4}", "model.hidden")]
    [InlineData("model: {heads: 4, kvHeads: 3}", "model.kvHeads")]
    [InlineData("data: []", "data")]
    [InlineData("tokenizer: null", "tokenizer")]
    [InlineData("model: null", "model")]
    [InlineData("objective: sft\npromptWeight: 0.5", "promptWeight")]
    [InlineData("data: [a", "line")]
    public void A_mistake_is_refused_by_name(string lines, string named)
    {
        var keys = lines.Split('\n').Select(l => l.Split(':')[0]).ToHashSet();
        var text = string.Join('\n', Least.Split('\n').Where(l => !keys.Contains(l.Split(':')[0]))) + "\n" + lines
            + "\n";
        var error = Assert.Throws<UserErrorException>(() => Read(text));
        Assert.Contains(named, error.Message);
        Assert.Contains("c.yaml", error.Message);
        Assert.DoesNotContain("unsupervisedWeight", error.Message); // computed, not a key
    }

    [Fact]
    public void A_setting_without_a_value_and_a_missing_file_are_refused()
    {
        Assert.Contains("key=value", Assert.Throws<UserErrorException>(() => Read(Least, "rate")).Message);
        Assert.Contains("no such",
            Assert.Throws<UserErrorException>(() => TrainingConfigReader.Read("/none.yaml", [])).Message);
    }
}
