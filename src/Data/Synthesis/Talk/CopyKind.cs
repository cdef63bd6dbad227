using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Talk;

/// <summary>Repeating a line of three or four different words. Held-out are the sequences of words.</summary>
internal sealed class CopyKind() : StarterKind("copy", 7, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "Repeat:\n{words}",
            "Repeat these words:\n{words}",
            "Say after me:\n{words}",
            "Copy this line:\n{words}",
            "Write these words again:\n{words}",
            "Please repeat the line:\n{words}",
            "Say the words below:\n{words}",
            "Type the same words:\n{words}",
            "Echo:\n{words}",
            "{words}\nRepeat this.",
            "{words}\nSay these words again.",
            "{words}\nCopy the line above.",
            "{words}\nWrite the same words.",
            "Read this line and say it:\n{words}",
            "{words}\nPlease type this line.",
            "I want you to copy this line:\n{words}",
        ],
        [
            "Please copy these words:\n{words}",
            "{words}\nRepeat the words above.",
            "Write the same line again:\n{words}",
        ],
        [
            "重复：\n{words}",
            "重复下面的词：\n{words}",
            "跟我说：\n{words}",
            "照着写这一行：\n{words}",
            "请再写一遍：\n{words}",
            "把这些词再说一遍：\n{words}",
            "抄下这一行：\n{words}",
            "请说出同样的词：\n{words}",
            "读一遍下面的词：\n{words}",
            "{words}\n重复这一行。",
            "{words}\n把上面的词再说一遍。",
            "{words}\n抄下这些词。",
            "{words}\n请写出同样的词。",
            "照样说：\n{words}",
            "{words}\n请跟着说一遍。",
            "{words}\n照着再写一遍。",
        ],
        [
            "请重复这些词：\n{words}",
            "{words}\n把这一行再写一遍。",
            "照着说出下面的词：\n{words}",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var line = Line(random, language, split);
        return new Draft("", line, new Slot("words", line));
    }

    public string Line(SplitMix random, Language language, StarterSplit split)
    {
        while (true)
        {
            var words = random.Sample(Goods.Words, random.Between(3, 4)).Select(w => w.In(language));
            var line = string.Join(language == Language.English ? " " : "、", words);
            if (HeldOutOperands.Fit(Name, line, split)) return line;
        }
    }
}
