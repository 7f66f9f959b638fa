package io.tidemill.connectors.table;

import io.tidemill.connectors.record.RecordFailureException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.ExceptionUtils;

/** Reads files, and names them where a record does not decode. Task thread only. */
final class DecodedFileReader implements SourceReader<RowData, FileSourceSplit> {
  /** How Flink's formats of lines begin to say so; any other failure may pass with a restart. */
  private static final Pattern UNDECODED = Pattern.compile("Fail(ed)? to deserialize.*");

  private final SourceReader<RowData, FileSourceSplit> reader;
  private List<FileSourceSplit> splits = List.of();

  DecodedFileReader(SourceReader<RowData, FileSourceSplit> reader) {
    this.reader = reader;
  }

  @Override
  public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
    try {
      return reader.pollNext(output);
    } catch (RuntimeException e) {
      Throwable undecoded =
          ExceptionUtils.findThrowable(
                  e, cause -> UNDECODED.matcher(String.valueOf(cause.getMessage())).lookingAt())
              .orElse(null);
      throw undecoded == null ? e : failure(undecoded);
    }
  }

  private RecordFailureException failure(Throwable undecoded) {
    String why =
        undecoded.getCause() == null
            ? String.valueOf(undecoded.getMessage())
            : undecoded.getMessage() + " " + undecoded.getCause().getMessage();
    return new RecordFailureException(
        "%s: a record does not decode: %s; correct it, or set ignore-parse-errors of the format to leave such records out"
            .formatted(
                splits.stream()
                    .map(split -> split.path().toString())
                    .distinct()
                    .collect(Collectors.joining(", ")),
                why.replaceAll("\\s+", " ")),
        undecoded);
  }

  @Override
  public void addSplits(List<FileSourceSplit> added) {
    // Flink's reader asks for one after the other; only a restore brings several.
    splits = List.copyOf(added);
    reader.addSplits(added);
  }

  @Override
  public void start() {
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
