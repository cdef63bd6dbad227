using Microsoft.AspNetCore.Components;
using Weir.Client;

namespace Weir.WebConsole.Watching;

/// <summary>A part of a page that looks at the platform once a second as long as it is seen.</summary>
public abstract class WatchingPanel : ComponentBase, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _looking = new(1, 1);

    protected WatchingPanel() => Closing = _closing.Token;

    /// <summary>A page that is not seen keeps its state and looks at nothing.</summary>
    [Parameter] public bool IsVisible { get; set; } = true;

    [Inject] protected WeirClient Client { get; set; } = null!;

    /// <summary>Why the last look failed; null where it did not.</summary>
    protected string? LookError { get; private set; }

    protected CancellationToken Closing { get; }

    protected abstract Task LookAsync(CancellationToken ct);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                if (IsVisible) await LookNowAsync();
            }
            while (await timer.WaitForNextTickAsync(Closing));
        }
        catch (OperationCanceledException)
        {
            // the page was closed
        }
    }

    /// <summary>Looks at once, after something was done.</summary>
    protected async Task LookNowAsync()
    {
        await _looking.WaitAsync(Closing);
        try
        {
            await LookAsync(Closing);
            LookError = null;
        }
        catch (WeirApiException e)
        {
            LookError = e.Message;
        }
        finally
        {
            _looking.Release();
        }
        StateHasChanged();
    }

    /// <summary>What is awaited at this moment ends with the token; the semaphore has nothing to free.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _closing.Dispose();
        GC.SuppressFinalize(this);
    }
}
