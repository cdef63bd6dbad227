using System.Diagnostics;
using Weir.Formats.Bcl;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Tests.Jinja;

public sealed class LimitTests
{
    // A second or so where nothing else runs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("{% for a in range(2000) %}{% for b in range(2000) %}{% endfor %}{% endfor %}", "1,000,000 rounds")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) if b < 0 %}{% endfor %}{% endfor "
        + "%}", "1,000,000 rounds")]
    [InlineData("{% set r = range(999) %}{% for a in r %}{% for b in r if b < 0 %}{% for c in r %}{% endfor %}{% "
        + "endfor %}{% for b in r if b < 0 %}{% endfor %}{% endfor %}",
        "1,000,000 rounds")]
    [InlineData("{% set x = [1] %}{% for a in x %}{% set _ = x.append(1) %}{% endfor %}", "1,000,000 rounds")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "800 levels deep")]
    [InlineData("{% macro m(x) %}{{ m(x) if x else m([x]) }}{% endmacro %}{{ m(0) }}", "800 levels deep")]
    [InlineData("{% macro a() %}{% call b() %}x{% endcall %}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ "
        + "a() }}", "800 levels deep")]
    [InlineData("{{ 'x' * 16777217 }}", "rendered text has more than 16,777,216")]
    [InlineData("{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}", "rendered text has more than 16,777,216")]
    [InlineData("{% set x = 'x' * 9999999999999 %}", "134,217,728 characters of text")]
    [InlineData("{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor "
        + "%}", "134,217,728 characters of text")]
    [InlineData("{% set ns = namespace(s='xx') %}{% for a in range(99) %}{% set ns.s = ns.s.replace('x', ns.s) %}{% "
        + "endfor %}", "134,217,728 characters of text")]
    [InlineData("{{ '%999s' * 999 % 1 }}{% set x = ('%999s' * 1000000) | format('a') %}", "fewer|more values")]
    [InlineData("{% set x = [1] * 99999999 %}", "2,000,000 items")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor "
        + "%}", "2,000,000 items")]
    [InlineData("{{ range(100001) }}", "100,000 items")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "128 levels deep")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}", "128 levels deep")]
    [InlineData("{% set a = [] %}{% set b = [] %}{% set _ = a.append(a) %}{% set _ = b.append(b) %}{{ a == b "
        + "}}", "128 levels deep")]
    [InlineData("{% set ns = namespace(t=()) %}{% for a in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ "
        + "{ns.t: 1} }}", "steps")]
    [InlineData("{% set ns = namespace(t=()) %}{% for a in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ "
        + "ns.t }}", "steps")]
    [InlineData("{{ 10 ** 9999 }}", "integer is too large")]
    [InlineData("{{ 2 ** 16000 * 2 ** 16000 }}", "integer is too large")]
    [InlineData("{{ 2 ** 16000 }}", "4300 digits")]
    [InlineData("{% set a = 'a' * 9999999 %}{% for x in range(99) %}{{ (a + 'b') in a }}{% endfor "
        + "%}", "steps|characters of text")]
    [InlineData("{% set l = range(9999) | list %}{% for x in range(9999) %}{{ -1 in l }}{% endfor %}", "10,000,000 "
        + "steps")]
    [InlineData("{{ 'x'.center(999999999) }}{{ 'x'.zfill(999999999) }}", "134,217,728 characters of text")]
    [InlineData("{{ ('\n' * 9999999) | indent(1000, blank=true) }}", "characters of text|items of lists")]
    public void A_template_that_asks_for_too_much_is_stopped_with_the_limit_s_name(string source, string limit)
    {
        var watch = Stopwatch.StartNew();
        var message = Assert.Throws<UserErrorException>(() => Templates.Render(source)).Message;
        Assert.True(limit.Split('|').Any(part => message.Contains(part, StringComparison.Ordinal)), message);
        Assert.True(watch.Elapsed < Patience, $"It took {watch.Elapsed}.");
    }

    [Fact]
    public void Nesting_in_the_source_has_a_limit_and_what_is_within_it_works()
    {
        foreach (var (open, middle, close) in new[] { ("(", "1", ")"), ("[", "1", "]"), ("not ", "1", ""),
            ("- ", "1", ""),
            ("{'a':", "1", "}"), ("f(", "", ")"), ("a[", "1", "]"), ("'x' if 1 else ", "1", "") })
        {
            Assert.Contains("nested more than 100 levels", Assert.Throws<UserErrorException>(() => JinjaTemplate.Parse(
                "{{ " + Repeat(open, 5000) + middle + Repeat(close, 5000) + " }}")).Message);
            JinjaTemplate.Parse("{{ " + Repeat(open, 90) + middle + Repeat(close, 90) + " }}");
        }
        Assert.Throws<UserErrorException>(() => JinjaTemplate.Parse(Repeat("{% if 1 %}", 5000)
            + Repeat("{% endif %}", 5000)));
        Assert.Equal("x", Templates.Render(Repeat("{% if 1 %}", 90) + "x" + Repeat("{% endif %}", 90)));
    }

    [Theory]
    [InlineData(" + 1")]
    [InlineData(".a")]
    [InlineData("| string")]
    [InlineData(" and 1")]
    [InlineData("()")]
    public void A_long_chain_ends_with_an_error_and_not_with_the_stack(string link) =>
        Assert.Throws<UserErrorException>(() => Templates.Render("{{ 1" + Repeat(link, 50_000) + " }}"));

    [Fact]
    public void All_of_the_depth_fits_on_a_small_stack()
    {
        string[] sources =
        [
            "{% macro m() %}{% if 1 %}{% for x in [1] %}{{ [{'a': (m() ~ 1) | trim}] }}{% endfor %}{% endif %}{% "
                + "endmacro %}{{ m() }}",
            "{% macro m() %}{% call n() %}{{ m() }}{% endcall %}{% endmacro %}{% macro n() %}{{ caller() }}{% "
                + "endmacro %}{{ m() }}",
            "{% macro m() %}{% set x %}{% filter upper %}{{ m() }}{% endfilter %}{% endset %}{% endmacro %}{{ m() }}",
            "{{ 1" + Repeat(" + 1", 790) + Repeat(" + 1", 790) + " }}",
            "{{ " + Repeat("[", 95) + Repeat("]", 95) + " }}{{ y.z }}",
        ];
        // Threads of servers have 1.5 MB; this is half of it.
        var errors = new List<Exception?>();
        var thread = new Thread(() => errors.AddRange(sources.Select(source =>
            Record.Exception(() => Templates.Render(source)))), 768 * 1024);
        thread.Start();
        thread.Join();
        Assert.All(errors, error => Assert.IsType<UserErrorException>(error));
    }

    [Fact]
    public void A_source_and_numbers_and_values_have_their_limits()
    {
        Assert.Contains("1,048,576 characters", Assert.Throws<UserErrorException>(
            () => JinjaTemplate.Parse(new string('x', JinjaLimits.SourceCharacters + 1))).Message);
        JinjaTemplate.Parse(new string('x', JinjaLimits.SourceCharacters));
        Assert.Throws<UserErrorException>(() => JinjaTemplate.Parse("{{ " + new string('1', 4301) + " }}"));
        Assert.Contains("digits", Assert.Throws<UserErrorException>(
            () => Templates.Variables("{\"a\":" + new string('1', 4301) + "}")).Message);
        using var deep = System.Text.Json.JsonDocument.Parse(Repeat("[", 200) + Repeat("]", 200),
            new System.Text.Json.JsonDocumentOptions { MaxDepth = 300 });
        Assert.Contains("nested", Assert.Throws<UserErrorException>(() =>
            JinjaValue.FromJson(deep.RootElement)).Message);
        using var broken = System.Text.Json.JsonDocument.Parse("""["\ud800"]""");
        Assert.Contains("Unicode", Assert.Throws<UserErrorException>(() =>
            JinjaValue.FromJson(broken.RootElement)).Message);
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
