package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.apache.flink.util.ExceptionUtils;

/**
 * Reads files, and names the one that it cannot read. Task thread only.
 *
 * @param <E> what the files hold
 */
final class ReadableFileReader<E> implements SourceReader<E, FileSourceSplit> {
  /** How Flink's formats of lines begin to say so. */
  private static final Pattern UNDECODED = Pattern.compile("Fail(ed)? to deserialize.*");

  /** How Flink begins where files fail to be read, and not those who take what is read. */
  private static final String FETCHERS = "One or more fetchers";

  /** What Flink's input says of itself in the place of the file's name. */
  private static final Pattern NAMELESS = Pattern.compile("\\S+ParquetInputFile@\\p{XDigit}+");

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
      Throwable undecoded =
          ExceptionUtils.findThrowable(
                  e, cause -> UNDECODED.matcher(String.valueOf(cause.getMessage())).lookingAt())
              .orElse(null);
      if (undecoded != null) {
        throw undecoded(undecoded);
      }
      if (String.valueOf(e.getMessage()).startsWith(FETCHERS) && e.getCause() != null) {
        throw unreadable(e.getCause());
      }
      throw e;
    }
  }

  private RecordFailureException undecoded(Throwable undecoded) {
    String why =
        undecoded.getCause() == null
            ? String.valueOf(undecoded.getMessage())
            : undecoded.getMessage() + " " + undecoded.getCause().getMessage();
    return new RecordFailureException(
        "%s: a record does not decode: %s; correct it, or set ignore-parse-errors of the format to leave such records out"
            .formatted(paths(), why.replaceAll("\\s+", " ")),
        undecoded);
  }

  /** File systems fail with an IOException, and formats of what is in the file with any other. */
  private Exception unreadable(Throwable fetched) {
    NamedFormat.UnreadException named =
        ExceptionUtils.findThrowable(fetched, NamedFormat.UnreadException.class).orElse(null);
    Throwable failure = fetched.getCause() == null ? fetched : fetched.getCause();
    if (named != null && named.getCause() != null) {
      failure = named.getCause();
    }
    RootCause root = RootCause.of(failure);
    String message =
        "%s: cannot be read: %s: %s (expected: a whole file of the source's format, in which its columns have the declared types)"
            .formatted(
                named == null ? paths() : named.file(),
                root.failure().getClass().getSimpleName(),
                NAMELESS.matcher(root.message()).replaceAll("it"));
    if (failure instanceof IOException || failure instanceof UncheckedIOException) {
      return new FileFailureException(message, failure);
    }
    return new RecordFailureException(
        named == null
            ? message
            : message
                + "; replace the file by a whole one, or set on-corrupt-file: dead-letter to go on"
                + " without the rest of it",
        failure);
  }

  private String paths() {
    return splits.stream()
        .map(split -> split.path().toString())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  @Override
  public void addSplits(List<FileSourceSplit> added) {
    // Where failures do not know their file, one comes after the other but for a restore.
    splits = List.copyOf(added);
    portion.added(added.size());
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
