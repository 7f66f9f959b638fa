package io.tidemill.connectors.files;

import java.time.Duration;
import org.apache.flink.api.common.watermark.Watermark;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.SourceReaderOptions;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * What a reader of files knows of its source, and asks it for: while splits are small, for several
 * at once. Flink's reader asks for the next when it has read one, which takes longer than to read a
 * small file, and begins a thread for each.
 *
 * <p>Only for sources that end: others forget all requests but one while they have no split. Task
 * thread only.
 */
final class SplitsAhead implements SourceReaderContext {
  static final int MOST = 16;
  static final long SMALL_BYTES = 1 << 20;

  /**
   * What is waited for when a reader is closed, instead of 30 seconds: Flink's thread that fetches
   * may wait for a signal that is lost when its queue is full.
   */
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private final SourceReaderContext source;
  private final boolean ahead;
  private boolean small;
  private int target = 1;
  private int open;

  /**
   * A context.
   *
   * @param ahead whether several may be asked for
   */
  SplitsAhead(SourceReaderContext source, boolean ahead) {
    this.source = source;
    this.ahead = ahead;
  }

  /** A split has come, before the reader gets it. */
  void added(FileSourceSplit split) {
    small = ahead && split.length() <= SMALL_BYTES;
  }

  /**
   * The reader begins, or has read a split to its end. One more is asked for each time: an answer
   * to a task that fails meanwhile fails the job as well, without what is at fault.
   */
  @Override
  public void sendSplitRequest() {
    target = small ? Math.min(MOST, target + 1) : 1;
    open = Math.max(0, open - 1);
    fill();
  }

  private void fill() {
    while (open < target) {
      open++;
      source.sendSplitRequest();
    }
  }

  @Override
  public Configuration getConfiguration() {
    Configuration configuration = new Configuration(source.getConfiguration());
    if (!configuration.contains(SourceReaderOptions.SOURCE_READER_CLOSE_TIMEOUT)) {
      configuration.set(SourceReaderOptions.SOURCE_READER_CLOSE_TIMEOUT, CLOSE.toMillis());
    }
    return configuration;
  }

  @Override
  public SourceReaderMetricGroup metricGroup() {
    return source.metricGroup();
  }

  @Override
  public String getLocalHostName() {
    return source.getLocalHostName();
  }

  @Override
  public int getIndexOfSubtask() {
    return source.getIndexOfSubtask();
  }

  @Override
  public void sendSourceEventToCoordinator(SourceEvent event) {
    source.sendSourceEventToCoordinator(event);
  }

  @Override
  public UserCodeClassLoader getUserCodeClassLoader() {
    return source.getUserCodeClassLoader();
  }

  @Override
  public int currentParallelism() {
    return source.currentParallelism();
  }

  @Override
  public void emitWatermark(Watermark watermark) {
    source.emitWatermark(watermark);
  }
}
