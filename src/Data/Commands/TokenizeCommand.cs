using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Weir.Data.Datasets;
using Weir.Data.Running;
using Weir.Data.Tokenization;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Data.Commands;

/// <summary><c>weir tokenize</c></summary>
public static class TokenizeCommand
{
    /// <summary>Learning from a byte takes about as long as encoding so many; only the progress line depends on
    /// it.</summary>
    private const double TrainingWeight = 15;

    private const string Help = """
        CONFIG is a YAML file. The tokenizer is learnt from the datasets' training documents (byte-level BPE, written
        as a Hugging Face tokenizer.json) or taken from a folder. The result is a folder 'tokenizer' and, for each
        dataset, a folder of its name.

          tokenizer:
            train:
              vocabulary: 4096
              from: [corpus]          # names below, or paths; left out: all
              maximumBytes: 33554432  # an even sample of so much text
            # path: some/tokenizer    # instead of train: an existing one
          datasets:
            - path: runs/curate-1/outputs/dataset
              name: corpus
            - path: starter-chat
              name: chat              # loss on the assistant's tokens only
            - path: starter-chat
              name: chat-as-text
              render: chat-as-text    # the same ids, loss on every token
        """;

    public static Command Create()
    {
        var config = new Argument<string>("CONFIG")
        {
            Description = "The YAML file that names tokenizer and datasets.",
        };
        var work = new WorkOptions("tokenize", "the folders");
        var command = new Command("tokenize", "Turn datasets into token shards, ready for training.") { config };
        work.AddTo(command);
        ManualPage.Attach(command, Help);
        command.SetAction((result, cancel) =>
        {
            var options = new TokenizeOptions { Threads = result.GetValue(work.Threads) };
            return RunAsync(result.GetValue(config)!, options, result.GetValue(work.Out), result.GetValue(work.Run),
                result.GetValue(work.Json), cancel);
        });
        return command;
    }

    private static Task<int> RunAsync(string path, TokenizeOptions options, string? output, string? runPath,
        string? json, CancellationToken cancel)
    {
        var place = JobEnvironment.Current.Resolve(path, Directory.GetCurrentDirectory());
        var config = TokenizeConfig.Load(place);
        var request = new WorkRequest("tokenize", config.ToJson(), null, output, runPath, json);
        return WorkRun.ExecuteAsync(request, null, async (run, stop) =>
        {
            var work = new Work(config, options, Path.GetDirectoryName(place)!, run);
            var result = await work.RunAsync(stop);
            if (json != "-") foreach (var manifest in work.Manifests) DatasetTable.Write(manifest);
            return result;
        }, cancel);
    }

    /// <summary>One call of the verb: 1. open the datasets, 2. learn or load the tokenizer, 3. encode each dataset,
    /// 4. sum up.</summary>
    private sealed class Work(TokenizeConfig config, TokenizeOptions options, string baseFolder, WorkRun run)
    {
        private readonly List<DatasetManifest> _manifests = [];
        private readonly Stopwatch _encoding = new();
        private double _doneBytes, _totalBytes;
        private long _tokens;

        public IReadOnlyList<DatasetManifest> Manifests => _manifests;

        public async Task<WorkResult> RunAsync(CancellationToken cancel)
        {
            var datasets = config.Datasets.Select(d => DatasetFolder.Open(Resolve(d.Path))).ToArray();
            _totalBytes = Math.Max(1, datasets.Sum(d => d.Manifest.Shards.Sum(s => s.TextBytes)));
            var clock = Stopwatch.StartNew();
            var tokenizer = config.Training is { } training ? Train(training, datasets, cancel)
                : Load(Resolve(config.TokenizerPath!));
            double trained = clock.Elapsed.TotalSeconds;
            TokenizerConfigFile.Write(Path.Combine(run.Folder, TokenizeConfig.TokenizerFolder), tokenizer);

            var encoder = new DatasetTokenizer(tokenizer, options);
            _encoding.Start();
            for (int i = 0; i < datasets.Length; i++)
            {
                var wanted = config.Datasets[i];
                var folder = Directory.CreateDirectory(Path.Combine(run.Folder, wanted.Name)).FullName;
                _manifests.Add(await encoder.RunAsync(datasets[i], wanted, folder, Encoded, cancel));
            }
            _encoding.Stop();
            return Result(tokenizer, trained);
        }

