package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.problem.RootCause;
import io.tidemill.connectors.record.FileFailureException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.table.types.logical.RowType;

/** The files of a source, of which one says which columns all have. Immutable. */
public final class TellingFiles {
  private static final long HEAD_BYTES = 1 << 20;

  private final SourceFiles files;
  private final FileColumns columns;
  private final boolean passesOverCorrupt;

  /**
   * Those of a source.
   *
   * @param options of one whose files {@linkplain ConnectorOptions#filesTellColumns tell}, and
   *     whose format is there
   */
  public TellingFiles(ConnectorOptions options, FileReading reading) {
    this(SourceFiles.of(options.ofOneFolder()), columns(options), reading.corruptToDeadLetters());
  }

  TellingFiles(SourceFiles files, FileColumns columns, boolean passesOverCorrupt) {
    this.files = files;
    this.columns = columns;
    this.passesOverCorrupt = passesOverCorrupt;
  }

  /**
   * What a file says.
   *
   * @param columns of the types as which the source reads them
   */
  public record Told(String file, RowType columns) {}

  private static FileColumns columns(ConnectorOptions options) {
    return switch (options.format().orElseThrow()) {
      case ConnectorOptions.AVRO -> new AvroFileColumns();
      case ConnectorOptions.ORC -> new OrcFileColumns();
      default -> {
        ParquetOptions parquet = new ParquetOptions(options);
        yield new ParquetFileColumns(parquet.utc(), parquet.utcIsSaid());
      }
    };
  }

  /**
   * What the last of them by path says, as a folder or a file with a later date may have columns
   * that came later: a file that lacks one fails the job, and a column that only an older one has
   * is not asked for. Where a corrupt file does not fail the job, it is the last that can be read.
   * Blocks on the file system.
   *
   * @return empty where there is none yet
   * @throws CorruptException if its contents are not of the source's format
   * @throws FileFailureException if it cannot be read otherwise, which another attempt may do
   * @throws InvalidSchemaException naming each column that no declared type reads
   */
  public Optional<Told> told() throws CorruptException, FileFailureException {
    List<FileSourceSplit> inOrder;
    try {
      inOrder = files.list().orElse(List.of());
    } catch (IOException unreadable) {
      throw new FileFailureException(String.valueOf(unreadable.getMessage()), unreadable);
    }
    CorruptException corrupt = null;
    for (int i = inOrder.size() - 1; i >= 0; i--) {
      try {
        return Optional.of(told(inOrder.get(i)));
      } catch (CorruptException damaged) {
        if (!passesOverCorrupt) {
          throw damaged;
        }
        corrupt = corrupt == null ? damaged : corrupt;
      }
    }
    if (corrupt != null) {
      throw corrupt;
    }
    return Optional.empty();
  }

  /**
   * The file that is asked first; empty where there is none yet. Blocks on the file system.
   *
   * @throws IOException if they cannot be listed
   */
  Optional<FileSourceSplit> last() throws IOException {
    List<FileSourceSplit> inOrder = files.list().orElse(List.of());
    return inOrder.isEmpty() ? Optional.empty() : Optional.of(inOrder.get(inOrder.size() - 1));
  }

  private Told told(FileSourceSplit file) throws CorruptException, FileFailureException {
    try {
      return new Told(file.path().toString(), columns.of(file));
    } catch (InvalidSchemaException told) {
      throw told;
    } catch (IOException | RuntimeException failure) {
      String message =
          "the columns of %s cannot be read: %s"
              .formatted(file.path(), RootCause.of(failure).message());
      if (new FailedSplit(headOf(file), failure).mayBeOfContents() && failsAgain(file, failure)) {
        throw new CorruptException(message, failure);
      }
      throw new FileFailureException(message, failure);
    }
  }

  private static FileSourceSplit headOf(FileSourceSplit file) {
    return new FileSourceSplit(
        file.splitId(),
        file.path(),
        0,
        Math.min(HEAD_BYTES, file.length()),
        file.fileModificationTime(),
        file.fileSize());
  }

  private boolean failsAgain(FileSourceSplit file, Exception failure) {
    try {
      columns.of(file);
      return false;
    } catch (IOException | RuntimeException again) {
      return RootCause.of(again).failure().getClass() == RootCause.of(failure).failure().getClass();
    }
  }

  /** A file whose contents are not what its format has. */
  public static final class CorruptException extends Exception {
    private static final long serialVersionUID = 1L;

    CorruptException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
