package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;

/**
 * A bounded source that also ends where it goes on from a checkpoint. Flink's enumerator of Kafka
 * tells readers that nothing more comes when it hands out partitions that are new, which after a
 * restore none is (FLINK-33466): the job read to its end and waited there for ever.
 *
 * <p>Its state is that of the source itself.
 *
 * @param source one whose enumerator looks for splits once, when it starts
 */
record EndingSource<T, S extends SourceSplit, E, C extends Source<T, S, E> & LineageVertexProvider>(
    C source) implements Source<T, S, E>, LineageVertexProvider {
  private static final long serialVersionUID = 1L;

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SourceReader<T, S> createReader(SourceReaderContext context) throws Exception {
    return source.createReader(context);
  }

  @Override
  public SplitEnumerator<S, E> createEnumerator(SplitEnumeratorContext<S> context)
      throws Exception {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<S, E> restoreEnumerator(SplitEnumeratorContext<S> context, E state)
      throws Exception {
    Looking<S> looking = new Looking<>(context);
    return new Restored<>(source.restoreEnumerator(looking, state), looking);
  }

  @Override
  public SimpleVersionedSerializer<S> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<E> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }

  @Override
  public LineageVertex getLineageVertex() {
    return source.getLineageVertex();
  }

  /** Tells a reader that comes later, too. Coordinator thread only. */
  private record Restored<S extends SourceSplit, E>(
      SplitEnumerator<S, E> enumerator, Looking<S> looking) implements SplitEnumerator<S, E> {
    @Override
    public void start() {
      enumerator.start();
    }

    @Override
    public void handleSplitRequest(int reader, String host) {
      enumerator.handleSplitRequest(reader, host);
    }

    @Override
    public void addSplitsBack(List<S> splits, int reader) {
      enumerator.addSplitsBack(splits, reader);
    }

    @Override
    public void addReader(int reader) {
      enumerator.addReader(reader);
      if (looking.done) {
        looking.signalNoMoreSplits(reader);
      }
    }

    @Override
    public E snapshotState(long checkpoint) throws Exception {
      return enumerator.snapshotState(checkpoint);
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) throws Exception {
      enumerator.notifyCheckpointComplete(checkpoint);
    }

    @Override
    public void notifyCheckpointAborted(long checkpoint) throws Exception {
      enumerator.notifyCheckpointAborted(checkpoint);
    }

    @Override
    public void handleSourceEvent(int reader, SourceEvent event) {
      enumerator.handleSourceEvent(reader, event);
    }

    @Override
    public void close() throws IOException {
      enumerator.close();
    }
  }

  /** Knows when the enumerator has looked for splits to its end. Coordinator thread only. */
  private static final class Looking<S extends SourceSplit> implements SplitEnumeratorContext<S> {
    private final SplitEnumeratorContext<S> context;
    private int looks;
    private boolean done;

    Looking(SplitEnumeratorContext<S> context) {
      this.context = context;
    }

    /** What is found may take a second look, which is asked for before the first has ended. */
    @Override
    public <R> void callAsync(Callable<R> look, BiConsumer<R, Throwable> handler) {
      looks++;
      context.callAsync(
          look,
          (found, failure) -> {
            handler.accept(found, failure);
            looks--;
            if (looks == 0) {
              done = true;
              registeredReaders().keySet().forEach(this::signalNoMoreSplits);
            }
          });
    }

    @Override
    public <R> void callAsync(
        Callable<R> look, BiConsumer<R, Throwable> handler, long delay, long period) {
      throw new IllegalStateException(
          "looks every %d ms (expected: one look, as the source is bounded)".formatted(period));
    }

    @Override
    public SplitEnumeratorMetricGroup metricGroup() {
      return context.metricGroup();
    }

    @Override
    public void sendEventToSourceReader(int reader, SourceEvent event) {
      context.sendEventToSourceReader(reader, event);
    }

    @Override
    public void sendEventToSourceReader(int reader, int attempt, SourceEvent event) {
      context.sendEventToSourceReader(reader, attempt, event);
    }

    @Override
    public int currentParallelism() {
      return context.currentParallelism();
    }

    @Override
    public Map<Integer, ReaderInfo> registeredReaders() {
      return context.registeredReaders();
    }

    @Override
    public Map<Integer, Map<Integer, ReaderInfo>> registeredReadersOfAttempts() {
      return context.registeredReadersOfAttempts();
    }

    @Override
    public void assignSplits(SplitsAssignment<S> assignment) {
      context.assignSplits(assignment);
    }

    @Override
    public void assignSplit(S split, int reader) {
      context.assignSplit(split, reader);
    }

    @Override
    public void signalNoMoreSplits(int reader) {
      context.signalNoMoreSplits(reader);
    }

    @Override
    public void runInCoordinatorThread(Runnable action) {
      context.runInCoordinatorThread(action);
    }

    @Override
    public void setIsProcessingBacklog(boolean backlog) {
      context.setIsProcessingBacklog(backlog);
    }
  }
}
