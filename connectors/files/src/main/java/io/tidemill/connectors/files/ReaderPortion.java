package io.tidemill.connectors.files;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.watermark.Watermark;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.SourceReaderOptions;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * What a reader of files knows of its source, and asks it for: the next portion, once it has read
 * the last of those splits that came together. Task thread only.
 */
final class ReaderPortion implements SourceReaderContext {
  /**
   * What is waited for when a reader is closed, instead of 30 seconds: Flink's thread that fetches
   * may wait for a signal that is lost when its queue is full.
   */
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** Of the splits that were read to their ends; files that are packed count as they lie there. */
  private static final String BYTES_READ = "bytesRead";

  private final SourceReaderContext source;
  private final Counter bytesRead;

  /** Of splits that a restore has left to the reader, of which its enumerator does not know. */
  private final AtomicLong restoredBytes = new AtomicLong();

  private boolean begun;
  private int unread;
  private long unreadBytes;

  ReaderPortion(SourceReaderContext source) {
    this.source = source;
    this.bytesRead = source.metricGroup().counter(BYTES_READ);
    source.metricGroup().gauge(SplitPortions.BYTES_LEFT, restoredBytes::get);
  }

  /** Splits have come. */
  void added(List<FileSourceSplit> splits) {
    unread += splits.size();
    unreadBytes += FilesSplit.bytes(splits);
    if (!begun) {
      restoredBytes.set(unreadBytes);
    }
  }

  /** What comes now is of the enumerator. */
  void begins() {
    begun = true;
  }

  /** The reader begins, or has read a split to its end. */
  @Override
  public void sendSplitRequest() {
    unread = Math.max(0, unread - 1);
    if (unread == 0) {
      bytesRead.inc(unreadBytes);
      unreadBytes = 0;
      restoredBytes.set(0);
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
