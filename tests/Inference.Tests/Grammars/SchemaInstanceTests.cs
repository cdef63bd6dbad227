using Weir.Formats.Bcl;

namespace Weir.Inference.Tests.Grammars;

/// <summary>Which texts a schema takes and which it does not, byte by byte.</summary>
public sealed class SchemaInstanceTests
{
    private const string Person =
        """{"properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name"]}""";
    private const string Open =
        """{"properties":{"ab":{"const":1},"汉":{"const":2}},"additionalProperties":{"const":3}}""";
    private const string Nested = """{"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"null"}]}""";

    [Theory]
    [InlineData("{}", """{"a":[1,-2.5e+3,"x\u00e9\n",true,null,{}]}""")]
    [InlineData("{}", "\"\\ud83d\\ude00 \ud83d\ude00\"")]
    [InlineData(Person, """{"name":"Ada"}""")]
    [InlineData(Person, """{"name": "Ada", "age": 36}""")]
    [InlineData(Person, "{\n  \"name\": \"Ada\",\n  \"age\": 36\n}")]
    [InlineData(Person, "{\n\t\"name\": \"Ada\"\n}")]
    [InlineData(Open, """{"ab":1,"a":3,"abc":3,"b":3,"汉字":3,"":3}""")]
    [InlineData(Open, """{"汉":2}""")]
    [InlineData(Nested, "[[],[null,[[]]]]")]
    [InlineData("""{"type":"array","items":{"type":"array","items":{"type":"integer"}}}""",
        "[\n  [\n    1,\n    2\n  ],\n  []\n]")]
    [InlineData("""{"enum":["é\n\"","x"]}""", "\"é\\n\\\"\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":2}""", "\"汉\ud83d\ude00\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":2}""", "\"\\n\\ud83d\\ude00\"")]
    [InlineData("""{"type":"string","pattern":"^.\"\\n$"}""", "\"a\\\"\\n\"")]
    [InlineData("""{"type":"string","pattern":"^\\p{L}*[^\\p{L}]$","maxLength":3}""", "\"É\ud840\udc00\ud83d\ude00\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-02-29\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2000-02-29\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2026-11-25T23:59:59.25+08:00\"")]
    [InlineData("""{"type":"string","format":"email"}""", "\"ada.l@example.co.uk\"")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "-5")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "0")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "1000")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "0.25")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "0.2500")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "12.49999")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "7")]
    [InlineData("""{"type":"number","maximum":100}""", "-123456.75")]
    [InlineData("""{"type":"string","nullable":true}""", "null")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[1]")]
    [InlineData("""{"type":"object","x-order":1,"properties":{}}""", "{}")]
    public void Valid_text_is_taken(string schema, string text) =>
        Assert.True(TestVocabulary.Schema(schema).Accepts(text), text);

    [Theory]
    [InlineData("{}", """{"a":1,}""")]
    [InlineData("{}", "01")]
    [InlineData("{}", "1.")]
    [InlineData("{}", "\"\\ud83d\"")]
    [InlineData("{}", "\"\\x\"")]
    [InlineData("{}", "\"\n\"")]
    [InlineData("{}", "[1,  2]")]
    [InlineData("{}", " 1")]
    [InlineData(Person, """{"age":36,"name":"Ada"}""")]
    [InlineData(Person, """{"age":36}""")]
    [InlineData(Person, """{"name":"Ada","born":1815}""")]
    [InlineData(Person, """{"name":"Ada",}""")]
    [InlineData(Person, """{"name":"Ada" """)]
    [InlineData(Open, """{"ab":3}""")]
    [InlineData(Open, """{"a\u0062":3}""")]
    [InlineData(Open, """{"x":3,"ab":1}""")]
    [InlineData(Open, """{"汉":3}""")]
    [InlineData(Nested, "[[],[1]]")]
    [InlineData("""{"enum":["ab","ac"]}""", "\"a\"")]
    [InlineData("""{"enum":["ab","ac"]}""", "\"\\u0061b\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":2}""", "\"\ud83d\ude00\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2023-02-29\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"1900-02-29\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2023-04-31\"")]
    [InlineData("""{"type":"string","format":"time"}""", "\"24:00:00Z\"")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "-6")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "1001")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":1000}""", "1.0")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "0.2499")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "12.50")]
    [InlineData("""{"type":"number","minimum":0.25,"exclusiveMaximum":12.5}""", "-1")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[2]")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[1,2,3]")]
    public void Other_text_is_not(string schema, string text) =>
        Assert.False(TestVocabulary.Schema(schema).Accepts(text), text);

    [Theory]
    [InlineData("""{"type":"array","uniqueItems":true}""", "'uniqueItems'")]
    [InlineData("""{"type":"object","patternProperties":{"a":{}}}""", "'patternProperties'")]
    [InlineData("""{"type":"object","propertyNames":{}}""", "'propertyNames'")]
    [InlineData("""{"type":"object","minProperties":1}""", "'minProperties'")]
    [InlineData("""{"type":"integer","multipleOf":3}""", "'multipleOf'")]
    [InlineData("""{"not":{}}""", "'not'")]
    [InlineData("""{"if":{},"then":{}}""", "'if'")]
    [InlineData("""{"type":"array","contains":{}}""", "'contains'")]
    [InlineData("""{"properties":{"a":{"items":{"typo":1}}}}""", "'#/properties/a/items': the keyword 'typo'")]
    [InlineData("""{"type":"string","format":"iri"}""", "'iri'")]
    [InlineData("""{"type":"string","pattern":"a{300}","maxLength":60000}""", "smaller counts")]
    [InlineData("""{"type":"string","pattern":"a","format":"date"}""", "more than one 'pattern' or 'format'")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "look-around")]
    [InlineData("""{"type":"text"}""", "'type'")]
    [InlineData("""{"$ref":"#/$defs/gone"}""", "'$defs'")]
    [InlineData("""{"$ref":"https://example.org/schema"}""", "leads out of the schema")]
    [InlineData("""{"$ref":"#"}""", "refers to itself")]
    [InlineData("""{"anyOf":[{"$ref":"#"},{"type":"string"}]}""", "begins with itself")]
    [InlineData("""{"properties":{"a":{"$ref":"#"}},"required":["a"]}""", "Nothing satisfies")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":false}""", "Nothing satisfies")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "Nothing satisfies")]
    [InlineData("""{"type":"integer","minimum":1e40}""", "'minimum'")]
    [InlineData("""{"exclusiveMinimum":true}""", "'exclusiveMinimum'")]
    [InlineData("""{"type":"string","minLength":-1}""", "'minLength'")]
    [InlineData("""{"type":"string","maxLength":100000000}""", "'maxLength'")]
    [InlineData("""{"enum":["a"],"pattern":"b"}""", "'pattern' is not supported beside 'enum'")]
    [InlineData("""{"items":[{}]}""", "'prefixItems'")]
    [InlineData("""{"enum":1}""", "'enum'")]
    [InlineData("""{"anyOf":{}}""", "'anyOf'")]
    [InlineData("""{"required":"a"}""", "'required'")]
    [InlineData("""{"properties":{"a":1}}""", "a schema is an object")]
    [InlineData("""{"const":"\ud800"}""", "surrogate")]
    [InlineData("""{"allOf":[{"unevaluatedProperties":false},{"properties":{"b":{}}}],"type":"object"}""",
        "'unevaluatedProperties'")]
    [InlineData("3", "A JSON schema is an object")]
    [InlineData("false", "Nothing satisfies")]
    public void What_is_not_supported_is_named(string schema, string said)
    {
        var error = Assert.Throws<UserErrorException>(
            () => TestVocabulary.Schema(schema).Compile(TestVocabulary.Bytes));
        Assert.Contains(said, error.Message);
    }
}
