using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Tests.Jinja;

public sealed class JinjaTemplateTests
{
    [Theory]
    [InlineData("a\n{% include 'x' %}", "Line 2", "'include' is not supported")]
    [InlineData("{{ 1 +\n\n }}", "Line 3", "a value is expected, not '}}'")]
    [InlineData("{% if a %}\nx", "Line 2", "{% endif %} is expected")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "Line 1", "write a macro that calls itself")]
    [InlineData("{{ '\\N{BULLET}' }}", "Line 1", "write the character itself")]
    [InlineData("\n\n{# never closed", "Line 3", "'#}' is missing")]
    public void A_mistake_in_the_source_is_named_with_its_line(string source, string line, string what)
    {
        var message = Assert.Throws<UserErrorException>(() => JinjaTemplate.Parse(source)).Message;
        Assert.Contains(line, message);
        Assert.Contains(what, message);
    }

    [Theory]
    [InlineData("x\n{{ y.z }}", "Line 2 of the chat template: 'y' is undefined")]
    [InlineData("{{ 'a' |\nnope }}", "the filter 'nope' is not supported; write it with the filters abs, ")]
    [InlineData("{{ 'a' is nope }}", "the test 'nope' is not supported; write it with the tests boolean, ")]
    [InlineData("{{ raise_exception('Only one question.') }}", "refuses the conversation: Only one question.")]
    [InlineData("{{ 1 + 'a' }}", "'+' cannot take values of the types int and str")]
    public void A_mistake_while_rendering_is_a_user_error(string source, string what) => Assert.Contains(what,
        Assert.Throws<UserErrorException>(() => Templates.Render(source)).Message);

    [Fact]
    public void A_mistake_in_a_branch_that_is_not_taken_is_none() =>
        Assert.Equal("ok", Templates.Render("{% if false %}{{ 'a' | nope }}{% endif %}ok"));

    [Fact]
    public void Values_come_from_json_nodes_too()
    {
        var values = new Dictionary<string, JinjaValue>
        {
            ["node"] = JinjaValue.FromJson(new JsonObject { ["a"] = new JsonArray(1, 2.50, null, "x", true) }),
            ["text"] = JinjaValue.Of("t"),
            ["number"] = JinjaValue.Of(7),
            ["flag"] = JinjaValue.Of(true),
            ["nothing"] = JinjaValue.None,
            ["null"] = JinjaValue.FromJson((JsonNode?)null),
        };
        Assert.Equal("""{"a": [1, 2.5, null, "x", true]} t7TrueNone None""", JinjaTemplate.Parse(
            "{{ node | tojson }} {{ text }}{{ number }}{{ flag }}{{ nothing }} {{ null }}").Render(values));
    }

    [Fact]
    public void Integers_of_any_length_and_floats_keep_their_value() => Assert.Equal(
        "[123456789012345678901234567890, 1e+22, 1e-07, 100.0]|123456789012345678901234567891",
        Templates.Render("{{ n | tojson }}|{{ n[0] + 1 "
            + "}}", """{"n":[123456789012345678901234567890,1E22,1e-7,1e2]}"""));

    [Theory]
    [InlineData("{% set x = [] %}{% set _ = x.append(1) %}{{ x }}", "[1]")]
    [InlineData("{% set x = [2] %}{% set _ = x.extend([3]) %}{% set _ = x.insert(0, 1) %}{{ x }}{{ x.pop() }}{{ x }}",
        "[1, 2, 3]3[1, 2]")]
    [InlineData("{% set d = {} %}{% set _ = d.update({'a': 1}, b=2) %}{{ d }}{{ d.pop('a') }}{{ d.setdefault('c', "
        + "3) }}{{ d }}",
        "{'a': 1, 'b': 2}13{'b': 2, 'c': 3}")]
    public void Lists_and_dictionaries_of_a_template_s_own_can_be_changed(string source, string expected) =>
        Assert.Equal(expected, Templates.Render(source));

    [Theory]
    [InlineData("{{ m.append(1) }}")]
    [InlineData("{{ m[0].update({'a': 1}) }}")]
    [InlineData("{{ m[0].pop('a') }}")]
    [InlineData("{{ (1, 2).append(3) }}")]
    public void What_came_with_a_request_cannot_be_changed(string source) => Assert.Contains("cannot be changed",
        Assert.Throws<UserErrorException>(() => Templates.Render(source, """{"m":[{"a":0}]}""")).Message);

    [Theory]
    [InlineData("%d %b %Y", "05 Mar 2026")]
    [InlineData("%Y-%m-%d %H:%M:%S.%f", "2026-03-05 14:07:09.000000")]
    [InlineData("%A %a %B %-d %e %j %y %I %p %-I %-H", "Thursday Thu March 5  5 064 26 02 PM 2 14")]
    [InlineData("%F %T %D %% %q %", "2026-03-05 14:07:09 03/05/26 % %q %")]
    [InlineData("%G-W%V-%u %w %s %C%n%t|%c|%Z%z", "2026-W10-4 4 1772719629 20\n\t|Thu Mar  5 14:07:09 2026|")]
    public void The_date_is_the_clock_s_in_the_c_library_s_format(string format, string expected) =>
        Assert.Equal(expected, Templates.Render($"{{{{ strftime_now('{format}') }}}}", "{}",
            Chat.Families.Conversations.Clock));

    [Fact]
    public void A_template_can_be_rendered_by_many_threads_at_once()
    {
        var template = JinjaTemplate.Parse("{% set ns = namespace(s='') %}{% for m in ms %}{% set ns.s = ns.s ~ m %}"
            + "{% endfor %}{{ ns.s }}");
        var values = Templates.Variables("""{"ms":["a","b",1]}""");
        Parallel.For(0, 200, _ => Assert.Equal("ab1", template.Render(values)));
    }
}
