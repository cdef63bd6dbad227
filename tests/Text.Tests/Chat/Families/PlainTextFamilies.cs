using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>Families that tell turns apart by words, and a tool format that describes tools in words.</summary>
internal static class PlainTextFamilies
{
    public static IReadOnlyList<Family> All { get; } =
    [
        new("Vicuna", "<s>", "</s>", """
            {{- bos_token }}
            {%- set preface = 'A chat between a curious user and an artificial intelligence assistant.' -%}
            {%- set turns = messages | rejectattr('role', 'equalto', 'system') | list -%}
            {%- set told = messages | selectattr('role', 'eq', 'system') | map(attribute='content') | list -%}
            {{- (told | join(' ')) or preface }}
            {%- for m in turns %}
                {%- if m.role == 'user' %}{{ ' USER: ' ~ m.content | trim }}{% endif %}
                {%- if m.role == 'assistant' %}{{ ' ASSISTANT: ' ~ m.content | trim ~ eos_token }}{% endif %}
            {%- endfor %}
            {{- ' ASSISTANT:' if add_generation_prompt }}
            """, ToolCallStyle.Hermes,
            "<s>Be brief. USER: Hi! ASSISTANT: Hello.</s> USER: 水是什么? ASSISTANT:"),
        new("Alpaca", "<s>", "</s>", """
            {% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] | trim + '\n\n' }}{% endif %}
            {% for m in messages %}
            {% if m['role'] == 'user' %}{{ '### Instruction:\n' + m['content'] | trim + '\n\n' }}
            {%- elif m['role'] == 'assistant' %}{{ '### Response:\n' + m['content'] | trim + eos_token + '\n\n' }}
            {%- endif %}
            {% endfor %}
            {% if add_generation_prompt and messages[-1]['role'] == 'user' %}{{ '### Response:\n' }}{% endif %}
            """, ToolCallStyle.Hermes,
            "Be brief.\n\n### Instruction:\nHi!\n\n### Response:\nHello.</s>\n\n### Instruction:\n水是什么?\n\n"
            + "### Response:\n"),
        new("Falcon", "", "<|endoftext|>",
            "{% for m in messages %}{% if not loop.first %}{{ '\\n' }}{% endif %}{{ {'system': 'System', 'user': "
                + "'User', "
            + "'assistant': 'Falcon', 'tool': 'Tool'}.get(m.role, m.role | capitalize) + ': ' + (m.content or '') }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ '\\nFalcon:' }}{% endif %}", ToolCallStyle.Hermes,
            "System: Be brief.\nUser: Hi!\nFalcon: Hello.\nUser:   水是什么?\n\nFalcon:"),
        new("StarChat", "<|endoftext|>", "<|endoftext|>", """
            {%- for m in messages %}
            {%- if m.role == 'system' %}{{ m.content ~ '\n\n' }}
            {%- elif m.role == 'user' %}{{ '### Instruction\n' ~ m.content ~ '\n\n' }}
            {%- else %}{{ '### Response\n' ~ m.content ~ eos_token ~ '\n\n' }}{% endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}{{ '### Response\n' }}{% endif %}
            """, ToolCallStyle.Hermes,
            "Be brief.\n\n### Instruction\nHi!\n\n### Response\nHello.<|endoftext|>\n\n### Instruction\n  水是什么?\n\n\n"
            + "### Response\n"),
        new("Hermes tool use", "<|begin_of_text|>", "<|im_end|>", HermesTools, ToolCallStyle.Hermes,
            "<|begin_of_text|><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n"
            + "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\n  水是什么?\n<|im_end|>\n"
            + "<|im_start|>assistant\n",
            "<|begin_of_text|><|im_start|>system\nHere are the available tools: <tools> {\"type\": \"function\", "
            + "\"function\": {\"name\": \"get_weather\", \"description\": \"get_weather(city: str, days: int = None) - "
            + "The weather of a city — 天气.\\n\\n    Args:\\n        city(str)\\n        days(int)\", "
            + "\"parameters\": {\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}, \"days\": "
            + "{\"type\": \"integer\"}}, \"required\": [\"city\"]}}} </tools>"
            + "<|im_end|>\n<|im_start|>user\nWeather in Paris?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
            + "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call><|im_end|>\n"
            + "<|im_start|>tool\n<tool_response>\nSunny, 21 °C\n</tool_response><|im_end|>\n<|im_start|>assistant\n"),
    ];

    // Macros that call themselves over a JSON schema.
    private const string HermesTools = """
        {%- macro python_type(schema) %}
            {%- set names = {'string': 'str', 'number': 'float', 'integer': 'int', 'boolean': 'bool'} %}
            {%- if names[schema.type] is defined %}
                {{- names[schema.type] }}
            {%- elif schema.type == 'array' %}
                {{- 'list[' + python_type(schema['items']) + ']' }}
            {%- elif schema.type == 'object' %}
                {{- 'dict[str, ' + python_type(schema.additionalProperties) + ']' if schema.additionalProperties is
                    defined else 'dict' }}
            {%- elif schema.type is iterable and schema.type is not string %}
                {%- for t in schema.type %}{{- python_type({'type': t}) }}{{- ' | ' if not loop.last }}{%- endfor %}
            {%- else %}
                {{- 'Any' }}
            {%- endif %}
        {%- endmacro %}
        {%- macro signature(f) -%}
            {%- set needed = f.parameters.required | default([]) -%}
            {{ f.name }}(
            {%- for name, schema in f.parameters.properties.items() -%}
                {{ name }}: {{ python_type(schema) }}{{ ' = None' if name not in needed }}{{ ', ' if not loop.last }}
            {%- endfor -%}
            )
        {%- endmacro %}
        {{- bos_token }}
        {%- if tools %}
            {{- '<|im_start|>system\nHere are the available tools: <tools> ' }}
            {%- for t in tools %}
                {%- if t.function is defined %}{%- set t = t.function %}{%- endif %}
                {{- '{"type": "function", "function": {"name": "' + t.name + '", "description": "' + signature(t) +
                    ' - ' + t.description + '\\n\\n    Args:\\n' }}
                {%- for name, schema in t.parameters.properties | dictsort %}
                    {{- '        ' + name + '(' + python_type(schema) + ')' }}{{ '\\n' if not loop.last }}
                {%- endfor %}
                {{- '", "parameters": ' + t.parameters | tojson + '}}' -}}
                {{- '' if loop.last else ', ' }}
            {%- endfor %}
            {{- ' </tools><|im_end|>\n' }}
        {%- endif %}
        {%- for m in messages %}
            {%- if m.role == 'tool' %}
                {%- if loop.previtem and loop.previtem.role != 'tool' %}{{- '<|im_start|>tool\n' }}{%- endif %}
                {{- '<tool_response>\n' + m.content + ('\n</tool_response>\n' if not loop.last and loop.nextitem.role
                    == 'tool' else '\n</tool_response>') }}
                {%- if loop.last or loop.nextitem.role != 'tool' %}{{- '<|im_end|>\n' }}{%- endif %}
            {%- elif m.role == 'assistant' and m.tool_calls is defined %}
                {{- '<|im_start|>' + m.role }}
                {%- for c in m.tool_calls %}
                    {{- '\n<tool_call>\n' + {'name': c.function.name, 'arguments': c.function.arguments} | tojson +
                        '\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- else %}
                {{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;
}
