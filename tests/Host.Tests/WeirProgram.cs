using System.Diagnostics;
using System.Text;

namespace Weir.Host.Tests;

/// <summary>The built <c>weir</c>, run as a user runs it.</summary>
internal static class WeirProgram
{
    public static string Root { get; } = FindRoot();

    private static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name;

    public static string Dll { get; } = Path.Combine(Root, "artifacts", "bin", "Host", Configuration, "weir.dll");

    public static Process Start(string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.ArgumentList.Add(Dll);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
    }

    /// <summary>Runs to the end; fails the test after <paramref name="limit"/>.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments,
        IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
    {
        using var process = Start(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"weir {string.Join(' ', arguments)} did not end in time. It "
                + $"said:\n{await output}\n{await error}");
        }
        return (process.ExitCode, await output, await error);
    }

    public static string TemporaryFolder() => Directory.CreateTempSubdirectory("weir-host-").FullName;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Weir.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Weir.slnx was not found above the tests.");
    }
}

/// <summary>A platform process: waits for its <c>ready</c> line, can be killed or stopped.</summary>
internal sealed class RunningPlatform : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _lines = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RunningPlatform(params string[] arguments)
    {
        _process = WeirProgram.Start(arguments);
        _process.OutputDataReceived += (_, e) => Read(e.Data);
        _process.ErrorDataReceived += (_, e) => Read(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Said
    {
        get
        {
            lock (_lines) return _lines.ToString();
        }
    }

    public async Task<Uri> ReadyAsync()
    {
        var first = await Task.WhenAny(_ready.Task, _process.WaitForExitAsync(), Task.Delay(TimeSpan.FromMinutes(1)));
        if (first != _ready.Task
            && !_ready.Task.IsCompleted) Assert.Fail($"The platform did not become ready. It said:\n{Said}");
        return await _ready.Task;
    }

    /// <summary>Waits until the output holds <paramref name="text"/>, or the process has ended.</summary>
    public async Task SaysAsync(string text, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (!Said.Contains(text, StringComparison.Ordinal) && !_process.HasExited)
        {
            if (clock.Elapsed > limit) Assert.Fail($"'{text}' did not appear within {limit}. It said:\n{Said}");
            await Task.Delay(20);
        }
    }

    /// <summary>kill -9 of the platform alone; its jobs live on.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
    }

    public async Task<int> EndAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The platform did not end within {limit}. It said:\n{Said}");
        }
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, as an operator stops it.</summary>
    public async Task<int> StopAsync()
    {
        if (_process.HasExited) return _process.ExitCode;
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        return await EndAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null) return;
        lock (_lines) _lines.AppendLine(line);
        if (line.StartsWith("ready ", StringComparison.Ordinal)) _ready.TrySetResult(new Uri(line[6..].Trim()));
    }
}
