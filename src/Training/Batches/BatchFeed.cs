using System.Collections.Concurrent;

namespace Weir.Training.Batches;

/// <summary>Packs the next steps on a thread of its own while the current one trains. One owner; its failure is thrown
/// where the batch is taken.</summary>
internal sealed class BatchFeed : IDisposable
{
    private const int Ahead = 2;
    private readonly BlockingCollection<StepBatches> _ready = new(Ahead);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;

    public BatchFeed(BatchPacker packer, DataCursor from)
    {
        _thread = new Thread(() => Fill(packer, from)) { IsBackground = true, Name = "batch feed" };
        _thread.Start();
    }

    public StepBatches Take()
    {
        try
        {
            return _ready.Take();
        }
        catch (InvalidOperationException) when (_failure is not null)
        {
            throw new InvalidOperationException("The batch feed failed.", _failure);
        }
    }

    private void Fill(BatchPacker packer, DataCursor cursor)
    {
        try
        {
            while (true)
            {
                var step = packer.Pack(cursor);
                _ready.Add(step, _stop.Token);
                cursor = step.After;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The run has ended; nobody waits for the next batch.
        }
        catch (Exception e) // kept for Take, which is where the run can fail in order
        {
            _failure = e;
            _ready.CompleteAdding();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _ready.Dispose();
        _stop.Dispose();
    }
}
