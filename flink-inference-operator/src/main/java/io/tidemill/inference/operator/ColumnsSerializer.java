package io.tidemill.inference.operator;

import io.tidemill.inference.codec.ColumnRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Writes rows that lie as columns where they leave their task, row by row; never into state. */
final class ColumnsSerializer extends TypeSerializer<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final RowType type;
  private final TypeSerializer<RowData> row;

  ColumnsSerializer(RowType type, TypeSerializer<RowData> row) {
    this.type = type;
    this.row = row;
  }

  @Override
  public boolean isImmutableType() {
    return true;
  }

  @Override
  public TypeSerializer<VectorizedColumnBatch> duplicate() {
    return new ColumnsSerializer(type, row.duplicate());
  }

  @Override
  @SuppressWarnings("NullAway") // Flink allows null: there is no instance to reuse.
  public VectorizedColumnBatch createInstance() {
    return null;
  }

  @Override
  public VectorizedColumnBatch copy(VectorizedColumnBatch from) {
    return from;
  }

  @Override
  public VectorizedColumnBatch copy(VectorizedColumnBatch from, VectorizedColumnBatch reuse) {
    return from;
  }

  @Override
  public int getLength() {
    return -1;
  }

  @Override
  public void serialize(VectorizedColumnBatch columns, DataOutputView target) throws IOException {
    target.writeInt(columns.getNumRows());
    for (RowData each : ColumnRows.of(columns)) {
      row.serialize(each, target);
    }
  }

  @Override
  public VectorizedColumnBatch deserialize(DataInputView source) throws IOException {
    int count = source.readInt();
    List<RowData> rows = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      rows.add(row.deserialize(source));
    }
    return ColumnRows.columnsOf(rows, type);
  }

  @Override
  public VectorizedColumnBatch deserialize(VectorizedColumnBatch reuse, DataInputView source)
      throws IOException {
    return deserialize(source);
  }

  @Override
  public void copy(DataInputView source, DataOutputView target) throws IOException {
    int count = source.readInt();
    target.writeInt(count);
    for (int i = 0; i < count; i++) {
      row.copy(source, target);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ColumnsSerializer that && type.equals(that.type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }

  /** Nobody keeps a checkpoint of one: the state of a step is made of rows. */
  @Override
  public TypeSerializerSnapshot<VectorizedColumnBatch> snapshotConfiguration() {
    throw new UnsupportedOperationException("columns in state (expected: rows)");
  }
}
