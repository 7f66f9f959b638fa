package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.assigners.SimpleSplitAssigner;
import org.apache.flink.connector.file.src.impl.StaticFileSplitEnumerator;
import org.apache.flink.core.fs.Path;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class SplitPortionsTest {
  private final List<FileSourceSplit> splits = new ArrayList<>();
  private final Job job = new Job();

  private void files(int count, long bytes) {
    for (int i = 0; i < count; i++) {
      splits.add(new FileSourceSplit("" + splits.size(), new Path("file"), 0, bytes, 0, bytes));
    }
  }

  private SplitPortions portions(int readers) {
    for (int subtask = 0; subtask < readers; subtask++) {
      job.readers.put(subtask, new ReaderInfo(subtask, "here"));
    }
    return new SplitPortions(
        job,
        SplitPortions.MOST,
        context -> new StaticFileSplitEnumerator(context, new SimpleSplitAssigner(splits)));
  }

  @Test
  void portionsOfSmallFilesGrowAndEverySplitIsGivenOnce() {
    files(200, 9);
    SplitPortions portions = portions(1);

    while (job.ended.isEmpty()) {
      portions.handleSplitRequest(0, null);
    }

    assertThat(job.sizes()).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 64L, 9L);
    assertThat(job.given.stream().flatMap(List::stream).flatMap(FilesSplit::each))
        .containsExactlyInAnyOrderElementsOf(splits);
    assertThat(job.given).allSatisfy(given -> assertThat(given).hasSize(1));
  }

  @Test
  void aPortionHasNoMoreBytesThanAreReadInAMoment() {
    files(100, SplitPortions.SMALL_BYTES);
    SplitPortions portions = portions(1);

    while (job.ended.isEmpty()) {
      portions.handleSplitRequest(0, null);
    }

    assertThat(job.sizes()).containsExactly(1L, 2L, 4L, 8L, 16L, 16L, 16L, 16L, 16L, 5L);
  }

  @Test
  void aLargeSplitStaysOneOfItsOwnBehindSmallOnes() {
    files(1, SplitPortions.SMALL_BYTES + 1);
    // The assigner gives the last first, and the third portion begins with two of these.
    files(5, 9);
    SplitPortions portions = portions(1);

    for (int i = 0; i < 3; i++) {
      portions.handleSplitRequest(0, null);
    }

    List<FileSourceSplit> last = job.given.get(2);
    assertThat(last).extracting(split -> FilesSplit.each(split).count()).containsExactly(2L, 1L);
    assertThat(last.get(1)).isSameAs(splits.get(0));
  }

  /** Flink keeps them as splits of one file. */
  @Test
  void splitsThatComeBackAreOfOneFileEach() throws Exception {
    files(3, 9);
    SplitPortions portions = portions(1);
    portions.handleSplitRequest(0, null);
    portions.handleSplitRequest(0, null);
    List<FileSourceSplit> both = job.given.get(1);
    assertThat(both).hasSize(1);

    portions.addSplitsBack(both, 0);

    assertThat(portions.snapshotState(1).getSplits())
        .containsExactlyInAnyOrderElementsOf(both.stream().flatMap(FilesSplit::each).toList());
  }

  /** It would end before the answer to what it asks for when it has read the last. */
  @Test
  void aReaderIsToldThatThereIsNoMoreWhenItHasReadAll() {
    files(2, 0);
    SplitPortions portions = portions(1);
    portions.handleSplitRequest(0, null);
    portions.handleSplitRequest(0, null);
    assertThat(job.given).hasSize(2);
    assertThat(job.ended).isEmpty();

    portions.handleSplitRequest(0, null);

    assertThat(job.ended).containsExactly(0);
  }

  @Test
  void aLargeFileEndsAPortion() {
    files(40, SplitPortions.SMALL_BYTES + 1);
    SplitPortions portions = portions(1);

    while (job.ended.isEmpty()) {
      portions.handleSplitRequest(0, null);
    }

    assertThat(job.given).hasSize(40);
  }

  @Test
  void fewFilesAreSharedByAllReaders() {
    files(12, 0);
    SplitPortions portions = portions(4);

    for (int turn = 0; turn < 2; turn++) {
      for (int subtask = 0; subtask < 4; subtask++) {
        portions.handleSplitRequest(subtask, null);
      }
    }

    assertThat(job.sizes()).containsExactly(1L, 1L, 1L, 1L, 2L, 2L, 1L, 1L);
  }

  @Test
  void theLastOfManyFilesAreSharedByAllReaders() {
    files(570, 0);
    SplitPortions portions = portions(8);

    while (job.ended.isEmpty()) {
      for (int subtask = 0; subtask < 8; subtask++) {
        portions.handleSplitRequest(subtask, null);
      }
    }

    List<Long> sizes = job.sizes();
    assertThat(sizes).contains(32L);
    assertThat(sizes.subList(sizes.size() - 16, sizes.size())).allMatch(size -> size <= 9);
    assertThat(sizes.stream().mapToLong(size -> size).sum()).isEqualTo(570);
  }

  @Test
  void bytesAreLeftUntilAReaderHasReadThemToTheirEnd() {
    files(4, 10);
    SplitPortions portions = portions(2);
    assertThat(portions.bytesLeft()).isEqualTo(40);

    portions.handleSplitRequest(0, null);
    portions.handleSplitRequest(1, null);
    assertThat(portions.bytesLeft()).as("given, and not read").isEqualTo(40);
    portions.handleSplitRequest(0, null);
    assertThat(portions.bytesLeft()).isEqualTo(30);
    portions.addSplitsBack(job.given.get(1), 1);
    portions.addSplitsBack(List.of(job.given.get(0).get(0), job.given.get(2).get(0)), 0);
    assertThat(portions.bytesLeft()).as("to be read once more").isEqualTo(40);
    while (job.ended.isEmpty()) {
      portions.handleSplitRequest(1, null);
    }
    assertThat(portions.bytesLeft()).isZero();
  }

  @Test
  void aReaderThatIsGoneGetsNothing() {
    files(12, 0);

    portions(0).handleSplitRequest(7, null);

    assertThat(job.given).isEmpty();
    assertThat(job.ended).isEmpty();
  }

  private static final class Job implements SplitEnumeratorContext<FileSourceSplit> {
    private final Map<Integer, ReaderInfo> readers = new HashMap<>();
    private final List<List<FileSourceSplit>> given = new ArrayList<>();
    private final List<Integer> ended = new ArrayList<>();

    /** How many files each portion had. */
    List<Long> sizes() {
      return given.stream().map(one -> one.stream().flatMap(FilesSplit::each).count()).toList();
    }

    @Override
    public void assignSplits(SplitsAssignment<FileSourceSplit> assigned) {
      given.addAll(assigned.assignment().values());
    }

    @Override
    public void signalNoMoreSplits(int subtask) {
      ended.add(subtask);
    }

    @Override
    public Map<Integer, ReaderInfo> registeredReaders() {
      return readers;
    }

    @Override
    public int currentParallelism() {
      return readers.size();
    }

    @Override
    public SplitEnumeratorMetricGroup metricGroup() {
      return UnregisteredMetricsGroup.createSplitEnumeratorMetricGroup();
    }

    @Override
    public void sendEventToSourceReader(int subtask, SourceEvent event) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> void callAsync(Callable<T> callable, BiConsumer<T, Throwable> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> void callAsync(
        Callable<T> callable, BiConsumer<T, Throwable> handler, long delay, long period) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void runInCoordinatorThread(Runnable runnable) {
      throw new UnsupportedOperationException();
    }
  }
}
