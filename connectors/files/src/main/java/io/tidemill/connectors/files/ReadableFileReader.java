package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.util.ExceptionUtils;

/**
 * Reads files, and names the one that it cannot read. Task thread only.
 *
 * @param <E> what the files hold
 */
final class ReadableFileReader<E> implements SourceReader<E, FileSourceSplit> {
  /** How Flink begins where files fail to be read, and not those who take what is read. */
  private static final String FETCHERS = "One or more fetchers";

  private final SourceReader<E, FileSourceSplit> reader;
  private final ReaderPortion portion;
  private List<FileSourceSplit> splits = List.of();

  ReadableFileReader(SourceReader<E, FileSourceSplit> reader, ReaderPortion portion) {
    this.reader = reader;
    this.portion = portion;
  }

  @Override
  public InputStatus pollNext(ReaderOutput<E> output) throws Exception {
    try {
      return reader.pollNext(output);
    } catch (RuntimeException e) {
      RecordFailureException told =
          ExceptionUtils.findThrowable(e, RecordFailureException.class).orElse(null);
      if (told != null) {
        throw told;
      }
      if (String.valueOf(e.getMessage()).startsWith(FETCHERS) && e.getCause() != null) {
        throw new ReadFailure(e.getCause()).told(paths());
      }
      throw e;
    }
  }

  private String paths() {
    return splits.stream()
        .flatMap(FilesSplit::each)
        .map(split -> split.path().toString())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  @Override
  public void addSplits(List<FileSourceSplit> added) {
    // Where failures do not know their file, one comes after the other but for a restore.
    splits = List.copyOf(added);
    portion.added(added);
    reader.addSplits(added);
  }

  @Override
  public void start() {
    portion.begins();
    reader.start();
  }

  @Override
  public List<FileSourceSplit> snapshotState(long checkpointId) {
    return reader.snapshotState(checkpointId);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return reader.isAvailable();
  }

  @Override
  public void notifyNoMoreSplits() {
    reader.notifyNoMoreSplits();
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    reader.handleSourceEvents(event);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    reader.notifyCheckpointComplete(checkpointId);
  }

  @Override
  public void notifyCheckpointAborted(long checkpointId) throws Exception {
    reader.notifyCheckpointAborted(checkpointId);
  }

  @Override
  public void pauseOrResumeSplits(Collection<String> pause, Collection<String> resume) {
    reader.pauseOrResumeSplits(pause, resume);
  }

  @Override
  public void close() throws Exception {
    reader.close();
  }
}
