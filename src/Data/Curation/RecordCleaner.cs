using System.Text;
using System.Text.Json;
using Weir.Data.Readers;
using Weir.Formats.Datasets;
using Weir.Text.Unicode;

namespace Weir.Data.Curation;

/// <summary>Why a document was left out. The names are the keys of <c>dropped</c> in the manifest's report.</summary>
internal static class DropReasons
{
    public const string Empty = "empty", TooShort = "too_short", Duplicate = "duplicate", OtherForm = "other_form",
        NoAnswer = "no_answer", UnknownRole = "unknown_role", HeldOutSurplus = "heldout_surplus";
}

/// <summary>A cleaned document, ready to be written, or the reason why it was dropped.</summary>
/// <param name="File">Index of the file that it came from.</param>
/// <param name="Line">Its line in a shard, without the line end.</param>
/// <param name="TextBytes">UTF-8 bytes of its text.</param>
internal readonly record struct Candidate(int File, UInt128 Fingerprint, byte[] Line, long TextBytes,
    string? Dropped = null);

/// <summary>From a source record to a line of a shard. Pure, so that records can be cleaned on many threads.</summary>
internal sealed class RecordCleaner(string form, int minimumCharacters)
{
    private static readonly string[] Roles = ["system", "user", "assistant"];

    public Candidate Clean(SourceRecord record, int file, string? licence) =>
        form == DatasetForms.Chat ? CleanChat(record, file) : CleanText(record, file, licence);

    private Candidate CleanText(SourceRecord record, int file, string? licence)
    {
        if (record.Text is null) return Drop(file, DropReasons.OtherForm);
        var text = TextCleaner.Clean(record.Text);
        if (string.IsNullOrWhiteSpace(text)) return Drop(file, DropReasons.Empty);
        if (text.Length < minimumCharacters) return Drop(file, DropReasons.TooShort);
        var fingerprint = Fingerprint.OfText(text);
        var kept = new TextRecord(record.Id ?? fingerprint.ToString("x32"), text, record.Source ?? record.Place,
            licence ?? record.Licence);
        return new Candidate(file, fingerprint, JsonSerializer.SerializeToUtf8Bytes(kept, DatasetJson.Lines.TextRecord),
            Encoding.UTF8.GetByteCount(text));
    }

    private Candidate CleanChat(SourceRecord record, int file)
    {
        if (record.Messages is null) return Drop(file, DropReasons.OtherForm);
        var messages = record.Messages.Select(m => m with { Content = TextCleaner.Clean(m.Content) }).ToArray();
        var answer = record.Answer is null ? null : TextCleaner.Clean(record.Answer);
        ChatTurn[] turns = answer is null ? messages : [.. messages, new ChatTurn("assistant", answer)];
        if (turns.Any(t => !Roles.Contains(t.Role))) return Drop(file, DropReasons.UnknownRole);
        if (turns is not [.., { Role: "assistant" }]) return Drop(file, DropReasons.NoAnswer);
        if (turns.Any(t => t.Role != "system" && string.IsNullOrWhiteSpace(t.Content)))
            return Drop(file, DropReasons.Empty);
        if (turns.Sum(t => (long)t.Content.Length) < minimumCharacters) return Drop(file, DropReasons.TooShort);
        var fingerprint = Fingerprint.OfTurns(turns);
        var kept = new ChatRecord
        {
            Id = record.Id ?? fingerprint.ToString("x32"), Kind = record.Kind, Messages = messages, Answer = answer,
            Source = record.Source ?? record.Place, Template = record.Template,
        };
        return new Candidate(file, fingerprint, JsonSerializer.SerializeToUtf8Bytes(kept, DatasetJson.Lines.ChatRecord),
            turns.Sum(t => (long)Encoding.UTF8.GetByteCount(t.Content)));
    }

    private static Candidate Drop(int file, string reason) => new(file, default, [], 0, reason);
}
