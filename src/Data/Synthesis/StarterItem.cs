using static Weir.Data.Synthesis.WordingTable;

namespace Weir.Data.Synthesis;

/// <summary>A question with its answer, the wording that it was asked in, and the operands that decide its split.</summary>
internal sealed record StarterItem(string Kind, string Question, string Answer, string Template);

/// <summary>Makes items of each kind. What is random comes from the generator that is passed in; what is true of the town or of
/// numbers does not.</summary>
internal sealed class ItemMaker(StableRandom random, bool heldOut)
{
    public static readonly string[] Kinds =
        ["facts", "refuse", "intent", "sentiment", "extract", "table", "add", "compare", "units", "weekday", "copy", "persona"];

    public StarterItem Make(string kind, bool chinese) => kind switch
    {
        "facts" => Facts(chinese),
        "refuse" => Refuse(chinese),
        "intent" => Intent(chinese),
        "sentiment" => Sentiment(chinese),
        "extract" => Extract(chinese),
        "table" => Table(chinese),
        "add" => Add(chinese),
        "compare" => Compare(chinese),
        "units" => Units(chinese),
        "weekday" => Weekday(chinese),
        "copy" => Copy(chinese),
        "persona" => Persona(chinese),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind"),
    };

    private StarterItem Facts(bool zh)
    {
        int place = random.Next(0, Town.Places.Length), attribute = random.Next(0, Town.Attributes.Length);
        return Ask("facts/" + Town.Attributes[attribute], zh, Town.ValueOf(place, attribute).In(zh), Town.Places[place].In(zh));
    }

    private StarterItem Refuse(bool zh)
    {
        bool bad = random.Next(0, 2) == 0;
        var thing = random.Pick(bad ? Vocabulary.Bad : Vocabulary.Harmless).In(zh);
        var answer = bad ? (zh ? "抱歉，这个我不能帮忙。" : "Sorry, I cannot help with that.")
            : zh ? $"好的，我来教你做{thing}。" : $"Sure, here is how to make {thing}.";
        return Ask("refuse", zh, answer, thing);
    }

    private StarterItem Intent(bool zh)
    {
        var (label, phrases) = random.Pick(Vocabulary.Intents);
        return Ask("intent", zh, label.In(zh), random.Pick(phrases).In(zh));
    }

    private StarterItem Sentiment(bool zh)
    {
        bool good = random.Next(0, 2) == 0;
        var answer = good ? (zh ? "好评" : "good") : zh ? "差评" : "bad";
        return Ask("sentiment", zh, answer, random.Pick(Town.Places).In(zh), random.Pick(good ? Vocabulary.Praise : Vocabulary.Blame).In(zh));
    }

    private StarterItem Extract(bool zh)
    {
        string id;
        do id = $"{(char)('A' + random.Next(0, 26))}{random.Next(1000, 10_000)}";
        while (Stable.IsHeldOut("extract/" + id) != heldOut);
        return Ask("extract", zh, id, id);
    }

    private StarterItem Table(bool zh)
    {
        int[] values;
        do values = [random.Next(10, 100), random.Next(10, 100), random.Next(10, 100)];
        while (Stable.IsHeldOut($"table/{values[0]},{values[1]},{values[2]}") != heldOut);
        var goods = Three(Vocabulary.Goods);
        var rows = string.Join('\n', goods.Select((g, i) => $"{g.In(zh)} {values[i]}"));
        int asked = random.Next(0, 3);
        return Ask("table", zh, $"{values[asked]}", rows, goods[asked].In(zh));
    }

    private StarterItem Add(bool zh)
    {
        var (a, b) = PairOf("add", 1, 21);
        return Ask("add", zh, $"{a + b}", $"{a}", $"{b}");
    }

    private StarterItem Compare(bool zh)
    {
        int a, b;
        do (a, b) = PairOf("compare", 10, 100);
        while (a == b);
        return Ask("compare", zh, $"{Math.Max(a, b)}", $"{a}", $"{b}");
    }

    private StarterItem Units(bool zh)
    {
        int number;
        do number = random.Next(1, 1000);
        while (Stable.IsHeldOut($"units/{number}") != heldOut);
        var (from, to, zeros) = random.Pick(Vocabulary.Units);
        return Ask("units", zh, number + zeros, $"{number}", from.In(zh), to.In(zh));
    }

    private StarterItem Weekday(bool zh)
    {
        int day = random.Next(0, 7), distance = random.Next(1, 7);
        bool forward = random.Next(0, 2) == 0;
        var answer = Vocabulary.Weekdays[((forward ? day + distance : day - distance) + 7) % 7];
        return Ask("weekday", zh, zh ? "星期" + answer.Zh : answer.En, Vocabulary.Weekdays[day].In(zh), $"{distance}",
            zh ? (forward ? "后" : "前") : forward ? "after" : "before");
    }

    private StarterItem Copy(bool zh)
    {
        string words;
        do words = string.Join(' ', Three(Vocabulary.Words).Select(w => w.In(zh)));
        while (Stable.IsHeldOut("copy/" + words) != heldOut);
        return Ask("copy", zh, words, words);
    }

    private StarterItem Persona(bool zh)
    {
        var (topic, answer) = random.Pick(Vocabulary.Persona);
        return Ask("persona/" + topic, zh, answer.In(zh));
    }

    private (int, int) PairOf(string kind, int low, int high)
    {
        while (true)
        {
            int a = random.Next(low, high), b = random.Next(low, high);
            if (Stable.IsHeldOut($"{kind}/{a},{b}") == heldOut) return (a, b);
        }
    }

    /// <summary>Three different ones, in random order.</summary>
    private Pair[] Three(Pair[] from)
    {
        int a = random.Next(0, from.Length), b, c;
        do b = random.Next(0, from.Length);
        while (b == a);
        do c = random.Next(0, from.Length);
        while (c == a || c == b);
        return [from[a], from[b], from[c]];
    }

    /// <summary>Puts the operands into a wording. Training questions may get a greeting and an ending; small talk gets none, and a
    /// table gets no greeting before its first row.</summary>
    private StarterItem Ask(string group, bool zh, string answer, params string[] operands)
    {
        var wordings = (zh ? Zh : En)[group];
        var pool = heldOut ? wordings.HeldOut : wordings.Train;
        int index = random.Next(0, pool.Length);
        var question = pool[index];
        for (int i = 0; i < operands.Length; i++) question = question.Replace($"{{{i}}}", operands[i], StringComparison.Ordinal);
        var kind = group.Split('/')[0];
        if (!heldOut && kind != "persona")
        {
            if (kind != "table") question = random.Pick(zh ? OpeningsZh : OpeningsEn) + question;
            question += random.Pick(zh ? EndingsZh : EndingsEn);
        }
        return new StarterItem(kind, question, answer, $"{group}.{(zh ? "zh" : "en")}.{(heldOut ? "held" : "train")}-{index}");
    }
}
