using Weir.Formats.Bcl;

namespace Weir.Text.Tests.Jinja;

/// <summary>The ways in which chat templates have been made to run programs (CVE-2024-34359, CVE-2026-5760) lead
/// nowhere: there is no member of a value but those in the tables.</summary>
public sealed class InjectionTests
{
    [Theory]
    [InlineData("''.__class__")]
    [InlineData("[].__class__")]
    [InlineData("{}.__class__")]
    [InlineData("()['__class__']")]
    [InlineData("1.5.__class__")]
    [InlineData("namespace.__init__")]
    [InlineData("namespace().__class__")]
    [InlineData("range.__globals__")]
    [InlineData("raise_exception.__globals__")]
    [InlineData("strftime_now.__func__")]
    [InlineData("self")]
    [InlineData("self.__init__")]
    [InlineData("cycler")]
    [InlineData("lipsum")]
    [InlineData("joiner")]
    [InlineData("config")]
    [InlineData("request")]
    [InlineData("''.format.__self__")]
    [InlineData("''.GetType")]
    [InlineData("m.GetType")]
    [InlineData("m['GetType']")]
    [InlineData("''.Length")]
    [InlineData("m.Items")]
    public void A_member_that_no_table_has_is_undefined(string expression)
    {
        var probe = "{% macro m() %}{% endmacro %}{{ (" + expression + ") is defined }}";
        // What is reached through something undefined is an error of its own.
        if (expression.StartsWith("self.", StringComparison.Ordinal))
            Assert.Throws<UserErrorException>(() => Templates.Render(probe));
        else Assert.Equal("False", Templates.Render(probe));
    }

    [Theory]
    [InlineData("{{ ''.__class__.__mro__[1].__subclasses__() }}")]
    [InlineData("{{ cycler.__init__.__globals__.os.popen('id').read() }}")]
    [InlineData("{{ lipsum.__globals__['os'].system('id') }}")]
    [InlineData("{% for c in ().__class__.__base__.__subclasses__() %}{{ c() }}{% endfor %}x{{ y.z }}")]
    [InlineData("{{ '{0.__class__}'.format(1) }}")]
    [InlineData("{{ '{x.__init__.__globals__}'.format(x=namespace) }}")]
    [InlineData("{{ '%(a.b)s' | format(a=1) }}")]
    [InlineData("{{ 'x' | attr('__class__') }}")]
    [InlineData("{{ ['x'] | map('attr', '__class__') | list }}")]
    [InlineData("{{ [''] | map(attribute='__class__.__name__') | list }}")]
    [InlineData("{% import 'os' as os %}")]
    [InlineData("{% from 'os' import system %}")]
    [InlineData("{{ ''.encode('hex') }}")]
    [InlineData("{{ dict.__new__(dict) }}")]
    [InlineData("{{ eval('1') }}")]
    public void An_attack_is_a_user_error(string template) =>
        Assert.Throws<UserErrorException>(() => Templates.Render(template));

    [Fact]
    public void Words_of_the_request_are_never_read_as_template() => Assert.Equal("{{ 1 + 1 }}{% raise %}",
        Templates.Render("{{ x }}", """{"x":"{{ 1 + 1 }}{% raise %}"}"""));
}
