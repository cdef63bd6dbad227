using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Tests.Jinja;

/// <summary>What came with the request is known as such wherever a template moves it. Here the request's letters are
/// capital and the template's are small, so that each character of the output tells whose it is.</summary>
public sealed class ForeignTextTests
{
    private const string Request = """
        {"a":"AB CD","b":"E\nFG","l":["HI","J"],"d":{"K":"L","M":["N"]},"s":"  OP  ","e":"","u":"QÄ"}
        """;

    private static readonly string[] Operations =
    [
        "({0} + 'x' + {1})", "({0} ~ {1})", "('yz' ~ {0})", "{0}[1:]", "{0}[::-1]", "{0}[:-1]", "({0} | "
            + "trim)", "{0}.strip('AQx')",
        "({0} | replace('B', {1}))", "({0} | replace('x', {1}))", "{0}.replace('', "
            + "'v')", "{0}.split()[0]", "({0}.split('x') | join({1}))", "({0}.split('C') | last)",
        "({0} | indent(2, true))", "({0} ~ 'x\n' ~ {1}) | indent('z')", "('%s-%s' | format({0}, "
            + "{1}))", "'{{}}w{{}}'.format({0}, {1})",
        "({0} * 2)", "[{0}, 'x', {1}] | join('y')", "({0} | list | join)", "{0}.partition('B')[2]", "({0} | "
            + "first)", "({0} | last)",
        "({0} | reverse)", "{0}.center(9, 'x')", "({0} | truncate(3, true, 'x', 0))", "({0} | e)", "({0} if {1} "
            + "else 'x')", "({0} or {1})",
        "{0}.splitlines() | join('x')", "{0}.removeprefix('A')", "({0} | string)", "({0} | safe)", "(({0} ~ 'x') | "
            + "list | last)", "m({0}, {1})", "{0}.rjust(8, 'x')",
    ];

    [Fact]
    public void Every_way_to_move_text_keeps_account_of_whose_it_is()
    {
        var random = new Random(11);
        var values = Templates.Variables(Request);
        for (var i = 0; i < 4000; i++)
        {
            var expression = Expression(random, 4);
            var source = "{% macro m(p, q) %}<{{ q }}{{ p }}>{% endmacro %}{% set v %}{{ " + expression
                + " }}x{% endset %}"
                + "{% filter trim %}{{ v }}{% endfilter %}{% for c in v if c != 'B' %}{{ c }}{% endfor %}";
            var output = JinjaTemplate.Parse(source).RenderMarked(values, null, new RenderBudget());
            for (var at = 0; at < output.Text.Length; at++)
            {
                var c = output.Text[at];
                if (char.IsLetter(c))
                    Assert.True(char.IsUpper(c) == (output.Foreign?.Touch(at, at + 1)
                        ?? false), $"{source}\n{output.Text}\nat {at}");
            }
        }
    }

    private static string Expression(Random random, int depth)
    {
        if (depth == 0 || random.Next(5) == 0) return random.Next(9) switch
        {
            0 => "a", 1 => "b", 2 => "l[0]", 3 => "d.K", 4 => "s", 5 => "'x'", 6 => "e", 7 => "('tu' ~ u)", _ => "l[1]",
        };
        return "((" + Operations[random.Next(Operations.Length)].Replace("{0}", Expression(random, depth - 1),
            StringComparison.Ordinal).Replace("{1}", Expression(random, depth - 1), StringComparison.Ordinal)
            .Replace("{{}}", "{}", StringComparison.Ordinal) + ") | string)";
    }

    [Theory]
    [InlineData("{{ d | tojson }}")]
    [InlineData("{{ [a, {'x': d}] | tojson(indent=2) }}")]
    [InlineData("{{ d }}{{ l }}")]
    [InlineData("{{ d | items | list }}{{ a | upper }}{{ b | title }}{{ a.swapcase() | upper }}{{ d | dictsort }}")]
    [InlineData("{{ l | map('upper') | join }}{{ l | sort | first }}{{ (l + [a]) | unique | join }}{{ l | batch(1) "
        + "| list }}")]
    [InlineData("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{% set ns = namespace(x=a) %}{{ ns.x }}{{ ns }}")]
    public void Structures_and_changes_of_case_keep_every_capital_foreign(string source)
    {
        var output = JinjaTemplate.Parse(source).RenderMarked(Templates.Variables(Request), null, new RenderBudget());
        Assert.All(Enumerable.Range(0, output.Text.Length).Where(at => char.IsUpper(output.Text[at])),
            at => Assert.True(output.Foreign?.Touch(at, at + 1) ?? output.Text[at..].StartsWith("Namespace",
                StringComparison.Ordinal)));
    }

    [Fact]
    public void Ranges_are_cut_and_touched_as_characters_are()
    {
        var random = new Random(5);
        for (var round = 0; round < 500; round++)
        {
            var builder = new MarkedBuilder(new RenderBudget());
            var marks = new List<bool>();
            for (var i = 0; i < 6; i++)
            {
                var foreign = random.Next(2) == 0;
                var length = random.Next(4);
                builder.Append(new string('x', length), foreign);
                marks.AddRange(Enumerable.Repeat(foreign, length));
            }
            var whole = builder.ToValue();
            var start = random.Next(marks.Count + 1);
            var count = random.Next(marks.Count - start + 1);
            var part = whole.Slice(start, count);
            for (var at = 0; at < count; at++)
                Assert.Equal(marks[start + at], part.Foreign?.Touch(at, at + 1) ?? false);
            Assert.Equal(marks.Skip(start).Take(count).Any(mark => mark), whole.Foreign?.Touch(start, start + count)
                ?? false);
        }
    }
}
