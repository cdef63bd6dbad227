using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Formats.Datasets;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>The saved files, read by the npm packages @huggingface/tokenizers and @huggingface/jinja in one Node
/// process.</summary>
public sealed class HuggingFaceReaderTests
{
    private const string Enable = "cd tests/Text.Tests/npm && npm ci --ignore-scripts   (needs Node 20 or newer)";
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.Default,
    };

    [Fact]
    public async Task Ten_thousand_strings_of_both_languages_get_the_ids_that_the_reference_gives()
    {
        var tokenizer = TestTokenizer.Bilingual;
        var texts = SampleTexts.Mixed(seed: 7, count: 10_000).ToArray();

        var answers = await Ask(tokenizer, texts.Select(text => JsonSerializer.Serialize(new { Text = text }, Json)));

        Assert.Equal(texts.Length, answers.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.True(answers[i].Ids.SequenceEqual(tokenizer.Encode(texts[i], recogniseSpecial: true)),
                $"Text {i} {JsonSerializer.Serialize(texts[i])}: the reference gives {Pieces(answers[i].Ids)}, "
                + $"we give {Pieces(tokenizer.Encode(texts[i]))}");
            Assert.Equal(answers[i].Decoded, tokenizer.Decode(answers[i].Ids, skipSpecial: false));
        }

        string Pieces(int[] ids) => string.Join(' ', ids.Select(id => tokenizer.TokenTexts[id]));
    }

    [Fact]
    public async Task The_chat_template_gives_the_reference_the_ids_that_we_give()
    {
        var tokenizer = TestTokenizer.Bilingual;
        var contents = SampleTexts.Mixed(seed: 9, count: 400).ToArray();
        var chats = Enumerable.Range(0, 100).Select(i => new
        {
            Messages = new[] { "system", "user", "assistant", "user" }
                .Skip(i % 2).Select((role, turn) => new ChatTurn(role, contents[(i * 4) + turn])).ToArray(),
            AddGenerationPrompt = i % 3 != 0,
        }).ToArray();

        var answers = await Ask(tokenizer, chats.Select(chat => JsonSerializer.Serialize(chat, Json)));

        Assert.Equal(chats.Length, answers.Length);
        for (var i = 0; i < chats.Length; i++)
        {
            Assert.Equal(ChatTemplate.Encode(tokenizer, chats[i].Messages, chats[i].AddGenerationPrompt).Ids,
                answers[i].Ids);
            Assert.Equal(tokenizer.Encode(ChatTemplate.Render(chats[i].Messages, chats[i].AddGenerationPrompt), true),
                answers[i].Ids);
        }
    }

    private static async Task<Answer[]> Ask(Tokenizer tokenizer, IEnumerable<string> lines)
    {
        var fixture = Path.Combine(RepositoryRoot(), "tests", "Text.Tests", "npm");
        await InstallOrSkip(fixture);
        using var folder = TestTokenizer.NewFolder();
        TokenizerConfigFile.Write(folder.Path, tokenizer);
        var (exitCode, output, errors) = await Run("node", ["encode.mjs", folder.Path],
            fixture, string.Join('\n', lines));
        Assert.True(exitCode == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<Answer>(line, Json)!).ToArray();
    }

    private static readonly SemaphoreSlim Installing = new(1);

    private static async Task InstallOrSkip(string fixture)
    {
        await Installing.WaitAsync();
        try
        {
            var installed = new FileInfo(Path.Combine(fixture, "node_modules", ".package-lock.json"));
            if (installed.Exists &&
                installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(fixture, "package-lock.json")))
                return;
            var (exitCode, _, errors) = await Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                fixture, "");
            Assert.SkipUnless(exitCode == 0, $"The npm packages cannot be had ({errors.Trim()}). Enable: {Enable}");
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> Run(
        string program, string[] arguments, string folder, string input)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"'{program}' does not start ({e.Message}). Enable: {Enable}");
        }
        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
                var errors = process.StandardError.ReadToEndAsync(timeout.Token);
                await process.StandardInput.WriteAsync(input.AsMemory(), timeout.Token);
                process.StandardInput.Close();
                await process.WaitForExitAsync(timeout.Token);
                return (process.ExitCode, await output, await errors);
            }
            finally
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "global.json"))) return folder.FullName;
        throw new InvalidOperationException("The tests must lie in the repository: no global.json above them.");
    }

    private sealed record Answer(int[] Ids, string Decoded);
}
