using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>Mistral's versions: the words are the same, the spaces are not.</summary>
internal static class MistralFamilies
{
    private const string Tools = "[" + Conversations.ToolJson + "]";

    private const string Call = "[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}, "
        + "\"id\": \"abcdef123\"}]";

    public static IReadOnlyList<Family> All { get; } =
    [
        new("Mistral v0.1", "<s>", "</s>",
            "{{ bos_token }}{% set at = namespace(turn=0) %}{% for m in messages %}{% if m.role == 'system' %}{{ "
            + "raise_exception('Only user and assistant roles are supported!') }}{% elif m.role == 'user' %}{{ "
                + "'[INST] '"
            + " + m.content + ' [/INST]' }}{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}",
            ToolCallStyle.Hermes, "<s>[INST] Hi! [/INST]Hello.</s>[INST]   水是什么?\n [/INST]"),
        new("Mistral v0.3", "<s>", "</s>", Template(' '), ToolCallStyle.Mistral,
            "<s>[INST] Hi![/INST] Hello.</s>[INST] Be brief.\n\n  水是什么?\n[/INST]",
            "<s>[AVAILABLE_TOOLS] " + Tools + "[/AVAILABLE_TOOLS][INST] Weather in Paris?[/INST][TOOL_CALLS] " + Call
            + "</s>[TOOL_RESULTS] {\"content\": \"Sunny, 21 °C\", \"call_id\": \"abcdef123\"}[/TOOL_RESULTS]"),
        new("Mistral Nemo", "<s>", "</s>", Template(null), ToolCallStyle.Mistral,
            "<s>[INST]Hi![/INST]Hello.</s>[INST]Be brief.\n\n  水是什么?\n[/INST]",
            "<s>[AVAILABLE_TOOLS]" + Tools + "[/AVAILABLE_TOOLS][INST]Weather in Paris?[/INST][TOOL_CALLS]" + Call
            + "</s>[TOOL_RESULTS]{\"content\": \"Sunny, 21 °C\", \"call_id\": \"abcdef123\"}[/TOOL_RESULTS]"),
    ];

    // Tools and the system message go before the last question; the id of a call has nine characters.
    private static string Template(char? space) => """
        {%- set sp = 'SPACE' %}
        {%- if messages[0]['role'] == 'system' %}
            {%- set preface = messages[0]['content'] %}
            {%- set turns = messages[1:] %}
        {%- else %}
            {%- set turns = messages %}
        {%- endif %}
        {%- set questions = turns | selectattr('role', 'equalto', 'user') | list %}
        {%- set ns = namespace(index=0) %}
        {%- for m in turns if not (m.role == 'tool' or (m.tool_calls is defined and m.tool_calls is not none)) %}
            {%- if (m['role'] == 'user') != (ns.index % 2 == 0) %}
                {{- raise_exception('Conversation roles must alternate user and assistant') }}
            {%- endif %}
            {%- set ns.index = ns.index + 1 %}
        {%- endfor %}
        {{- bos_token }}
        {%- for m in turns %}
            {%- if m['role'] == 'user' %}
                {%- if tools is not none and m == questions[-1] %}
                    {{- '[AVAILABLE_TOOLS]' + sp + '[' }}
                    {%- for t in tools %}
                        {%- set f = t.function %}
                        {{- '{"type": "function", "function": {' }}
                        {%- for key, value in f.items() if key != 'return' %}
                            {%- if value is string %}
                                {{- '"' + key + '": "' + value + '"' }}
                            {%- else %}
                                {{- '"' + key + '": ' + value | tojson }}
                            {%- endif %}
                            {%- if not loop.last %}{{- ', ' }}{%- endif %}
                        {%- endfor %}
                        {{- '}}' if loop.last else '}}, ' }}
                    {%- endfor %}
                    {{- ']' + '[/AVAILABLE_TOOLS]' }}
                {%- endif %}
                {%- if loop.last and preface is defined %}
                    {{- '[INST]' + sp + preface + '\n\n' + m['content'] + '[/INST]' }}
                {%- else %}
                    {{- '[INST]' + sp + m['content'] + '[/INST]' }}
                {%- endif %}
            {%- elif m.tool_calls is defined and m.tool_calls is not none %}
                {{- '[TOOL_CALLS]' + sp + '[' }}
                {%- for call in m.tool_calls %}
                    {%- set out = call.function | tojson %}
                    {{- out[:-1] }}
                    {%- if call.id is not defined or call.id | length != 9 %}
                        {{- raise_exception('The id of a tool call must have nine characters') }}
                    {%- endif %}
                    {{- ', "id": "' + call.id + '"}' }}
                    {{- ', ' if not loop.last else ']' + eos_token }}
                {%- endfor %}
            {%- elif m['role'] == 'assistant' %}
                {{- sp + m['content'] | trim + eos_token }}
            {%- elif m['role'] == 'tool' %}
                {%- set content = m.content.content if m.content.content is defined else m.content %}
                {{- '[TOOL_RESULTS]' + sp + '{"content": ' + content | tojson + ', ' }}
                {{- '"call_id": "' + m.tool_call_id + '"}[/TOOL_RESULTS]' }}
            {%- else %}
                {{- raise_exception('Only user, assistant and tool roles are supported after a system message') }}
            {%- endif %}
        {%- endfor %}
        """.Replace("SPACE", space?.ToString() ?? "", StringComparison.Ordinal);
}
