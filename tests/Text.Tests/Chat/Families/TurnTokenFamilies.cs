using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>Families with a token for each role, or tokens around it.</summary>
internal static class TurnTokenFamilies
{
    private const string CohereTurn = "<|START_OF_TURN_TOKEN|>", CohereEnd = "<|END_OF_TURN_TOKEN|>";

    public static IReadOnlyList<Family> All { get; } =
    [
        new("Gemma 2", "<bos>", "<end_of_turn>", """
            {{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported')
                }}{% endif %}
            {%- for m in messages -%}
                {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}
                    {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
                {%- endif -%}
                {%- if m['role'] == 'assistant' -%}{%- set role = 'model' -%}{%- else -%}{%- set role = m['role']
                    -%}{%- endif -%}
                {{ '<start_of_turn>' + role + '\n' + m['content'] | trim + '<end_of_turn>\n' }}
            {%- endfor -%}
            {%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{%- endif -%}
            """, ToolCallStyle.Hermes,
            "<bos><start_of_turn>user\nHi!<end_of_turn>\n<start_of_turn>model\nHello.<end_of_turn>\n"
            + "<start_of_turn>user\n水是什么?<end_of_turn>\n<start_of_turn>model\n"),
        new("Phi-3", "<s>", "<|end|>", """
            {% for m in messages %}
            {% if m.role in ['system', 'user', 'assistant'] and m.content %}
            {{'<|' + m.role + '|>\n' + m.content + '<|end|>\n'}}
            {%- endif %}
            {% endfor %}
            {%- if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}
            """, ToolCallStyle.Hermes,
            "<|system|>\nBe brief.<|end|>\n<|user|>\nHi!<|end|>\n<|assistant|>\nHello.<|end|>\n<|user|>\n  水是什么?\n"
            + "<|end|>\n<|assistant|>\n"),
        new("Phi-4 mini", "", "<|end|>",
            "{% for m in messages %}{% if m['role'] == 'system' and tools is not none and tools %}{{ '<|system|>' + "
            + "m['content'] + '<|tool|>' + tools | tojson + '<|/tool|>' + '<|end|>' }}{% elif m.tool_calls %}"
            + "{{ '<|assistant|><|tool_call|>' }}[{% for c in m.tool_calls %}{{ {'name': c.function.name, 'arguments': "
            + "c.function.arguments} | tojson }}{{ ',' if not loop.last }}{% endfor %}]{{ '<|/tool_call|><|end|>' }}"
            + "{% else %}{{ '<|' ~ m['role'] ~ '|>' ~ m['content'] ~ '<|end|>' }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}", ToolCallStyle.ToolCallList,
            "<|system|>Be brief.<|end|><|user|>Hi!<|end|><|assistant|>Hello.<|end|><|user|>  水是什么?\n<|end|>"
            + "<|assistant|>",
            "<|user|>Weather in Paris?<|end|><|assistant|><|tool_call|>[{\"name\": \"get_weather\", \"arguments\": "
            + "{\"city\": \"Paris\", \"days\": 2}}]<|/tool_call|><|end|><|tool|>Sunny, 21 °C<|end|><|assistant|>"),
        new("Zephyr", "<s>", "</s>", Zephyr, ToolCallStyle.Hermes,
            "<|system|>\nBe brief.</s>\n<|user|>\nHi!</s>\n<|assistant|>\nHello.</s>\n<|user|>\n  水是什么?\n</s>\n"
            + "<|assistant|>\n"),
        new("TinyLlama", "<s>", "</s>", Zephyr.Replace("message", "turn", StringComparison.Ordinal)
            .Replace("turns", "messages", StringComparison.Ordinal), ToolCallStyle.Hermes,
            "<|system|>\nBe brief.</s>\n<|user|>\nHi!</s>\n<|assistant|>\nHello.</s>\n<|user|>\n  水是什么?\n</s>\n"
            + "<|assistant|>\n"),
        new("Granite 3", "<|end_of_text|>", "<|end_of_text|>", """
            {%- if tools %}
                {{- '<|start_of_role|>available_tools<|end_of_role|>\n' }}
                {%- for t in tools %}
                {{- t | tojson(indent=4) }}
                {%- if not loop.last %}
                    {{- '\n\n' }}
                {%- endif %}
                {%- endfor %}
                {{- '<|end_of_text|>\n' }}
            {%- endif %}
            {%- for m in messages %}
                {%- if m['role'] == 'tool' %}
                    {{- '<|start_of_role|>tool_response<|end_of_role|>' + m['content'] + '<|end_of_text|>\n' }}
                {%- elif m['tool_calls'] is defined and m['tool_calls'] %}
                    {%- set ns = namespace(calls=[]) %}
                    {%- for c in m['tool_calls'] %}{%- set ns.calls = ns.calls + [{'name': c.function.name,
                        'arguments': c.function.arguments}] %}{%- endfor %}
                    {{- '<|start_of_role|>assistant<|end_of_role|><|tool_call|>' ~ ns.calls | tojson ~
                        '<|end_of_text|>\n' }}
                {%- else %}
                    {{- '<|start_of_role|>' + m['role'] + '<|end_of_role|>' + m['content'] + '<|end_of_text|>\n' }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|start_of_role|>assistant<|end_of_role|>' }}
            {%- endif %}
            """, ToolCallStyle.ToolCallList,
            "<|start_of_role|>system<|end_of_role|>Be brief.<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>Hi!"
            + "<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>Hello.<|end_of_text|>\n<|start_of_role|>user"
            + "<|end_of_role|>  水是什么?\n<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>"),
        new("Command R", "<BOS_TOKEN>", CohereEnd, """
            {{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set turns = messages[1:] %}{% set preface =
                messages[0]['content'] %}
            {%- else %}{% set turns = messages %}{% set preface = false %}{% endif %}
            {%- if preface != false %}{{ '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>' + preface +
                '<|END_OF_TURN_TOKEN|>' }}{% endif %}
            {%- for m in turns %}
                {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{
                    raise_exception('Conversation roles must alternate') }}{% endif %}
                {%- set who = {'user': 'USER', 'assistant': 'CHATBOT'}[m['role']] %}
                {{- '<|START_OF_TURN_TOKEN|><|' ~ who ~ '_TOKEN|>' ~ m['content'].strip() ~ '<|END_OF_TURN_TOKEN|>' }}
            {%- endfor %}
            {%- if add_generation_prompt %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}
            """, ToolCallStyle.Hermes,
            $"<BOS_TOKEN>{CohereTurn}<|SYSTEM_TOKEN|>Be brief.{CohereEnd}{CohereTurn}<|USER_TOKEN|>Hi!{CohereEnd}"
            + $"{CohereTurn}<|CHATBOT_TOKEN|>Hello.{CohereEnd}{CohereTurn}<|USER_TOKEN|>水是什么?{CohereEnd}"
            + $"{CohereTurn}<|CHATBOT_TOKEN|>"),
        new("OLMo", "<|endoftext|>", "<|endoftext|>",
            "{{ eos_token }}{% for m in messages %}\n{% if m['role'] != 'assistant' %}\n{{ '<|' + m['role'] + '|>\n' + "
            + "m['content'] }}\n{% else %}\n{{ '<|assistant|>\n' + m['content'] + eos_token }}\n{% endif %}\n"
            + "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
            ToolCallStyle.Hermes,
            "<|endoftext|><|system|>\nBe brief.\n<|user|>\nHi!\n<|assistant|>\nHello.<|endoftext|>\n<|user|>\n  水是什么?\n"
            + "\n<|assistant|>\n"),
        new("OpenChat", "<s>", "<|end_of_turn|>",
            "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content + '<|end_of_turn|>' }}"
            + "{% else %}{{ 'GPT4 Correct ' + m.role | title + ': ' + m.content + '<|end_of_turn|>' }}{% endif %}"
            + "{% endfor %}{% if add_generation_prompt %}{{ 'GPT4 Correct Assistant:' }}{% endif %}",
            ToolCallStyle.Hermes,
            "<s>Be brief.<|end_of_turn|>GPT4 Correct User: Hi!<|end_of_turn|>GPT4 Correct Assistant: Hello."
            + "<|end_of_turn|>GPT4 Correct User:   水是什么?\n<|end_of_turn|>GPT4 Correct Assistant:"),
        new("Command R7B", "<BOS_TOKEN>", CohereEnd, """
            {{ bos_token }}{% for m in messages %}<|START_OF_TURN_TOKEN|>
            {%- if m.role | lower == 'user' %}<|USER_TOKEN|>{{ m.content }}
            {%- elif m.role == 'tool' %}<|SYSTEM_TOKEN|><|START_TOOL_RESULT|>{{ [{'tool_call_id': m.tool_call_id,
                'results': {'0': m.content}}] | tojson }}<|END_TOOL_RESULT|>
            {%- elif m.tool_calls %}<|CHATBOT_TOKEN|><|START_ACTION|>[
            {%- for c in m.tool_calls %}

                {"tool_call_id": "{{ loop.index0 }}", "tool_name": "{{ c.function.name }}", "parameters": {{
                    c.function.arguments | tojson }}}{% if not loop.last %},{% endif %}
            {% endfor %}

            ]<|END_ACTION|>
            {%- elif m.role == 'assistant' %}<|CHATBOT_TOKEN|>{{ m.content }}
            {%- else %}<|SYSTEM_TOKEN|>{{ m.content }}
            {%- endif %}<|END_OF_TURN_TOKEN|>
            {%- endfor %}
            {%- if add_generation_prompt %}<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{% endif %}
            """, ToolCallStyle.CommandR,
            $"<BOS_TOKEN>{CohereTurn}<|SYSTEM_TOKEN|>Be brief.{CohereEnd}{CohereTurn}<|USER_TOKEN|>Hi!{CohereEnd}"
            + $"{CohereTurn}<|CHATBOT_TOKEN|>Hello.{CohereEnd}{CohereTurn}<|USER_TOKEN|>  水是什么?\n{CohereEnd}"
            + $"{CohereTurn}<|CHATBOT_TOKEN|>",
            $"<BOS_TOKEN>{CohereTurn}<|USER_TOKEN|>Weather in Paris?{CohereEnd}{CohereTurn}<|CHATBOT_TOKEN|>"
            + "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": "
            + "{\"city\": \"Paris\", \"days\": 2}}\n]<|END_ACTION|>" + CohereEnd + CohereTurn
            + "<|SYSTEM_TOKEN|><|START_TOOL_RESULT|>[{\"tool_call_id\": \"abcdef123\", \"results\": {\"0\": "
            + $"\"Sunny, 21 °C\"}}}}]<|END_TOOL_RESULT|>{CohereEnd}{CohereTurn}<|CHATBOT_TOKEN|>"),
    ];

    private const string Zephyr = """
        {% for message in messages %}
        {% if message['role'] == 'user' %}
        {{ '<|user|>\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'system' %}
        {{ '<|system|>\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'assistant' %}
        {{ '<|assistant|>\n' + message['content'] + eos_token }}
        {% endif %}
        {% if loop.last and add_generation_prompt %}
        {{ '<|assistant|>\n' }}
        {%- endif %}
        {% endfor %}
        """;
}
