package io.tidemill.connectors.files;

import io.tidemill.connectors.record.CorruptFileException;
import io.tidemill.connectors.record.Origin;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * A row without values for what is not read of a corrupt file, with an {@link Origin} that says so.
 *
 * @param arity of the rows, the origin last
 */
record CorruptRow(int arity) implements UpToDamage.Letters<RowData> {
  private static final long serialVersionUID = 1L;

  @Override
  public RowData of(CorruptFileException damage) {
    return FileRow.undecoded(
        arity,
        FolderColumns.shared(StringData.fromString(damage.file())),
        damage.offset(),
        null,
        damage.asFailure());
  }
}
