package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.SourceReaderOptions;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.fs.Path;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.util.UserCodeClassLoader;
import org.junit.jupiter.api.Test;

class SplitsAheadTest {
  private final Source source = new Source();
  private final Configuration configured = new Configuration();

  private static FileSourceSplit split(long bytes) {
    return new FileSourceSplit("split", new Path("file"), 0, bytes, 0, bytes);
  }

  /** What a reader asked for and has not read yet, after each split that it has read. */
  private static int afterReading(SplitsAhead splits, Source source, int count, long bytes) {
    for (int i = 0; i < count; i++) {
      splits.added(split(bytes));
      source.unread--;
      splits.sendSplitRequest();
    }
    return source.unread;
  }

  @Test
  void oneMoreIsAskedForWithEachSmallSplitUpToTheMost() {
    SplitsAhead splits = new SplitsAhead(source, true);
    splits.sendSplitRequest();
    assertThat(source.unread).isEqualTo(1);

    assertThat(afterReading(splits, source, 1, SplitsAhead.SMALL_BYTES)).isEqualTo(2);
    assertThat(afterReading(splits, source, 1, 0)).isEqualTo(3);
    assertThat(afterReading(splits, source, 100, 0)).isEqualTo(SplitsAhead.MOST);
  }

  @Test
  void nothingIsAskedForWhileAReaderOfLargeSplitsHasOne() {
    SplitsAhead splits = new SplitsAhead(source, true);
    splits.sendSplitRequest();
    afterReading(splits, source, 100, 0);

    assertThat(afterReading(splits, source, SplitsAhead.MOST - 1, SplitsAhead.SMALL_BYTES + 1))
        .isEqualTo(1);
    assertThat(afterReading(splits, source, 100, SplitsAhead.SMALL_BYTES + 1)).isEqualTo(1);
  }

  @Test
  void oneIsAskedForAtATimeWhereFailuresDoNotKnowTheirFile() {
    SplitsAhead splits = new SplitsAhead(source, false);
    splits.sendSplitRequest();

    assertThat(afterReading(splits, source, 100, 0)).isEqualTo(1);
  }

  @Test
  void whoReadsWhatWasRestoredAsksForAsMany() {
    SplitsAhead splits = new SplitsAhead(source, false);
    splits.added(split(0));
    splits.added(split(0));
    splits.sendSplitRequest();

    assertThat(source.unread).isEqualTo(1);
  }

  @Test
  void aReaderIsWaitedForAShortTimeUnlessTheJobSaysOtherwise() {
    SplitsAhead splits = new SplitsAhead(source, true);
    assertThat(splits.getConfiguration().get(SourceReaderOptions.SOURCE_READER_CLOSE_TIMEOUT))
        .isEqualTo(5_000L);

    configured.set(SourceReaderOptions.SOURCE_READER_CLOSE_TIMEOUT, 7L);
    assertThat(splits.getConfiguration().get(SourceReaderOptions.SOURCE_READER_CLOSE_TIMEOUT))
        .isEqualTo(7L);
  }

  private final class Source implements SourceReaderContext {
    private int unread;

    @Override
    public void sendSplitRequest() {
      unread++;
    }

    @Override
    public Configuration getConfiguration() {
      return configured;
    }

    @Override
    public SourceReaderMetricGroup metricGroup() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getLocalHostName() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getIndexOfSubtask() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void sendSourceEventToCoordinator(SourceEvent event) {
      throw new UnsupportedOperationException();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      throw new UnsupportedOperationException();
    }
  }
}
