using System.Diagnostics;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;
using Weir.Text.Tests.Chat.Families;

namespace Weir.Text.Tests.Jinja;

/// <summary>Templates that are nearly right: whatever is done to them, they render or end with a user error,
/// soon.</summary>
public sealed class MutantTests
{
    private const int Mutants = 14_000, Heaps = 6_000;
    // A second or so where nothing else runs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Pieces =
    [
        "{%", "%}", "{{", "}}", "{#", "#}", "-%}", "{%-", "{% endfor %}", "{% endif %}", "{% else %}", "{% for x in "
            + "messages %}",
        "{% set ns.x = ", "{% macro f(", "{{ f() "
            + "}}", "loop", "loop.last", ".", "[", "]", "(", ")", "{", "}", "|", "~", "+", "*",
        "**", "//", "%", " in ", " is ", " not ", " if ", " else ", "'", "\"", "\\", "range(9999)", "| tojson", "| "
            + "map(", "| sort",
        "| length", "messages", "[::-1]", "[-1]", ".split(", ".items()", "namespace(", "none", "true", "999999999"
            + "9", "1.5e300", "\n", " ", "é😀",
        "| indent(9)", "| replace('', 'xx')", "* 99999", ".format(", "{% raw %}", "{% call f() %}", "{% filter "
            + "upper %}", "{% break %}",
    ];

    [Fact]
    public void Mutants_of_templates_render_or_end_with_a_user_error_soon()
    {
        var random = new Random(2026);
        var conversations = Conversations.All.Select(conversation => new Dictionary<string, JinjaValue>
        {
            ["messages"] = JinjaValue.FromJson(conversation.Messages),
            ["tools"] = conversation.Tools is { } tools ? JinjaValue.FromJson(tools) : JinjaValue.None,
            ["bos_token"] = JinjaValue.Of("<s>"),
            ["eos_token"] = JinjaValue.Of("</s>"),
            ["add_generation_prompt"] = JinjaValue.Of(true),
        }).ToArray();
        var (rendered, refused) = (0, 0);
        for (var i = 0; i < Mutants; i++)
        {
            var source = Mutant(random);
            var watch = Stopwatch.StartNew();
            try
            {
                JinjaTemplate.Parse(source).Render(conversations[random.Next(conversations.Length)]);
                rendered++;
            }
            catch (UserErrorException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType().Name} {e.Message}\n{e.StackTrace}\n{source}");
            }
            Assert.True(watch.Elapsed < Patience, $"{watch.Elapsed}: {source}");
        }
        Assert.True(rendered > Mutants / 50 && refused > Mutants / 10, $"{rendered} rendered, {refused} refused");
    }

    // Pieces put in, taken out, doubled and moved, at the borders of words.
    private static string Mutant(Random random)
    {
        var source = new StringBuilder(Family.All[random.Next(Family.All.Count)].Template);
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(source.Length);
            var length = Math.Min(random.Next(1, 30), source.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    source.Remove(at, length);
                    break;
                case 1:
                    source.Insert(random.Next(source.Length), source.ToString(at, length));
                    break;
                case 2:
                    source[at] = (char)random.Next(32, 127);
                    break;
                default:
                    source.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
            if (source.Length == 0) source.Append(' ');
        }
        return source.ToString();
    }

    [Fact]
    public void Random_heaps_of_pieces_do_the_same()
    {
        var random = new Random(7);
        for (var i = 0; i < Heaps; i++)
        {
            var source = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ =>
                Pieces[random.Next(Pieces.Length)]));
            if (random.Next(2) == 0) source = "{{ " + source + " }}";
            try
            {
                JinjaTemplate.Parse(source).Render(
                    Templates.Variables("""{"messages":[{"role":"user","content":"x"}]}"""));
            }
            catch (UserErrorException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType().Name} {e.Message}\n{e.StackTrace}\n{source}");
            }
        }
    }
}
