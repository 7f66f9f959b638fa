package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.RootCause;
import java.io.IOException;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveAllDirEnumerator;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.types.logical.RowType;

/** The first, by its path, of the files that a source reads, and what it says of its columns. */
public final class FirstFile {
  private static final String AVRO = "avro";
  private static final String ORC = "orc";
  private static final String PARQUET = "parquet";

  private final FileSourceSplit file;
  private final FileColumns columns;

  private FirstFile(FileSourceSplit file, FileColumns columns) {
    this.file = file;
    this.columns = columns;
  }

  /** Whether a source's files say which columns they have, and of which types. */
  public static boolean isTelling(ConnectorOptions options) {
    return options.names(ConnectorOptions.FILESYSTEM)
        && options.format().filter(Set.of(AVRO, ORC, PARQUET)::contains).isPresent();
  }

  /**
   * That of a source; empty where it has none yet. Blocks on the file system.
   *
   * @param options of one whose files are {@linkplain #isTelling telling}, and whose format is
   *     there
   * @throws IOException if its files cannot be listed
   */
  public static Optional<FirstFile> of(ConnectorOptions options) throws IOException {
    Path path = new Path(options.folder().orElseThrow());
    if (!path.getFileSystem().exists(path)) {
      return Optional.empty();
    }
    String pattern =
        Configuration.fromMap(options.values())
            .getOptional(FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN)
            .orElse(FolderFiles.ALL);
    return new NonSplittingRecursiveAllDirEnumerator(pattern)
        .enumerateSplits(new Path[] {path}, 1).stream()
            .min(Comparator.comparing(split -> split.path().toString()))
            .map(split -> new FirstFile(split, columns(options)));
  }

  private static FileColumns columns(ConnectorOptions options) {
    return switch (options.format().orElseThrow()) {
      case AVRO -> new AvroFileColumns();
      case ORC -> new OrcFileColumns();
      default -> new ParquetFileColumns(new ParquetOptions(options).utc());
    };
  }

  public String path() {
    return file.path().toString();
  }

  /**
   * Its columns, of the types as which the source reads them. Blocks on the file system.
   *
   * @throws io.tidemill.connectors.problem.InvalidSchemaException naming each that no declared type
   *     reads
   * @throws IOException if it cannot be read, or has not the source's format
   */
  public RowType columns() throws IOException {
    try {
      return columns.of(file);
    } catch (IOException unreadable) {
      throw new IOException(
          "the columns of %s cannot be read: %s"
              .formatted(file.path(), RootCause.of(unreadable).message()),
          unreadable);
    }
  }
}