        private string Resolve(string path) => JobEnvironment.Current.Resolve(path, baseFolder);

        private Tokenizer Train(TokenizerTraining training, DatasetFolder[] datasets, CancellationToken cancel)
        {
            DatasetFolder[] from = training.From.Count == 0
                ? [.. datasets.DistinctBy(d => d.Path)] : [.. training.From.Select(name => Find(name, datasets))];
            double bytes = TrainingWeight * TokenizerTrainer.TrainingBytes(from, training.MaximumBytes);
            _totalBytes += bytes;
            var tokenizer = TokenizerTrainer.Train(from, training.Vocabulary, training.MaximumBytes,
                part => run.Progress.Report(part * bytes / _totalBytes,
                    () => $"learning the tokenizer {part * 100:F0} %"), cancel);
            _doneBytes = bytes;
            return tokenizer;
        }

        /// <summary>The dataset of that name in the config, or at that path.</summary>
        private DatasetFolder Find(string name, DatasetFolder[] datasets)
        {
            for (int i = 0; i < datasets.Length; i++)
                if (config.Datasets[i].Name == name) return datasets[i];
            return DatasetFolder.Open(Resolve(name));
        }

        private static Tokenizer Load(string path)
        {
            var file = Directory.Exists(path) ? Path.Combine(path, TokenizerConfigFile.TokenizerFileName) : path;
            return File.Exists(file) ? Tokenizer.Load(file)
                : throw new UserErrorException(
                    $"{file}: there is no such tokenizer. Give a tokenizer.json or its folder.");
        }

        private void Encoded(long bytes, long tokens)
        {
            _doneBytes += bytes;
            _tokens += tokens;
            run.Progress.Report(_doneBytes / _totalBytes, () =>
                $"{_tokens:N0} tokens  {_tokens / Math.Max(_encoding.Elapsed.TotalSeconds, 1e-3):N0} tokens/s");
        }

        private WorkResult Result(Tokenizer tokenizer, double trained)
        {
            double seconds = Math.Max(_encoding.Elapsed.TotalSeconds, 1e-9);
            long bytes = _manifests.Sum(m => m.Shards.Sum(s => s.TextBytes));
            var summary = new JsonObject
            {
                ["vocabulary"] = tokenizer.VocabularySize,
                ["documents"] = _manifests.Sum(m => m.Shards.Sum(s => s.Documents)),
                ["tokens"] = _tokens,
                ["bytes"] = bytes,
                ["tokensPerSecond"] = Math.Round(_tokens / seconds),
                ["megabytesPerSecond"] = Math.Round(bytes / 1e6 / seconds, 2),
                ["bytesPerToken"] = Math.Round(bytes / (double)Math.Max(1, _tokens), 4),
                ["tokenizerSeconds"] = trained,
                ["seconds"] = seconds,
            };
            var details = (JsonObject)summary.DeepClone();
            details["tokenizerDigest"] = tokenizer.Digest;
            details["datasets"] = new JsonArray([.. _manifests.Select(m => new JsonObject
            {
                ["name"] = m.Name,
                ["documents"] = m.Shards.Sum(s => s.Documents),
                ["tokens"] = m.Shards.Sum(s => s.Tokens),
                ["supervisedTokens"] = m.Shards.Any(s => s.SupervisedTokens is null) ? null
                    : m.Shards.Sum(s => s.SupervisedTokens),
            })]);
            return new WorkResult(
            [
                (TokenizeConfig.TokenizerFolder, ArtifactKinds.Tokenizer, TokenizeConfig.TokenizerFolder),
                .. config.Datasets.Select(d => (d.Name, ArtifactKinds.Tokens, d.Name)),
            ], summary, details);
        }
    }
}
