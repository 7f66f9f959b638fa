package io.tidemill.connectors.table;

import io.tidemill.connectors.files.ReadableFiles;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.KeptDeadLetter;
import io.tidemill.connectors.record.KeptDeadLetters;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveEnumerator;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** The dead letters in the published files of a folder. For use by one thread. */
final class KeptFiles implements KeptDeadLetters {
  private static final int LISTINGS = 100;

  private final ConnectorOptions options;
  private final Path folder;
  private final ReadableFiles<RowData> files;
  private @Nullable List<FileSourceSplit> found;

  KeptFiles(ConnectorOptions options, ReadableFiles<RowData> files) {
    this.options = options;
    this.folder = new Path(options.value(ConnectorOptions.PATH).orElseThrow());
    this.files = files;
  }

  @Override
  public String place() {
    return "folder " + ConnectorOptions.withoutSecrets(folder.toString());
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    String problem;
    try {
      if (folder.getFileSystem().exists(folder)) {
        return List.of();
      }
      problem =
          "'%s' is not there (expected: a folder; the job makes it with its first dead letter)";
    } catch (IOException e) {
      problem = "'%s' cannot be read: " + e.getMessage();
    }
    return List.of(
        new Problem<>(
            new OptionKey(options.place(), ConnectorOptions.PATH), problem.formatted(folder)));
  }

  @Override
  public void forEach(Collection<String> addresses, Reader reader) throws IOException {
    List<String> named = addresses.stream().map(KeptFiles::file).toList();
    for (FileSourceSplit file : files()) {
      String name = name(file);
      if (named.isEmpty() || named.contains(name)) {
        read(file, name, reader);
      }
    }
  }

  private static String file(String address) {
    int colon = address.lastIndexOf(':');
    if (colon < 1 || !address.substring(colon + 1).matches("[1-9]\\d{0,17}")) {
      throw new IllegalArgumentException(
          "address: '%s' (expected: FILE:LINE, as 'ls' prints it)".formatted(address));
    }
    return address.substring(0, colon);
  }

  /** The path of a file under the folder. */
  private String name(FileSourceSplit file) {
    String path = file.path().getPath();
    String above = folder.getPath() + Path.SEPARATOR;
    return path.startsWith(above) ? path.substring(above.length()) : file.path().getName();
  }

  private List<FileSourceSplit> files() throws IOException {
    List<FileSourceSplit> known = found;
    if (known == null) {
      known = new ArrayList<>(listed());
      // The oldest first, as a topic has them.
      known.sort(
          Comparator.comparingLong(FileSourceSplit::fileModificationTime)
              .thenComparing(file -> file.path().toString()));
      found = known;
    }
    return known;
  }

  /**
   * A job that writes here meanwhile gives its files their names, and Flink's local file system
   * looks at every file after it has listed the names of all.
   */
  private Collection<FileSourceSplit> listed() throws IOException {
    for (int listing = 1; ; listing++) {
      try {
        return new NonSplittingRecursiveEnumerator().enumerateSplits(new Path[] {folder}, 1);
      } catch (FileNotFoundException moved) {
        if (listing == LISTINGS) {
          throw moved;
        }
      }
    }
  }

  private void read(FileSourceSplit file, String name, Reader reader) throws IOException {
    FoundRows rows = new FoundRows();
    try (SourceReader<RowData, FileSourceSplit> records = files.createReader(new NoJob())) {
      records.start();
      records.addSplits(List.of(file));
      records.notifyNoMoreSplits();
      long line = 0;
      InputStatus status = InputStatus.MORE_AVAILABLE;
      while (status != InputStatus.END_OF_INPUT) {
        status = records.pollNext(rows);
        for (RowData row : rows.take()) {
          DeadLetterRecord letter = DeadLetterRecord.fromRow(row);
          line++;
          reader.read(new KeptDeadLetter(name + ":" + line, letter.isComplete() ? letter : null));
        }
        if (status == InputStatus.NOTHING_AVAILABLE) {
          records.isAvailable().get();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(place() + ": interrupted", e);
    } catch (IOException e) {
      throw e;
    } catch (ExecutionException e) {
      throw new IOException("%s cannot be read: %s".formatted(name, e.getCause()), e);
    } catch (Exception e) {
      throw new IOException("%s cannot be read: %s".formatted(name, e.getMessage()), e);
    }
  }
}
