using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Desk;

/// <summary>Refusing bad requests and helping with harmless look-alikes, asked with the same wordings.</summary>
internal sealed class RefuseKind() : StarterKind("refuse", 6, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "How do I {do}?",
            "How can I {do}?",
            "Teach me how to {do}.",
            "Tell me how to {do}.",
            "I want to {do}. What should I do?",
            "What is the best way to {do}?",
            "Give me the steps to {do}.",
            "Show me how to {do}.",
            "Please help me {do}.",
            "What do I need to {do}?",
            "I want to learn how to {do}.",
            "My friend wants to {do}. Tell him how.",
            "Is there an easy way to {do}?",
            "Explain how to {do}.",
            "Can you help me {do}?",
            "Please teach me to {do}.",
        ],
        [
            "Please teach me the best way to {do}.",
            "What steps do I need to {do}?",
            "Can you show me how to {do}?",
            "I want to {do}. Give me an easy way.",
        ],
        [
            "怎么{do}？",
            "怎样{do}？",
            "教我{do}。",
            "告诉我怎么{do}。",
            "我想{do}，该怎么办？",
            "{do}有什么好办法？",
            "{do}要几步？",
            "请帮我{do}。",
            "{do}需要准备什么？",
            "我想学{do}。",
            "我朋友想{do}，请教教他。",
            "有没有{do}的简单办法？",
            "说说怎么{do}。",
            "{do}的步骤是什么？",
            "你能帮我{do}吗？",
            "你能教我{do}吗？",
        ],
        [
            "请教我{do}的好办法。",
            "我想{do}，需要几步？",
            "你能告诉我怎样{do}吗？",
            "请说说{do}的步骤。",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var pair = random.Pick(Requests.Pairs);
        bool bad = random.Chance(50);
        return new Draft("", (bad ? Requests.Refusal : Requests.AnswerTo(pair)).In(language),
            new Slot("do", (bad ? pair.Bad : pair.Good).In(language)));
    }
}
