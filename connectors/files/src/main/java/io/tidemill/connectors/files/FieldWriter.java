package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;
import java.util.List;
import org.apache.flink.formats.parquet.row.ParquetRowDataWriter;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;

/**
 * Writes one field of many rows after one another: Flink's writer of rows, which knows what a type
 * looks like in Parquet, over rows of this field alone. Not thread-safe.
 */
final class FieldWriter {
  private final int position;
  private final VectorizedColumnBatch field = new VectorizedColumnBatch(new ColumnVector[1]);
  private final ColumnarRowData row = new ColumnarRowData(field);
  private final RecordConsumer values;
  private final ParquetRowDataWriter writer;

  /**
   * A writer.
   *
   * @param store of the row group
   */
  FieldWriter(
      RowType type,
      int position,
      MessageType schema,
      ColumnWriteStore store,
      Configuration settings,
      boolean utc) {
    this.position = position;
    MessageType alone = new MessageType(schema.getName(), schema.getType(position));
    ColumnDescriptor column = alone.getColumns().get(0);
    this.values =
        schema.getType(position).isPrimitive()
            ? new Flat(store.getColumnWriter(column), column)
            : new ColumnIOFactory().getColumnIO(alone).getRecordWriter(new OneOfMany(store));
    this.writer =
        new ParquetRowDataWriter(
            values, new RowType(List.of(type.getFields().get(position))), alone, utc, settings);
  }

  /** Writes the field of the rows {@code [from, to)}. */
  void write(VectorizedColumnBatch columns, int from, int to) {
    field.columns[0] = columns.columns[position];
    for (int i = from; i < to; i++) {
      row.setRowId(i);
      writer.write(row);
    }
    values.flush();
  }

  /** The failure of a column that has a null and must not have one. */
  static RecordFailureException isNull(ColumnDescriptor column) {
    return new RecordFailureException(
        "column '%s': null (expected: a value, as it is declared NOT NULL)"
            .formatted(String.join(".", column.getPath())),
        null);
  }

  /** Puts each row's value into the one column there is. */
  private static final class Flat extends RecordConsumer {
    private final ColumnWriter column;
    private final ColumnDescriptor descriptor;
    private final int present;
    private boolean isNull;

    Flat(ColumnWriter column, ColumnDescriptor descriptor) {
      this.column = column;
      this.descriptor = descriptor;
      this.present = descriptor.getMaxDefinitionLevel();
    }

    @Override
    public void startMessage() {
      isNull = true;
    }

    @Override
    public void endMessage() {
      if (isNull) {
        if (present == 0) {
          throw isNull(descriptor);
        }
        column.writeNull(0, 0);
      }
    }

    @Override
    public void startField(String name, int index) {
      isNull = false;
    }

    @Override
    public void endField(String name, int index) {}

    @Override
    public void startGroup() {
      throw new IllegalStateException(descriptor + ": a group (expected: a value)");
    }

    @Override
    public void endGroup() {
      throw new IllegalStateException(descriptor + ": a group (expected: a value)");
    }

    @Override
    public void addInteger(int value) {
      column.write(value, 0, present);
    }

    @Override
    public void addLong(long value) {
      column.write(value, 0, present);
    }

    @Override
    public void addBoolean(boolean value) {
      column.write(value, 0, present);
    }

    @Override
    public void addBinary(Binary value) {
      column.write(value, 0, present);
    }

    @Override
    public void addFloat(float value) {
      column.write(value, 0, present);
    }

    @Override
    public void addDouble(double value) {
      column.write(value, 0, present);
    }
  }

  /** The columns of a field: a row has ended when all fields have. */
  private record OneOfMany(ColumnWriteStore store) implements ColumnWriteStore {
    @Override
    public ColumnWriter getColumnWriter(ColumnDescriptor path) {
      return store.getColumnWriter(path);
    }

    @Override
    public void flush() {
      store.flush();
    }

    @Override
    public void endRecord() {}

    @Override
    public long getAllocatedSize() {
      return store.getAllocatedSize();
    }

    @Override
    public long getBufferedSize() {
      return store.getBufferedSize();
    }

    @Override
    public String memUsageString() {
      return store.memUsageString();
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
