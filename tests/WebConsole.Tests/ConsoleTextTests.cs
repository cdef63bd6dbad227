using System.Reflection;
using System.Text.RegularExpressions;
using Weir.Formats.Platform;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests;

public sealed partial class ConsoleTextTests
{
    [Fact]
    public void Each_language_speaks_for_itself()
    {
        Compare(ConsoleText.English, ConsoleText.Chinese);
        Compare(ModelsText.English, ModelsText.Chinese);
        Compare(PlaygroundText.English, PlaygroundText.Chinese);
    }

    private static void Compare<T>(T english, T chinese) where T : notnull
    {
        foreach (var property in typeof(T).GetProperties().Where(p => !p.GetMethod!.IsStatic
            && p.PropertyType != typeof(ModelsText) && p.PropertyType != typeof(PlaygroundText)))
        {
            var (en, zh) = (Texts(property, english), Texts(property, chinese));
            Assert.Equal(en.Count, zh.Count);
            foreach (var (name, text) in en)
            {
                Assert.False(string.IsNullOrWhiteSpace(text), $"{property.Name} {name} is empty in English");
                Assert.False(string.IsNullOrWhiteSpace(zh[name]), $"{property.Name} {name} is empty in Chinese");
                Assert.True(text != zh[name], $"{property.Name} {name} is '{text}' in both languages");
                if (property.Name is nameof(ConsoleText.Language) or nameof(ConsoleText.OtherLanguage)) continue;
                Assert.True(!Han().IsMatch(text), $"{property.Name} {name} has Chinese in its English: {text}");
                Assert.True(Han().IsMatch(zh[name]), $"{property.Name} {name} has no Chinese: {zh[name]}");
            }
        }
    }

    [Theory]
    [InlineData(typeof(EndReasons), nameof(ConsoleText.EndReasons))]
    [InlineData(typeof(LineageKinds), nameof(ConsoleText.Kinds))]
    public void Every_name_that_the_platform_uses_has_a_text(Type names, string property)
    {
        var texts = Texts(typeof(ConsoleText).GetProperty(property)!, ConsoleText.Chinese);
        foreach (var constant in names.GetFields().Where(f => f.IsLiteral && f.FieldType == typeof(string)))
            Assert.Contains((string)constant.GetRawConstantValue()!, texts.Keys);
    }

    [Fact]
    public void Every_state_of_an_import_has_a_text()
    {
        foreach (var constant in typeof(ImportStates).GetFields().Where(f => f.IsLiteral))
            Assert.Contains((string)constant.GetRawConstantValue()!, ModelsText.Chinese.ImportStates.Keys);
        Assert.Equal("豁免: 外部导入", ModelsText.Chinese.Of(GateVerdict.Imported));
        Assert.Equal("waived: imported", ModelsText.English.Of(GateVerdict.Imported));
    }

    [Fact]
    public void A_name_without_a_text_is_shown_as_it_is() =>
        Assert.Equal("new-stage", ConsoleText.Of(ConsoleText.English.Stages, "new-stage"));

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Han();

    private static Dictionary<string, string> Texts(PropertyInfo property, object text) =>
        property.GetValue(text) switch
        {
            string s => new() { [""] = s },
            IReadOnlyDictionary<string, string> names => new(names),
            IReadOnlyList<string> list => list.Select((s, i) => (s, i)).ToDictionary(x => $"{x.i}", x => x.s),
            var other => throw new InvalidOperationException($"{property.Name} is {other?.GetType().Name}"),
        };
}
