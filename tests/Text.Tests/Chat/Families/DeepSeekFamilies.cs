using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>DeepSeek's versions. V3's template takes the arguments of calls as text.</summary>
internal static class DeepSeekFamilies
{
    private const string Bos = "<｜begin▁of▁sentence｜>", Eos = "<｜end▁of▁sentence｜>";

    public static IReadOnlyList<Family> All { get; } =
    [
        new("DeepSeek V2", Bos, Eos, """
            {% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{
                bos_token }}
            {%- for m in messages %}
            {%- if m['role'] == 'user' %}{{ 'User: ' + m['content'] + '\n\n' }}
            {%- elif m['role'] == 'assistant' %}{{ 'Assistant: ' + m['content'] + eos_token }}
            {%- elif m['role'] == 'system' %}{{ m['content'] + '\n\n' }}{% endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}
            """, ToolCallStyle.Hermes,
            $"{Bos}Be brief.\n\nUser: Hi!\n\nAssistant: Hello.{Eos}User:   水是什么?\n\n\nAssistant:"),
        new("DeepSeek V3", Bos, Eos, V3, ToolCallStyle.DeepSeek,
            $"{Bos}Be brief.<｜User｜>Hi!<｜Assistant｜>Hello.{Eos}<｜User｜>  水是什么?\n<｜Assistant｜>",
            $"{Bos}<｜User｜>Weather in Paris?<｜Assistant｜><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function"
            + "<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Paris\", \"days\": 2}\n```<｜tool▁call▁end｜>"
            + $"<｜tool▁calls▁end｜>{Eos}<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>Sunny, 21 °C<｜tool▁output▁end｜>"
            + "<｜tool▁outputs▁end｜>"),
        new("DeepSeek R1", Bos, Eos, V3.Replace("'<｜Assistant｜>' }}{% endif %}",
            "'<｜Assistant｜><think>\\n' }}{% endif %}", StringComparison.Ordinal), ToolCallStyle.DeepSeek,
            $"{Bos}Be brief.<｜User｜>Hi!<｜Assistant｜>Hello.{Eos}<｜User｜>  水是什么?\n<｜Assistant｜><think>\n"),
    ];

    // The system messages stand first, reasoning of earlier answers is cut off, results of tools share a block.
    private const string V3 = """
        {% set ns = namespace(in_tool=false, preface='') %}
        {%- for m in messages if m['role'] == 'system' %}
            {%- set ns.preface = ns.preface + ('' if loop.first else '\n\n') + m['content'] %}
        {%- endfor %}
        {{- bos_token }}{{ ns.preface }}
        {%- for m in messages %}
            {%- if m['role'] == 'user' %}
                {%- set ns.in_tool = false %}
                {{- '<｜User｜>' + m['content'] }}
            {%- endif %}
            {%- if m['role'] == 'assistant' and m['tool_calls'] is defined and m['tool_calls'] is not none %}
                {%- for c in m['tool_calls'] %}
                    {%- if loop.first %}{{ '<｜Assistant｜>' ~ (m['content'] or '') ~ '<｜tool▁calls▁begin｜>' }}{% else
                        %}{{ '\n' }}{% endif %}
                    {{- '<｜tool▁call▁begin｜>' + c['type'] + '<｜tool▁sep｜>' + c['function']['name'] + '\n' + '```json'
                        + '\n' + c['function']['arguments'] + '\n' + '```' + '<｜tool▁call▁end｜>' }}
                {%- endfor %}
                {{- '<｜tool▁calls▁end｜>' + eos_token }}
            {%- elif m['role'] == 'assistant' %}
                {%- if ns.in_tool %}
                    {{- '<｜tool▁outputs▁end｜>' + m['content'] + eos_token }}
                    {%- set ns.in_tool = false %}
                {%- else %}
                    {%- set content = m['content'] %}
                    {%- if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}
                    {{- '<｜Assistant｜>' + content + eos_token }}
                {%- endif %}
            {%- endif %}
            {%- if m['role'] == 'tool' %}
                {%- if not ns.in_tool %}{{ '<｜tool▁outputs▁begin｜>' }}{% else %}{{ '\n' }}{% endif %}
                {%- set ns.in_tool = true %}
                {{- '<｜tool▁output▁begin｜>' + m['content'] + '<｜tool▁output▁end｜>' }}
            {%- endif %}
        {%- endfor %}
        {%- if ns.in_tool %}{{ '<｜tool▁outputs▁end｜>' }}{% endif %}
        {%- if add_generation_prompt and not ns.in_tool %}{{ '<｜Assistant｜>' }}{% endif %}
        """;
}
