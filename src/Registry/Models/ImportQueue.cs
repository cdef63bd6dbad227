using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;

namespace Weir.Registry.Models;

/// <summary>Imports one after the other, so that they do not share the disk. What waits or runs when the platform ends
/// is gone; asking again continues with what is stored already.</summary>
public sealed class ImportQueue : BackgroundService
{
    private const int MaxWaiting = 16, Kept = 100, MaxPathLength = 4096;
    private readonly ModelImport _import;
    private readonly Channel<ImportState> _waiting = Channel.CreateBounded<ImportState>(MaxWaiting);
    private readonly Lock _gate = new();
    private readonly List<ImportState> _all = []; // newest first

    internal ImportQueue(ModelImport import) => _import = import;

    /// <summary>Takes an import on. Asked for twice while it waits or runs, it is one.</summary>
    /// <exception cref="UserErrorException">The request cannot be carried out.</exception>
    public ImportView Submit(ImportRequest request)
    {
        request = Checked(request);
        lock (_gate)
        {
            var open = _all.FirstOrDefault(i => i.Request == request && !ImportStates.IsFinal(i.View.State));
            if (open is not null) return open.View;
            var import = new ImportState(new ImportView
            {
                Id = Guid.CreateVersion7().ToString("N"), Request = request, State = ImportStates.Waiting,
                Created = DateTimeOffset.UtcNow,
            });
            if (!_waiting.Writer.TryWrite(import))
            {
                import.Dispose();
                throw new UserErrorException($"{MaxWaiting} imports wait already. Try again when one has ended.");
            }
            _all.Insert(0, import);
            if (_all.Count > Kept && _all.FindLastIndex(i => ImportStates.IsFinal(i.View.State)) is >= 0 and var oldest)
            {
                _all[oldest].Dispose();
                _all.RemoveAt(oldest);
            }
            return import.View;
        }
    }

    public ImportView? Find(string id) => StateOf(id)?.View;

    /// <summary>The newest imports since the platform began, newest first.</summary>
    public IReadOnlyList<ImportView> List()
    {
        lock (_gate) return [.. _all.Select(i => i.View)];
    }

    /// <summary>Gives an import up; one that has ended stays as it is. Null where there is none.</summary>
    public ImportView? Cancel(string id)
    {
        if (StateOf(id) is not { } import) return null;
        if (!ImportStates.IsFinal(import.View.State)) import.GivenUp.Cancel();
        return import.View;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var import in _waiting.Reader.ReadAllAsync(stoppingToken))
            await Task.Run(() => Carry(import, stoppingToken), CancellationToken.None);
    }

    private void Carry(ImportState import, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, import.GivenUp.Token);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            _import.Run(import, either.Token);
        }
        catch (OperationCanceledException)
        {
            import.GiveUp();
        }
        catch (UserErrorException e)
        {
            import.Fail(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DbException)
        {
            import.Fail($"{e.Message} Check the path, its permissions and the free space of the data folder's disk, "
                + "then import it again.");
        }
    }

    private ImportState? StateOf(string id)
    {
        lock (_gate) return _all.FirstOrDefault(i => i.Id == id);
    }

    private static ImportRequest Checked(ImportRequest request)
    {
        if (request.Path is null || request.Path.Length > MaxPathLength || !Path.IsPathRooted(request.Path)
            || request.Path.Contains('\0'))
            throw new UserErrorException("'path' must be the absolute path of a model folder or a .gguf file on the "
                + "platform's machine.");
        if (request.Name is { } name) ModelName.Check(name);
        if (request.Licence is { } licence
            && (licence.Trim().Length is 0 or > ModelLicence.MaxLength || licence.Any(char.IsControl)))
            throw new UserErrorException($"'licence' must be one line of 1 to {ModelLicence.MaxLength} characters.");
        var path = Path.GetFullPath(request.Path);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new UserErrorException($"There is no file or folder {path} on the platform's machine.");
        return request with { Path = Path.TrimEndingDirectorySeparator(path), Licence = request.Licence?.Trim() };
    }
}
