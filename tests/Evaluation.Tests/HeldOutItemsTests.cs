using Weir.Formats.Bcl;

namespace Weir.Evaluation.Tests;

public sealed class HeldOutItemsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-items-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File(params string[] lines)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".jsonl");
        System.IO.File.WriteAllLines(path, lines);
        return path;
    }

    [Fact]
    public void An_answer_may_stand_apart_or_be_the_last_message()
    {
        var items = HeldOutItems.Chat(File(
            """{"messages":[{"role":"user","content":"q1"}],"answer":"a1"}""",
            """{"messages":[{"role":"user","content":"q2"},{"role":"assistant","content":"a2"}]}""",
            """{"messages":[{"role":"user","content":"q3"}]}"""), 10);
        Assert.Equal(["a1", "a2"], items.Select(i => i.Answer!));
        Assert.All(items, i => Assert.Single(i.Messages));
    }

    [Fact]
    public void At_most_so_many_of_a_kind_are_taken()
    {
        var path = File([.. Enumerable.Range(0, 10).Select(i =>
            $$"""{"kind":"k{{i % 2}}","messages":[{"role":"user","content":"q{{i}}"}],"answer":"a"}""")]);
        Assert.Equal(6, HeldOutItems.Chat(path, 3).Count);
    }

    [Fact]
    public void A_bad_line_is_named_by_file_and_number()
    {
        var path = File("""{"messages":[{"role":"user","content":"q"}],"answer":"a"}""", "{ not json");
        Assert.Contains($"{path}:2", Assert.Throws<UserErrorException>(() => HeldOutItems.Chat(path, 3)).Message);
    }

    [Fact]
    public void A_folder_without_a_manifest_says_so() =>
        Assert.Contains("manifest.json", Assert.Throws<UserErrorException>(() => HeldOutItems.Chat(_folder, 3))
        .Message);

    [Fact]
    public void A_file_without_questions_says_what_a_line_needs() =>
        Assert.Contains("'answer'", Assert.Throws<UserErrorException>(() =>
        HeldOutItems.Chat(File("{\"messages\":[]}"), 3)).Message);
}
