using System.Threading.Channels;

namespace Weir.Data.Running;

/// <summary>One reader, many workers, one writer: items are worked on in parallel and handed on in the order in
/// which they were read, so that the result does not depend on the number of threads. A bounded channel holds the
/// reader back when the writer is slow.</summary>
internal static class OrderedPipeline
{
    /// <summary>Runs until the source is dry. The first exception of any side, or cancellation, stops all sides and
    /// comes out here.</summary>
    public static async Task RunAsync<TIn, TOut>(IEnumerable<TIn> source, Func<TIn, TOut> work, Action<TOut> write,
        int threads, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // Each entry is a piece of work under way, so the capacity is also the number of workers.
        var underWay = Channel.CreateBounded<Task<TOut>>(threads);
        var reading = Task.Run(() => ReadAsync(source, work, underWay.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var piece in underWay.Reader.ReadAllAsync(cancel)) write(await piece);
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private static async Task ReadAsync<TIn, TOut>(IEnumerable<TIn> source, Func<TIn, TOut> work,
        ChannelWriter<Task<TOut>> writer, CancellationToken stop)
    {
        try
        {
            foreach (var item in source)
                await writer.WriteAsync(Task.Run(() => work(item), stop), stop);
            writer.Complete();
        }
        catch (Exception e) // handed to the writing side, which throws it
        {
            writer.Complete(e);
        }
    }
}
