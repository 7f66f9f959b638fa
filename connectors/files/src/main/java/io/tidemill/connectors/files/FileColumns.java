package io.tidemill.connectors.files;

import io.tidemill.connectors.problem.InvalidSchemaException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** What a file of some format says of its columns. Implementations are immutable. */
interface FileColumns {
  /**
   * All columns, of the types as which the source's reader reads them, each nullable: another file
   * may have nulls. Blocks on the file system.
   *
   * @throws InvalidSchemaException naming each that no declared type reads
   * @throws IOException if the file cannot be read, or has not this format, of which some say so
   *     with any {@link RuntimeException}
   */
  RowType of(FileSourceSplit file) throws IOException;

  /** Columns as they are found in a file, one after the other. Not thread-safe. */
  final class Found {
    private final FileSourceSplit file;
    private final List<RowType.RowField> fields = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    Found(FileSourceSplit file) {
      this.file = file;
    }

    /**
     * Adds a column.
     *
     * @param inFile its type, as its format calls it
     * @param type empty where it has none of Flink's
     */
    void add(String name, Object inFile, Optional<LogicalType> type) {
      if (type.filter(Found::holdsValues).isPresent()) {
        fields.add(new RowType.RowField(name, type.get().copy(true)));
      } else {
        refuse(
            name,
            inFile,
            "a type that Flink has and reads here; declare the columns that the job needs, without this one, or write it otherwise");
      }
    }

    /** Refuses a column. */
    void refuse(String name, Object inFile, String expected) {
      problems.add(
          "%s: column '%s': '%s' (expected: %s)"
              .formatted(
                  file.path(), name, String.valueOf(inFile).replaceAll("\\s+", " "), expected));
    }

    private static boolean holdsValues(LogicalType type) {
      boolean empty = type.is(LogicalTypeRoot.ROW) && type.getChildren().isEmpty();
      return !empty
          && !type.is(LogicalTypeRoot.NULL)
          && type.getChildren().stream().allMatch(Found::holdsValues);
    }

    /** All of them. */
    RowType columns() {
      if (!problems.isEmpty()) {
        throw new InvalidSchemaException(problems);
      }
      return new RowType(false, fields);
    }
  }
}
