using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>A table of three rows: goods and two-digit prices, all different.</summary>
internal sealed record PriceTable(IReadOnlyList<Named> Goods, IReadOnlyList<int> Prices)
{
    public string Text(Language language) =>
        string.Join('\n', Enumerable.Range(0, Goods.Count).Select(r => Row(r, language)));

    public string Row(int row, Language language) =>
        language == Language.English ? $"{Goods[row].English}: {Prices[row]}" : $"{Goods[row].Chinese}：{Prices[row]}";
}

/// <summary>Reading a table of three rows. The answer is the row that was asked for; held-out are the prices.</summary>
internal sealed class TableKind() : StarterKind("table", 12, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "{table}\nHow much is the {goods}?",
            "{table}\nWhat is the price of the {goods}?",
            "{table}\nPrice of the {goods}?",
            "{table}\nFind the {goods} in the table.",
            "{table}\nWhich number belongs to the {goods}?",
            "{table}\nLook up the {goods}.",
            "{table}\nWhat does the {goods} cost?",
            "{table}\nTell me the price of the {goods}.",
            "{table}\nRead the row of the {goods}. Which number is there?",
            "Prices today:\n{table}\nHow much do I pay for the {goods}?",
            "Look at the table:\n{table}\nWhat does the {goods} cost?",
            "Here is a price table:\n{table}\nGive me the price of the {goods}.",
            "{table}\nI want to buy the {goods}. How much is it?",
            "{table}\nIn this table, what is the number of the {goods}?",
            "Read the prices:\n{table}\nThe {goods}, please.",
            "{table}\nSay how much I pay for the {goods}.",
        ],
        [
            "{table}\nTell me how much the {goods} is.",
            "{table}\nFind the price of the {goods}.",
            "Look at the prices:\n{table}\nWhich number is in the row of the {goods}?",
        ],
        [
            "{table}\n{goods}多少钱？",
            "{table}\n{goods}的价格是多少？",
            "{table}\n{goods}卖多少？",
            "{table}\n在表里找{goods}。",
            "{table}\n{goods}是哪个数？",
            "{table}\n查一下{goods}。",
            "{table}\n买{goods}要付多少？",
            "{table}\n告诉我{goods}的价格。",
            "{table}\n读{goods}那一行，数是多少？",
            "今天的价格：\n{table}\n{goods}要多少钱？",
            "看这张表：\n{table}\n{goods}卖多少钱？",
            "这是价格表：\n{table}\n请说{goods}的价格。",
            "{table}\n我想买{goods}，多少钱？",
            "{table}\n这张表里，{goods}的数是多少？",
            "读一读价格：\n{table}\n请看{goods}。",
            "{table}\n帮我在表里查{goods}。",
        ],
        [
            "{table}\n告诉我{goods}多少钱。",
            "{table}\n请在表里查{goods}的价格。",
            "看价格：\n{table}\n{goods}那一行是哪个数？",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var table = Table(random, split);
        int row = random.Below(3);
        return new Draft("", table.Row(row, language), new Slot("table", table.Text(language)),
            new Slot("goods", table.Goods[row].In(language)));
    }

    public PriceTable Table(SplitMix random, StarterSplit split)
    {
        while (true)
        {
            int[] prices = [random.Between(10, 99), random.Between(10, 99), random.Between(10, 99)];
            if (prices.Distinct().Count() == 3 && HeldOutOperands.Fit(Name, string.Join(',', prices), split))
                return new PriceTable(random.Sample(Goods.All, 3), prices);
        }
    }
}
