using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>Families with <c>&lt;|im_start|&gt;role ... &lt;|im_end|&gt;</c>.</summary>
internal static class ChatMlFamilies
{
    private const string Turns =
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n<|im_start|>assistant\nHello."
        + "<|im_end|>\n<|im_start|>user\n  水是什么?\n<|im_end|>\n<|im_start|>assistant\n";

    private const string QwenTools =
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with "
            + "function "
        + "signatures within <tools></tools> XML tags:\n<tools>\n" + Conversations.ToolJson
        + "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        + "<tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": "
        + "<args-json-object>}\n</tool_call><|im_end|>\n";

    private const string QwenToolTurns =
        "<|im_start|>user\nWeather in "
            + "Paris?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n{\"name\": \"get_weather\", "
        + "\"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call><|im_end|>\n<|im_start|>user\n"
        + "<tool_response>\nSunny, 21 °C\n</tool_response><|im_end|>\n<|im_start|>assistant\n";

    public static IReadOnlyList<Family> All { get; } =
    [
        new("ChatML", "", "<|im_end|>",
            "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
            ToolCallStyle.Hermes, Turns),
        new("Yi", "<|startoftext|>", "<|im_end|>", """
            {% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}
            {% if messages[0].role == 'system' %}{% set preface = messages[0].content %}{% endif %}
            {% if preface is defined %}{{ '<|im_start|>system\n' ~ preface ~ '<|im_end|>\n' }}{% endif %}
            {% for m in messages if m.role in ('user', 'assistant') %}
            {{- '<|im_start|>' ~ m.role ~ '\n' ~ m.content ~ '<|im_end|>\n' }}
            {%- endfor -%}
            {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
            """, ToolCallStyle.Hermes, Turns),
        new("Qwen2.5", "", "<|im_end|>", Qwen25, ToolCallStyle.Hermes, Turns,
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.\n\n" + QwenTools
            + QwenToolTurns),
        new("Qwen3", "", "<|im_end|>", Qwen3, ToolCallStyle.Hermes, Turns,
            "<|im_start|>system\n" + QwenTools + QwenToolTurns),
        new("InternLM2", "<s>", "</s>", InternLm2, ToolCallStyle.InternLm2, "<s>" + Turns,
            "<s><|im_start|>system name=<|plugin|>\n[" + Conversations.FunctionJson + "]<|im_end|>\n"
            + "<|im_start|>user\nWeather in Paris?<|im_end|>\n<|im_start|>assistant\n<|action_start|><|plugin|>\n"
            + "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": "
                + "2}}<|action_end|><|im_end|>\n"
            + "<|im_start|>environment name=<|plugin|>\nSunny, 21 °C<|im_end|>\n<|im_start|>assistant\n"),
    ];

    private const string QwenToolPrompt = """
        {%- macro announce(tools) %}
        # Tools

        You may call one or more functions to assist with the user query.

        You are provided with function signatures within <tools></tools> XML tags:
        <tools>
        {%- for t in tools %}{{ '\n' ~ t | tojson }}{% endfor %}

        </tools>

        {{ 'For each function call, return a json object with function name and arguments '
            ~ 'within <tool_call></tool_call> XML tags:' }}
        <tool_call>
        {"name": <function-name>, "arguments": <args-json-object>}
        </tool_call><|im_end|>
        {% endmacro -%}

        """;

