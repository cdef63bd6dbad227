namespace Weir.Text.Tokenizers;

/// <summary>What a <c>tokenizer_config.json</c> says of the tokens around a text. The file beside
/// <c>tokenizer.json</c> is optional.</summary>
internal sealed record TokenizerConfig(string? Bos, string? Eos, bool? AddsBos, bool? AddsEos)
{
    public const string FileName = "tokenizer_config.json";

    public static TokenizerConfig ReadBeside(string tokenizerPath)
    {
        var path = Path.Combine(Path.GetDirectoryName(tokenizerPath) ?? "", FileName);
        if (!File.Exists(path)) return new TokenizerConfig(null, null, null, null);
        return JsonPart.Read(path, TokenizerJson.ReadBytes(path), root => new TokenizerConfig(
            TextOf(root["bos_token"]), TextOf(root["eos_token"]), root["add_bos_token"].Flag,
            root["add_eos_token"].Flag));
    }

    /// <summary>The description with what the file adds to it; what the template says holds.</summary>
    public TokenizerDescription Complete(TokenizerDescription description, IReadOnlyList<AddedToken> added)
    {
        var bos = description.BosId ?? Id(Bos);
        var eos = description.EosId ?? Id(Eos);
        return description with
        {
            BosId = bos,
            EosId = eos,
            AddsBos = description.AddsBos || (AddsBos == true && bos is not null),
            AddsEos = description.AddsEos || (AddsEos == true && eos is not null),
        };

        int? Id(string? text) => added.FirstOrDefault(token => token.Text == text)?.Id;
    }

    // A token is its text, or an object that holds it.
    private static string? TextOf(JsonPart part) => part.TextOrNull ?? part["content"].TextOrNull;
}
