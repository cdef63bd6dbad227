using Weir.Formats.Bcl;

namespace Weir.Data.Readers;

/// <summary>Why something in a source could not be read. The names are the keys of <c>errors</c> in the manifest's
/// report.</summary>
internal static class ReadReasons
{
    public const string NotUtf8 = "not_utf8", Truncated = "truncated", Corrupt = "corrupt", BadJson = "bad_json",
        NoText = "no_text", TooLong = "too_long";
}

/// <summary>One thing that could not be read, with file and line or byte offset in the message.</summary>
internal sealed record ReadIssue(string Reason, string Message);

/// <summary>Sizes that bound what a reader holds in memory.</summary>
/// <param name="DocumentBytes">The longest document or line, uncompressed; longer ones are counted as
/// <c>too_long</c>.</param>
/// <param name="BlockBytes">Lines are handed on in blocks of about this size.</param>
internal sealed record ReadLimits(int DocumentBytes = 64 << 20, int BlockBytes = 1 << 20);

/// <summary>Counts issues and keeps the first few in full; in strict mode the first one ends the work.</summary>
internal sealed class IssueLog(bool strict)
{
    private const int MaximumSamples = 20;
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _samples = [];

    public IReadOnlyDictionary<string, long> Counts => _counts;
    public IReadOnlyList<string> Samples => _samples;
    public long Total { get; private set; }

    public void Add(ReadIssue issue)
    {
        if (strict)
            throw new UserErrorException($"{issue.Message}\nStopped because of --strict; nothing was written. " +
                "Mend the file, or run without --strict to skip and count such records.");
        _counts[issue.Reason] = _counts.GetValueOrDefault(issue.Reason) + 1;
        if (_samples.Count < MaximumSamples) _samples.Add(issue.Message);
        Total++;
    }
}
