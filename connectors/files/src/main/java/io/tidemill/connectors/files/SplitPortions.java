package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.api.connector.source.SupportsBatchSnapshot;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.PendingSplitsCheckpoint;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.jspecify.annotations.Nullable;

/**
 * Gives readers the small splits of files that end in portions, each {@linkplain FilesSplit as
 * one}: to ask for each takes longer than to read it, and Flink begins a thread for each. A
 * reader's first portion is one split and the next twice as large, but no more than its share of
 * what is left, so that few files are shared by all, and the last of many; a large split ends a
 * portion, and so do many bytes.
 *
 * <p>A reader asks for a portion when it has read the last. An answer that is on its way to a task
 * which fails would fail the job by itself, without a word of what is at fault.
 *
 * <p>The gauge {@code bytesLeft} tells how many bytes of the splits nobody has read to their ends,
 * but for those that a restore has left to readers, which {@linkplain ReaderPortion tell} of them.
 *
 * <p>The coordinator's thread only.
 */
final class SplitPortions
    implements SplitEnumerator<FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>>,
        SupportsBatchSnapshot {
  static final int MOST = 64;
  static final String BYTES_LEFT = "bytesLeft";
  private static final long NO_CHECKPOINT = -1;
  static final long SMALL_BYTES = 1 << 20;
  static final long MOST_BYTES = 16 * SMALL_BYTES;

  private final int most;
  private final SplitEnumerator<FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>> files;
  private final Collecting context;
  private final Map<Integer, Integer> sizes = new HashMap<>();

  /** The bytes of the portion that each reader has. */
  private final Map<Integer, Long> given = new HashMap<>();

  private final AtomicLong bytesLeft = new AtomicLong();

  /** How many splits nobody has yet. */
  private int left;

  /**
   * Portions of the splits of an enumerator.
   *
   * @param most splits of a portion
   * @param files makes it, of one that tells at once whether there is a split
   */
  SplitPortions(
      SplitEnumeratorContext<FileSourceSplit> context,
      int most,
      Function<
              SplitEnumeratorContext<FileSourceSplit>,
              SplitEnumerator<FileSourceSplit, PendingSplitsCheckpoint<FileSourceSplit>>>
          files) {
    this.most = most;
    this.context = new Collecting(context);
    this.files = files.apply(this.context);
    Collection<FileSourceSplit> all = all();
    left = all.size();
    bytesLeft.set(FilesSplit.bytes(all));
    context.metricGroup().gauge(BYTES_LEFT, bytesLeft::get);
  }

  private Collection<FileSourceSplit> all() {
    try {
      return files.snapshotState(NO_CHECKPOINT).getSplits();
    } catch (Exception e) {
      throw new IllegalStateException("which splits are there", e);
    }
  }

  @Override
  public void handleSplitRequest(int subtask, @Nullable String host) {
    hasReadItsPortion(subtask);
    int size =
        Math.min(sizes.merge(subtask, 1, (before, one) -> Math.min(most, 2 * before)), share());
    List<FileSourceSplit> portion = new ArrayList<>();
    context.portion = portion;
    try {
      int before;
      do {
        before = portion.size();
        files.handleSplitRequest(subtask, host);
      } while (portion.size() > before && portion.size() < size && goesOn(portion));
    } finally {
      context.portion = null;
    }
    left = Math.max(0, left - portion.size());
    if (portion.isEmpty()) {
      // That there is none, or that the reader is gone, is told without us.
      files.handleSplitRequest(subtask, host);
    } else {
      given.put(subtask, FilesSplit.bytes(portion));
      context.assignSplits(new SplitsAssignment<>(Map.of(subtask, together(portion))));
    }
  }

  /** How many of the splits that are left each reader would have. */
  private int share() {
    int readers = Math.max(1, context.currentParallelism());
    return Math.max(1, (left + readers - 1) / readers);
  }

  private void hasReadItsPortion(int subtask) {
    Long bytes = given.remove(subtask);
    if (bytes != null) {
      bytesLeft.addAndGet(-bytes);
    }
  }

  /** Of what was not read to its end, which is read once more where a reader fails. */
  long bytesLeft() {
    return bytesLeft.get();
  }

  private static boolean goesOn(List<FileSourceSplit> portion) {
    return isSmall(portion.get(portion.size() - 1)) && FilesSplit.bytes(portion) < MOST_BYTES;
  }

  private static boolean isSmall(FileSourceSplit split) {
    return split.length() <= SMALL_BYTES && split.fileSize() <= FilesSplit.MOST_FILE_BYTES;
  }

  /** The small ones as one, and the large one that may be behind them. */
  private static List<FileSourceSplit> together(List<FileSourceSplit> portion) {
    int last = portion.size() - 1;
    int small = isSmall(portion.get(last)) ? portion.size() : last;
    if (small < 2) {
      return portion;
    }
    List<FileSourceSplit> together = new ArrayList<>();
    together.add(FilesSplit.of(portion.subList(0, small)));
    together.addAll(portion.subList(small, portion.size()));
    return together;
  }

  @Override
  public void start() {
    files.start();
  }

  @Override
  public void addSplitsBack(List<FileSourceSplit> splits, int subtask) {
    List<FileSourceSplit> each = splits.stream().flatMap(FilesSplit::each).toList();
    files.addSplitsBack(each, subtask);
    left += each.size();
    hasReadItsPortion(subtask);
    bytesLeft.addAndGet(FilesSplit.bytes(each));
  }

  @Override
  public void addReader(int subtask) {
    sizes.remove(subtask);
    files.addReader(subtask);
  }

  @Override
  public void handleSourceEvent(int subtask, SourceEvent event) {
    files.handleSourceEvent(subtask, event);
  }

  @Override
  public PendingSplitsCheckpoint<FileSourceSplit> snapshotState(long checkpointId)
      throws Exception {
    return files.snapshotState(checkpointId);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    files.notifyCheckpointComplete(checkpointId);
  }

  @Override
  public void notifyCheckpointAborted(long checkpointId) throws Exception {
    files.notifyCheckpointAborted(checkpointId);
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  /** Keeps what is assigned while a portion is made, and leaves that there is no more unsaid. */
  private static final class Collecting implements SplitEnumeratorContext<FileSourceSplit> {
    private final SplitEnumeratorContext<FileSourceSplit> source;
    private @Nullable List<FileSourceSplit> portion;

    Collecting(SplitEnumeratorContext<FileSourceSplit> source) {
      this.source = source;
    }

    @Override
    public void assignSplit(FileSourceSplit split, int subtask) {
      if (portion == null) {
        source.assignSplit(split, subtask);
      } else {
        portion.add(split);
      }
    }

    @Override
    public void assignSplits(SplitsAssignment<FileSourceSplit> splits) {
      source.assignSplits(splits);
    }

    @Override
    public void signalNoMoreSplits(int subtask) {
      if (portion == null) {
        source.signalNoMoreSplits(subtask);
      }
    }

    @Override
    public SplitEnumeratorMetricGroup metricGroup() {
      return source.metricGroup();
    }

    @Override
    public void sendEventToSourceReader(int subtask, SourceEvent event) {
      source.sendEventToSourceReader(subtask, event);
    }

    @Override
    public void sendEventToSourceReader(int subtask, int attempt, SourceEvent event) {
      source.sendEventToSourceReader(subtask, attempt, event);
    }

    @Override
    public int currentParallelism() {
      return source.currentParallelism();
    }

    @Override
    public Map<Integer, ReaderInfo> registeredReaders() {
      return source.registeredReaders();
    }

    @Override
    public Map<Integer, Map<Integer, ReaderInfo>> registeredReadersOfAttempts() {
      return source.registeredReadersOfAttempts();
    }

    @Override
    public <T> void callAsync(Callable<T> callable, BiConsumer<T, Throwable> handler) {
      source.callAsync(callable, handler);
    }

    @Override
    public <T> void callAsync(
        Callable<T> callable, BiConsumer<T, Throwable> handler, long delay, long period) {
      source.callAsync(callable, handler, delay, period);
    }

    @Override
    public void runInCoordinatorThread(Runnable runnable) {
      source.runInCoordinatorThread(runnable);
    }

    @Override
    public void setIsProcessingBacklog(boolean isProcessingBacklog) {
      source.setIsProcessingBacklog(isProcessingBacklog);
    }
  }
}
