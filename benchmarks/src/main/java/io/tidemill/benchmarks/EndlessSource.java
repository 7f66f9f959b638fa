package io.tidemill.benchmarks;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the workload's records round robin, in every subtask, until the {@link Meter} stops. A
 * record costs a few nanoseconds, so that the source does not stand in front of what is measured.
 */
final class EndlessSource implements Source<RowData, EndlessSource.Nothing, EndlessSource.Nothing> {
  private static final int RECORDS_PER_POLL = 64;

  private final String meterName;
  private final Workload workload;

  EndlessSource(String meterName, Workload workload) {
    this.meterName = meterName;
    this.workload = workload;
  }

  /** Neither a split nor a state; the readers need none. */
  record Nothing() implements SourceSplit {
    @Override
    public String splitId() {
      return "none";
    }
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<RowData, Nothing> createReader(SourceReaderContext context) {
    return new Reader(Meter.named(meterName), workload.records());
  }

  @Override
  public SplitEnumerator<Nothing, Nothing> createEnumerator(
      SplitEnumeratorContext<Nothing> context) {
    return new Enumerator();
  }

  @Override
  public SplitEnumerator<Nothing, Nothing> restoreEnumerator(
      SplitEnumeratorContext<Nothing> context, Nothing checkpoint) {
    return new Enumerator();
  }

  @Override
  public SimpleVersionedSerializer<Nothing> getSplitSerializer() {
    return new NothingSerializer();
  }

  @Override
  public SimpleVersionedSerializer<Nothing> getEnumeratorCheckpointSerializer() {
    return new NothingSerializer();
  }

  private static final class Reader implements SourceReader<RowData, Nothing> {
    private final Meter meter;
    private final RowData[] records;
    private int next;

    Reader(Meter meter, RowData[] records) {
      this.meter = meter;
      this.records = records;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) {
      if (meter.stopped()) {
        return InputStatus.END_OF_INPUT;
      }
      for (int i = 0; i < RECORDS_PER_POLL; i++) {
        output.collect(records[next]);
        next = next + 1 == records.length ? 0 : next + 1;
      }
      return InputStatus.MORE_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void start() {}

    @Override
    public List<Nothing> snapshotState(long checkpointId) {
      return List.of();
    }

    @Override
    public void addSplits(List<Nothing> splits) {}

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }

  private static final class Enumerator implements SplitEnumerator<Nothing, Nothing> {
    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, @Nullable String requesterHost) {}

    @Override
    public void addSplitsBack(List<Nothing> splits, int subtask) {}

    @Override
    public void addReader(int subtask) {}

    @Override
    public Nothing snapshotState(long checkpointId) {
      return new Nothing();
    }

    @Override
    public void close() {}
  }

  private static final class NothingSerializer implements SimpleVersionedSerializer<Nothing> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Nothing nothing) {
      return new byte[0];
    }

    @Override
    public Nothing deserialize(int version, byte[] bytes) {
      return new Nothing();
    }
  }
}
