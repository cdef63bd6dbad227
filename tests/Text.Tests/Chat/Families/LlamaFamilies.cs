using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>Meta's formats and those that follow them.</summary>
internal static class LlamaFamilies
{
    private const string Header = "<|start_header_id|>", HeaderEnd = "<|end_header_id|>\n\n", End = "<|eot_id|>";
    private const string Dates = "Cutting Knowledge Date: December 2023\nToday Date: 05 Mar 2026\n\n";
    private const string ToolJson = """
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "The weather of a city — 天气.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "city": {
                            "type": "string"
                        },
                        "days": {
                            "type": "integer"
                        }
                    },
                    "required": [
                        "city"
                    ]
                }
            }
        }
        """;

    private const string FunctionJson = "{\"description\": \"The weather of a city — 天气.\", \"name\": \"get_weather\", "
        + "\"parameters\": {\"properties\": {\"city\": {\"type\": \"string\"}, \"days\": {\"type\": \"integer\"}}, "
        + "\"required\": [\"city\"], \"type\": \"object\"}}";

    public static IReadOnlyList<Family> All { get; } =
    [
        new("Llama 2", "<s>", "</s>", Llama2, ToolCallStyle.Hermes,
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi! [/INST] Hello. </s><s>[INST] 水是什么? [/INST]"),
        new("Llama 3", "<|begin_of_text|>", End, Llama3, ToolCallStyle.Hermes,
            $"<|begin_of_text|>{Header}system{HeaderEnd}Be brief.{End}{Header}user{HeaderEnd}Hi!{End}"
            + $"{Header}assistant{HeaderEnd}Hello.{End}{Header}user{HeaderEnd}水是什么?{End}{Header}assistant{HeaderEnd}"),
        new("Llama 3.1", "<|begin_of_text|>", End, Llama31, ToolCallStyle.LlamaJson,
            $"<|begin_of_text|>{Header}system{HeaderEnd}{Dates}Be brief.{End}{Header}user{HeaderEnd}Hi!{End}"
            + $"{Header}assistant{HeaderEnd}Hello.{End}{Header}user{HeaderEnd}水是什么?{End}"
            + $"{Header}assistant{HeaderEnd}",
            $"<|begin_of_text|>{Header}system{HeaderEnd}Environment: ipython\n{Dates}{End}{Header}user{HeaderEnd}"
            + "Given the following functions, please respond with a JSON for a function call with its proper arguments "
            + "that best answers the given prompt.\n\nRespond in the format {\"name\": function name, \"parameters\": "
            + "dictionary of argument name and its value}.Do not use variables.\n\n" + ToolJson
            + $"\n\nWeather in Paris?{End}{Header}assistant{HeaderEnd}"
            + "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2}}"
            + $"{End}{Header}ipython{HeaderEnd}\"Sunny, 21 °C\"{End}{Header}assistant{HeaderEnd}"),
        new("Functionary", "<|begin_of_text|>", End, Functionary, ToolCallStyle.FunctionTag,
            $"<|begin_of_text|>{Header}system{HeaderEnd}Be brief.{End}{Header}user{HeaderEnd}Hi!{End}"
            + $"{Header}assistant{HeaderEnd}Hello.{End}{Header}user{HeaderEnd}  水是什么?\n{End}"
            + $"{Header}assistant{HeaderEnd}",
            $"<|begin_of_text|>{Header}system{HeaderEnd}You have access to the following functions:\n\n"
            + $"Use the function 'get_weather' to 'The weather of a city — 天气.'\n{FunctionJson}\n\n{End}"
            + $"{Header}user{HeaderEnd}Weather in Paris?{End}{Header}assistant{HeaderEnd}"
            + "<function=get_weather>{\"city\": \"Paris\", \"days\": 2}</function><|eom_id|>"
            + $"{Header}ipython{HeaderEnd}Sunny, 21 °C{End}{Header}assistant{HeaderEnd}"),
    ];

    private const string Llama2 = """
        {%- if messages[0]['role'] == 'system' -%}
            {%- set rest = messages[1:] -%}
            {%- set preface = messages[0]['content'] -%}
        {%- else -%}
            {%- set rest = messages -%}
            {%- set preface = false -%}
        {%- endif -%}
        {%- for m in rest -%}
            {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}
                {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') -}}
            {%- endif -%}
            {%- if loop.index0 == 0 and preface != false -%}
                {%- set content = '<<SYS>>\n' + preface + '\n<</SYS>>\n\n' + m['content'] -%}
            {%- else -%}
                {%- set content = m['content'] -%}
            {%- endif -%}
            {%- if m['role'] == 'user' -%}
                {{- bos_token + '[INST] ' + content.strip() + ' [/INST]' -}}
            {%- elif m['role'] == 'assistant' -%}
                {{- ' ' + content.strip() + ' ' + eos_token -}}
            {%- endif -%}
        {%- endfor -%}
        """;

    private const string Llama3 =
        "{% set ns = namespace(first=true) %}{% for m in messages %}{% set turn = '<|start_header_id|>' + m['role'] "
        + "+ '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
        + "{% set turn = bos_token + turn %}{% endif %}{{ turn }}{% endfor %}{% if add_generation_prompt %}"
        + "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

    private const string Llama31 = """
        {{- bos_token }}
        {%- if not tools is defined %}{%- set tools = none %}{%- endif %}
        {%- if not date_string is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}
        {%- if messages[0]['role'] == 'system' %}
            {%- set preface = messages[0]['content'] | trim %}
            {%- set messages = messages[1:] %}
        {%- else %}
            {%- set preface = "" %}
        {%- endif %}
        {{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
        {%- if tools is not none %}{{- "Environment: ipython\n" }}{%- endif %}
        {{- "Cutting Knowledge Date: December 2023\n" }}
        {{- "Today Date: " + date_string + "\n\n" }}
        {{- preface }}
        {{- "<|eot_id|>" }}
        {%- if tools is not none %}
            {%- if messages | length == 0 %}{{- raise_exception("There is no first user message to put the tools in")
                }}{%- endif %}
            {%- set question = messages[0]['content'] | trim %}
            {%- set messages = messages[1:] %}
            {{- '<|start_header_id|>user<|end_header_id|>\n\n' -}}
            {{- "Given the following functions, please respond with a JSON for a function call " }}
            {{- "with its proper arguments that best answers the given prompt.\n\n" }}
            {{- 'Respond in the format {"name": function name, ' }}
            {{- '"parameters": dictionary of argument name and its value}.' }}
            {{- "Do not use variables.\n\n" }}
            {%- for t in tools %}
                {{- t | tojson(indent=4) }}
                {{- "\n\n" }}
            {%- endfor %}
            {{- question + "<|eot_id|>" }}
        {%- endif %}
        {%- for m in messages %}
            {%- if not (m.role == 'ipython' or m.role == 'tool' or 'tool_calls' in m) %}
                {{- '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}
            {%- elif 'tool_calls' in m %}
                {%- if m.tool_calls | length != 1 %}{{- raise_exception("This model calls one tool at once") }}{%-
                    endif %}
                {%- set call = m.tool_calls[0].function %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
                {{- '{"name": "' + call.name + '", ' }}
                {{- '"parameters": ' }}
                {{- call.arguments | tojson }}
                {{- "}" }}
                {{- "<|eot_id|>" }}
            {%- else %}
                {{- "<|start_header_id|>ipython<|end_header_id|>\n\n" }}
                {%- if m.content is mapping or m.content is iterable %}{{- m.content | tojson }}{%- else %}{{-
                    m.content }}{%- endif %}
                {{- "<|eot_id|>" }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}
        """;

    private const string Functionary = """
        {{- bos_token -}}
        {%- if tools -%}
            {{- '<|start_header_id|>system<|end_header_id|>\n\nYou have access to the following functions:\n\n' -}}
            {%- for f in tools | map(attribute='function') -%}
                {{- "Use the function '" ~ f.name ~ "' to '" ~ f.description ~ "'\n" ~ f | tojson(sort_keys=true) ~
                    "\n\n" -}}
            {%- endfor -%}
            {{- '<|eot_id|>' -}}
        {%- endif -%}
        {%- for m in messages -%}
            {%- set role = 'ipython' if m.role == 'tool' else m.role -%}
            {{- '<|start_header_id|>' ~ role ~ '<|end_header_id|>\n\n' -}}
            {%- if m.content %}{{ m.content }}{% endif -%}
            {%- for call in m.tool_calls or [] -%}
                {{- '<function=' ~ call.function.name ~ '>' -}}
                {{- call.function.arguments | tojson }}{{ '</function>' -}}
            {%- endfor -%}
            {{- '<|eom_id|>' if m.tool_calls else '<|eot_id|>' -}}
        {%- endfor -%}
        {%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif -%}
        """;
}
