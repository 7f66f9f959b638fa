package io.tidemill.inference.operator;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * The type of stream elements that are rows as columns, which nobody changes once they are handed
 * on. Between tasks they travel row by row.
 */
public final class ColumnsTypeInfo extends TypeInformation<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final RowType rows;

  public ColumnsTypeInfo(RowType rows) {
    this.rows = rows;
  }

  /** The rows that the columns hold. */
  public RowType rowType() {
    return rows;
  }

  TypeSerializer<RowData> rowSerializer() {
    return InternalTypeInfo.of(rows).toRowSerializer();
  }

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return 1;
  }

  @Override
  public int getTotalFields() {
    return 1;
  }

  @Override
  public Class<VectorizedColumnBatch> getTypeClass() {
    return VectorizedColumnBatch.class;
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public TypeSerializer<VectorizedColumnBatch> createSerializer(SerializerConfig config) {
    return new ColumnsSerializer(rows, rowSerializer());
  }

  @Override
  public String toString() {
    return "Columns<" + rows + ">";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ColumnsTypeInfo that && rows.equals(that.rows);
  }

  @Override
  public int hashCode() {
    return rows.hashCode();
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof ColumnsTypeInfo;
  }
}
