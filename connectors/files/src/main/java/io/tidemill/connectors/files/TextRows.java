package io.tidemill.connectors.files;

import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of the records of text files: the fields that are in the file, those that are in the
 * names of its folders, and the {@link Origin}. Not thread-safe, as the decoder is not.
 */
final class TextRows implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ValueDecoder decoder;
  private final RowType type;
  private final FolderColumns folders;
  private final boolean deadLetters;

  /**
   * Rows.
   *
   * @param decoder of the bytes of a record
   * @param folders the columns of the files and their folders
   * @param deadLetters whether rows keep their original bytes and undecodable ones are made;
   *     otherwise those throw
   */
  TextRows(ValueDecoder decoder, FolderColumns folders, boolean deadLetters) {
    this.decoder = decoder;
    this.folders = folders;
    this.deadLetters = deadLetters;
    this.type = Origin.appendTo(folders.values());
  }

  RowType type() {
    return type;
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
    private final @Nullable Object[] ofFolders;

    private OfFile(Path file) {
      this.file = file;
      path = FolderColumns.shared(BinaryStringData.fromString(file.toString()));
      ofFolders = folders.of(file);
    }

    /**
     * Adds the rows of a record, one or more.
     *
     * @param start of the record in the file
     * @throws RecordFailureException if it does not decode in a job without dead letters
     */
    void read(byte[] record, long start, List<FileRow> target) {
      List<RowData> rows;
      byte[] kept = deadLetters ? record : null;
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
        target.add(FileRow.undecoded(type.getFieldCount(), path, start, kept, failure));
        return;
      }
      for (RowData row : rows) {
        target.add(FileRow.of(kept, row.getRowKind(), values(row), path, start));
      }
    }

    private @Nullable Object[] values(RowData decoded) {
      @Nullable Object[] values = new Object[type.getFieldCount() - 1];
      folders.fill(values, ofFolders);
      for (int i = 0; i < decoded.getArity(); i++) {
        values[folders.ofFile(i)] = decoder.field(decoded, i);
      }
      return values;
    }
  }
}
