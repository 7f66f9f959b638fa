package io.tidemill.benchmarks;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
 * Hands out the workload's records round robin, in every subtask, until the {@link Meter} stops. At
 * full pace a record costs a few nanoseconds, so that the source does not stand in front of what is
 * measured.
 */
final class EndlessSource implements Source<RowData, EndlessSource.Nothing, EndlessSource.Nothing> {
  private final String meterName;
  private final Workload workload;
  private final Pace pace;

  EndlessSource(String meterName, Workload workload, Pace pace) {
    this.meterName = meterName;
    this.workload = workload;
    this.pace = pace;
  }

  /** How fast records come. */
  enum Pace {
    /** As fast as they are taken. */
    FULL(64, 0),
    /** A thousand a second. */
    BRISK(10, 10),
    /** A hundred a second. */
    STEADY(10, 100),
    /** Ten a second. */
    SLOW(1, 100),
    /** Never. */
    SILENT(0, 100);

    private final int recordsPerPoll;
    private final int pauseMillis;

    Pace(int recordsPerPoll, int pauseMillis) {
      this.recordsPerPoll = recordsPerPoll;
      this.pauseMillis = pauseMillis;
    }
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
    return new Reader(Meter.named(meterName), workload.records(), pace);
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
    private final Pace pace;
    private CompletableFuture<Void> available = CompletableFuture.completedFuture(null);
    private int next;
    private long handedOut;
    private boolean resting;

    Reader(Meter meter, RowData[] records, Pace pace) {
      this.meter = meter;
      this.records = records;
      this.pace = pace;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) {
      if (meter.stopped()) {
        return InputStatus.END_OF_INPUT;
      }
      CompletableFuture<Void> turn = meter.turn();
      if (!turn.isDone()) {
        available = turn;
        resting = true;
        meter.rest(handedOut);
        return InputStatus.NOTHING_AVAILABLE;
      }
      if (resting) {
        resting = false;
        meter.goOn();
      }
      handOut(pace.recordsPerPoll, output);
      if (pace == Pace.FULL) {
        return InputStatus.MORE_AVAILABLE;
      }
      available = new CompletableFuture<>();
      // By the JDK's own timer: a thread for each pause would cost more than the step.
      available.completeOnTimeout(null, pace.pauseMillis, TimeUnit.MILLISECONDS);
      return InputStatus.NOTHING_AVAILABLE;
    }

    private void handOut(int count, ReaderOutput<RowData> output) {
      for (int i = 0; i < count; i++) {
        output.collect(records[next]);
        next = next + 1 == records.length ? 0 : next + 1;
      }
      handedOut += count;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return available;
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
