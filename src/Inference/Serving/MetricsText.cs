using System.Globalization;
using System.Text;
using Weir.Inference.Generation;

namespace Weir.Inference.Serving;

/// <summary>Statistics in Prometheus' text format (version 0.0.4).</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(EngineStats stats, HistogramCounts? firstToken, HistogramCounts? interToken,
        string model, bool ready)
    {
        var text = new StringBuilder(4096);
        var label = $"{{model=\"{Escape(model)}\"}}";
        Gauge("ready", "1 while requests are taken.", ready ? 1 : 0);
        Gauge("running", "Sequences that are being computed.", stats.Running);
        Gauge("waiting", "Sequences that wait for a place.", stats.Waiting);
        Gauge("kv_blocks", "Blocks of the KV cache.", stats.KvBlocksTotal);
        Gauge("kv_blocks_used", "KV blocks that running sequences hold.", stats.KvBlocksUsed);
        Gauge("kv_blocks_cached", "KV blocks that only the prefix cache holds.", stats.KvBlocksCached);
        Gauge("kv_bytes", "Memory of the KV cache.", stats.KvBytes);
        Gauge("prefix_hit_ratio", "Prompt tokens that came from the prefix cache, of all.", stats.PrefixHitRate);
        Gauge("generated_tokens_per_second", "Over the last ten seconds.", stats.TokensPerSecond);
        Gauge("prompt_tokens_per_second", "Computed, over the last ten seconds.", stats.PromptTokensPerSecond);
        Gauge("uptime_seconds", "Since the model is served.", stats.UptimeSeconds);
        Counter("requests", "Requests accepted.", stats.RequestsTotal);
        Counter("requests_refused", "Requests refused because the queue was full.", stats.RefusedTotal);
        Counter("requests_cancelled", "Sequences whose clients left.", stats.CancelledTotal);
        Counter("generated_tokens", "Tokens generated.", stats.TokensGeneratedTotal);
        Counter("prompt_tokens", "Prompt tokens read, cached ones included.", stats.PromptTokensTotal);
        Counter("cached_tokens", "Prompt tokens from the prefix cache.", stats.CachedTokensTotal);
        Counter("preemptions", "Sequences that gave their blocks up for older ones.", stats.PreemptionsTotal);
        Counter("draft_tokens", "Tokens guessed by prompt look-up.", stats.DraftTokensTotal);
        Counter("draft_tokens_accepted", "Guesses that came true.", stats.AcceptedDraftsTotal);
        Counter("steps", "Forward passes.", stats.StepsTotal);
        if (firstToken is not null) Durations("time_to_first_token_seconds", "From arrival.", firstToken);
        if (interToken is not null) Durations("inter_token_seconds", "From token to token.", interToken);
        return text.ToString();

        void Gauge(string name, string help, double value) => One(name, "gauge", help, value);

        void Counter(string name, string help, double value) => One(name + "_total", "counter", help, value);

        void One(string name, string type, string help, double value)
        {
            Head(name, type, help);
            text.Append(CultureInfo.InvariantCulture, $"weir_engine_{name}{label} {value}\n");
        }

        void Head(string name, string type, string help) =>
            text.Append($"# HELP weir_engine_{name} {help}\n# TYPE weir_engine_{name} {type}\n");

        void Durations(string name, string help, HistogramCounts counts)
        {
            Head(name, "histogram", help);
            long sum = 0;
            for (int i = 0; i < counts.Counts.Length; i++)
            {
                sum += counts.Counts[i];
                var bound = i < counts.Bounds.Length ? counts.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append($"weir_engine_{name}_bucket{{model=\"{Escape(model)}\",le=\"{bound}\"}} {sum}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"weir_engine_{name}_sum{label} {counts.Sum}\n");
            text.Append($"weir_engine_{name}_count{label} {sum}\n");
        }
    }

    private static string Escape(string label) =>
        label.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