    private const string Qwen25 = QwenToolPrompt + """
        {%- set first = messages[0] -%}
        {%- set preface = first.content if first.role == 'system' else
            'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' -%}
        {%- if tools %}
            {{- '<|im_start|>system\n' + preface + '\n\n' }}{{ announce(tools) }}
        {%- else %}
            {{- '<|im_start|>system\n' + preface + '<|im_end|>\n' }}
        {%- endif %}
        {%- for m in messages %}
            {%- if m.role == 'user' or (m.role == 'system' and not loop.first) or (m.role == 'assistant' and not
                m.tool_calls) %}
                {{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}
            {%- elif m.role == 'assistant' %}
                {{- '<|im_start|>' + m.role }}
                {%- if m.content %}{{- '\n' + m.content }}{%- endif %}
                {%- for call in m.tool_calls %}
                    {%- if call.function is defined %}{%- set call = call.function %}{%- endif %}
                    {{- '\n<tool_call>\n{"name": "' }}
                    {{- call.name }}
                    {{- '", "arguments": ' }}
                    {{- call.arguments | tojson }}
                    {{- '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- elif m.role == 'tool' %}
                {%- if loop.index0 == 0 or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{%-
                    endif %}
                {{- '\n<tool_response>\n' }}{{- m.content }}{{- '\n</tool_response>' }}
                {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\n' }}{%- endif %}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;

    // Reasoning stays only after the last question of the user; enable_thinking=false answers with an empty one.
    private const string Qwen3 = QwenToolPrompt + """
        {%- if tools %}
            {{- '<|im_start|>system\n' }}
            {%- if messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}
            {{- announce(tools) }}
        {%- elif messages[0].role == 'system' %}
            {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
        {%- endif %}
        {%- set ns = namespace(seeking=true, question=messages|length - 1) %}
        {%- for m in messages[::-1] %}
            {%- set at = messages|length - 1 - loop.index0 %}
            {%- if ns.seeking and m.role == 'user' and not (m.content.startswith('<tool_response>') and
                m.content.endswith('</tool_response>')) %}
                {%- set ns.seeking = false %}
                {%- set ns.question = at %}
            {%- endif %}
        {%- endfor %}
        {%- for m in messages %}
            {%- if m.role == 'user' or (m.role == 'system' and not loop.first) %}
                {{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}
            {%- elif m.role == 'assistant' %}
                {%- set content = m.content %}
                {%- set thought = '' %}
                {%- if m.reasoning_content is defined and m.reasoning_content is not none %}
                    {%- set thought = m.reasoning_content %}
                {%- elif '</think>' in m.content %}
                    {%- set content = m.content.split('</think>')[-1].lstrip('\n') %}
                    {%- set thought = m.content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                {%- endif %}
                {{- '<|im_start|>' + m.role + '\n' }}
                {%- if loop.index0 > ns.question and (loop.last or thought) %}
                    {{- '<think>\n' + thought.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}
                {%- else %}
                    {{- content }}
                {%- endif %}
                {%- for call in m.tool_calls or [] %}
                    {%- if (loop.first and content) or not loop.first %}{{- '\n' }}{%- endif %}
                    {%- set call = call.function or call %}
                    {{- '<tool_call>\n{"name": "' + call.name + '", "arguments": ' }}
                    {%- if call.arguments is string %}{{- call.arguments }}{%- else %}{{- call.arguments | tojson
                        }}{%- endif %}
                    {{- '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- elif m.role == 'tool' %}
                {%- if loop.first or loop.previtem.role != 'tool' %}{{- '<|im_start|>user' }}{%- endif %}
                {{- '\n<tool_response>\n' + m.content + '\n</tool_response>' }}
                {%- if loop.last or loop.nextitem.role != 'tool' %}{{- '<|im_end|>\n' }}{%- endif %}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
            {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%-
                endif %}
        {%- endif %}
        """;

    private const string InternLm2 = """
        {{- bos_token }}
        {%- if tools %}
            {%- set ns = namespace(list=[]) %}
            {%- for t in tools %}{%- set ns.list = ns.list + [t.function] %}{%- endfor %}
            {{- '<|im_start|>system name=<|plugin|>\n' ~ (ns.list | tojson) ~ '<|im_end|>\n' }}
        {%- endif %}
        {%- for m in messages %}
            {%- if m.role == 'tool' %}
                {{- '<|im_start|>environment name=<|plugin|>\n' + m.content + '<|im_end|>\n' }}
            {%- else %}
                {{- '<|im_start|>' ~ m.role ~ '\n' ~ (m.content or '') }}
                {%- for call in m.tool_calls | default([], true) %}
                    {{- '<|action_start|><|plugin|>\n' ~ {'name': call.function.name, 'parameters':
                        call.function.arguments} | tojson ~ '<|action_end|>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;
}
