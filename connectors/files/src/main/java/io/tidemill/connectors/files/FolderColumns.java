package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.table.utils.PartitionPathUtils;
import org.jspecify.annotations.Nullable;

/**
 * Columns of which some are in the names of the files' folders, and not in the files. Immutable.
 */
final class FolderColumns implements Serializable {
  private static final long serialVersionUID = 1L;

  private final RowType values;
  private final String nameOfNull;

  /** Positions in the values. */
  private final int[] inFiles;

  private final int[] inFolders;

  /**
   * Columns.
   *
   * @param values of the files and their folders
   * @param folders the names of those that are in folders' names
   * @param nameOfNull what a folder's name has for null
   */
  FolderColumns(RowType values, List<String> folders, String nameOfNull) {
    this.values = values;
    this.nameOfNull = nameOfNull;
    inFiles = positions(values, folders, false);
    inFolders = positions(values, folders, true);
  }

  private static int[] positions(RowType values, List<String> folders, boolean inFolders) {
    return IntStream.range(0, values.getFieldCount())
        .filter(i -> folders.contains(values.getFieldNames().get(i)) == inFolders)
        .toArray();
  }

  /** All columns. */
  RowType values() {
    return values;
  }

  /** The columns that are in the files. */
  RowType inFiles() {
    return new RowType(Arrays.stream(inFiles).mapToObj(i -> values.getFields().get(i)).toList());
  }

  /** The position among all columns of one that is in the files. */
  int ofFile(int column) {
    return inFiles[column];
  }

  /**
   * What the names of a file's folders say.
   *
   * @throws RecordFailureException if it is in no folder of a column that is one, or in one whose
   *     name is none of the column's values
   */
  @Nullable Object[] of(Path file) {
    Map<String, String> folders = PartitionPathUtils.extractPartitionSpecFromPath(file);
    @Nullable Object[] ofFolders = new Object[inFolders.length];
    for (int i = 0; i < inFolders.length; i++) {
      ofFolders[i] = ofFolder(file, inFolders[i], folders);
    }
    return ofFolders;
  }

  private @Nullable Object ofFolder(Path file, int field, Map<String, String> folders) {
    String name = values.getFieldNames().get(field);
    String value = folders.get(name);
    if (value == null) {
      throw new RecordFailureException(
          "%s: in no folder '%s=…' (expected: one, as the source is partitioned-by: %s)"
              .formatted(file, name, name),
          null);
    }
    LogicalType declared = values.getTypeAt(field);
    try {
      return value.equals(nameOfNull)
          ? null
          : shared(
              PartitionPathUtils.convertStringToInternalValue(
                  value, TypeConversions.fromLogicalToDataType(declared)));
    } catch (RuntimeException e) {
      throw new RecordFailureException(
          "%s: folder '%s=%s' (expected: a value of column '%s', which is %s)"
              .formatted(file, name, value, name, declared.asSummaryString()),
          e);
    }
  }

  /** Sets in the fields of a row what the names of its file's folders say. */
  void fill(@Nullable Object[] row, @Nullable Object[] ofFolders) {
    for (int i = 0; i < inFolders.length; i++) {
      row[inFolders[i]] = ofFolders[i];
    }
  }

  /** Rows travel to other threads, and a string that is still lazy changes when it is read. */
  static <T> T shared(T value) {
    if (value instanceof BinaryStringData text) {
      text.ensureMaterialized();
    }
    return value;
  }
}
