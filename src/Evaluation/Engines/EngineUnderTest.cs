using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Evaluation.Engines;

/// <summary>The OpenAI endpoint that an evaluation asks: one that runs already, or a <c>weir engine</c> of its own on a
/// Unix socket, ended with it.</summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);
    private readonly Process? _process;
    private readonly string? _folder;

    private EngineUnderTest(HttpClient http, Process? process, string? folder, string model)
    {
        Http = http;
        _process = process;
        _folder = folder;
        Model = model;
    }

    public HttpClient Http { get; }

    /// <summary>The model name to put in requests.</summary>
    public string Model { get; }

    public static async Task<EngineUnderTest> ConnectAsync(Uri url, string? model, string? key, CancellationToken ct)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(5) };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        if (model is null)
        {
            try
            {
                var models = await http.GetFromJsonAsync<JsonObject>("v1/models", ct);
                model = (string?)models?["data"]?[0]?["id"]
                    ?? throw new UserErrorException($"{url} serves no model. Deploy one, or name it with --name.");
            }
            catch (HttpRequestException e)
            {
                throw new UserErrorException($"No OpenAI endpoint answers at {url} ({e.Message}). Check --url and "
                    + $"--key.", inner: e);
            }
        }
        return new EngineUnderTest(http, null, null, model);
    }

    /// <summary>Starts <c>weir engine</c> for <paramref name="modelPath"/> and waits until it is ready.</summary>
    public static async Task<EngineUnderTest> StartAsync(string modelPath, int parallel, CancellationToken ct)
    {
        if (!Directory.Exists(modelPath) && !File.Exists(modelPath))
            throw new UserErrorException($"There is no model at {modelPath}. Give a model folder or a .gguf file.");
        var folder = Directory.CreateTempSubdirectory("weir-evaluate-").FullName;
        var socket = Path.Combine(folder, "engine.sock");
        var start = WeirProcess.StartInfo("engine", "--model", modelPath, "--listen", "unix:" + socket, "--parallel",
            $"{parallel}");
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start) ?? throw new UserErrorException("The engine process could not be started.");
        var output = new Tail();
        process.OutputDataReceived += (_, e) => output.Add(e.Data);
        process.ErrorDataReceived += (_, e) => output.Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var http = new HttpClient(UnixSocketHandler(socket))
        {
            BaseAddress = new Uri("http://engine/"), Timeout = TimeSpan.FromMinutes(5),
        };
        var engine = new EngineUnderTest(http, process, folder, "model");
        try
        {
            await engine.WaitUntilReadyAsync(output, ct);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private static SocketsHttpHandler UnixSocketHandler(string path) => new()
    {
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private async Task WaitUntilReadyAsync(Tail output, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartTimeout)
        {
            if (_process!.HasExited)
                throw new UserErrorException($"The engine ended with exit code {_process.ExitCode} before it was "
                    + $"ready: {output.Text}");
            try
            {
                var health = await Http.GetFromJsonAsync<JsonObject>("health", ct);
                if ((string?)health?["status"] == "ready") return;
            }
            catch (HttpRequestException)
            {
                // not listening yet, or still loading (503)
            }
            await Task.Delay(50, ct);
        }
        throw new UserErrorException($"The engine was not ready after {StartTimeout.TotalMinutes:0} minutes: "
            + $"{output.Text}");
    }

    /// <summary>The last lines of a process's output, for its error message.</summary>
    private sealed class Tail
    {
        private readonly Queue<string> _lines = new();

        public void Add(string? line)
        {
            if (line is null) return;
            lock (_lines)
            {
                _lines.Enqueue(line);
                while (_lines.Count > 10) _lines.Dequeue();
            }
        }

        public string Text
        {
            get
            {
                lock (_lines) return string.Join(" | ", _lines);
            }
        }
    }
}
