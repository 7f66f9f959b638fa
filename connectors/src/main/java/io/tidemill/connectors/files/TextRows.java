package io.tidemill.connectors.files;

import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.table.utils.PartitionPathUtils;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of the records of text files: the fields that are in the file, those that are in the
 * names of its folders, and the {@link Origin}. Not thread-safe, as the decoder is not.
 */
final class TextRows implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ValueDecoder decoder;
  private final RowType values;
  private final RowType type;
  private final String nameOfNull;
  private final boolean deadLetters;

  /** Of the fields of the values, those of the decoder's rows; the others are in folders' names. */
  private final int[] inFiles;

  private final int[] inFolders;

  /**
   * Rows.
   *
   * @param decoder of the bytes of a record
   * @param values the columns of the files and their folders
   * @param inFiles the positions in {@code values} of what the decoder makes
   * @param inFolders the positions of what is in the names of folders
   * @param nameOfNull what a folder's name has for null
   * @param deadLetters whether rows keep their original bytes and undecodable ones are made;
   *     otherwise those throw
   */
  TextRows(
      ValueDecoder decoder,
      RowType values,
      int[] inFiles,
      int[] inFolders,
      String nameOfNull,
      boolean deadLetters) {
    this.decoder = decoder;
    this.values = values;
    this.inFiles = inFiles;
    this.inFolders = inFolders;
    this.nameOfNull = nameOfNull;
    this.deadLetters = deadLetters;
    this.type = Origin.appendTo(values);
  }

  RowType type() {
    return type;
  }

  /** Where in its file the record of a row begins. */
  long start(GenericRowData row) {
    return row.getRow(type.getFieldCount() - 1, Origin.TYPE.getFieldCount()).getLong(Origin.OFFSET);
  }

  /**
   * What the rows of a file have in common.
   *
   * @throws RecordFailureException if it is in no folder of a column that is one, or in one whose
   *     name is none of the column's values
   */
  OfFile of(Path file) {
    decoder.open(new Standalone());
    return new OfFile(file);
  }

  /** The rows of a file. Not thread-safe. */
  final class OfFile {
    private final Path file;
    private final StringData path;
    private final Object[] folderValues = new Object[inFolders.length];

    private OfFile(Path file) {
      this.file = file;
      path = shared(BinaryStringData.fromString(file.toString()));
      Map<String, String> folders = PartitionPathUtils.extractPartitionSpecFromPath(file);
      for (int i = 0; i < inFolders.length; i++) {
        folderValues[i] = ofFolder(inFolders[i], folders);
      }
    }

    private @Nullable Object ofFolder(int field, Map<String, String> folders) {
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

    /** Rows travel to other threads, and a string that is still lazy changes when it is read. */
    private static <T> T shared(T value) {
      if (value instanceof BinaryStringData text) {
        text.ensureMaterialized();
      }
      return value;
    }

    /**
     * Adds the rows of a record, one or more.
     *
     * @param start of the record in the file
     * @throws RecordFailureException if it does not decode in a job without dead letters
     */
    void read(byte[] record, long start, List<GenericRowData> target) {
      List<RowData> rows;
      try {
        rows = decoder.decode(record);
      } catch (IOException | RuntimeException e) {
        DecodeFailure failure = DecodeFailure.of(e);
        if (!deadLetters) {
          throw new RecordFailureException(
              "%s: the record at byte %d does not decode: %s; give the job a dead-letter sink to set such records aside"
                  .formatted(file, start, failure.message()),
              e);
        }
        target.add(row(RowKind.INSERT, null, origin(record, start, failure)));
        return;
      }
      for (RowData row : rows) {
        target.add(row(row.getRowKind(), row, origin(record, start, null)));
      }
    }

    private GenericRowData row(RowKind kind, @Nullable RowData decoded, GenericRowData origin) {
      GenericRowData row = new GenericRowData(kind, type.getFieldCount());
      if (decoded != null) {
        for (int i = 0; i < inFiles.length; i++) {
          row.setField(inFiles[i], decoder.field(decoded, i));
        }
        for (int i = 0; i < inFolders.length; i++) {
          row.setField(inFolders[i], folderValues[i]);
        }
      }
      row.setField(type.getFieldCount() - 1, origin);
      return row;
    }

    private GenericRowData origin(byte[] record, long start, @Nullable DecodeFailure failure) {
      GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
      origin.setField(Origin.TOPIC, path);
      origin.setField(Origin.OFFSET, start);
      if (deadLetters) {
        origin.setField(Origin.VALUE, record);
      }
      if (failure != null) {
        failure.writeTo(origin);
      }
      return origin;
    }
  }
}
