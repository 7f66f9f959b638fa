package io.tidemill.connectors.table;

import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Makes a row of the fields that a sink writes. Not thread-safe. */
final class ProjectFields implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private final RowData.FieldGetter[] fields;

  ProjectFields(RowType rowType, int[] positions) {
    fields = new RowData.FieldGetter[positions.length];
    for (int i = 0; i < positions.length; i++) {
      fields[i] = getter(rowType, positions[i]);
    }
  }

  @Override
  public RowData map(RowData row) {
    GenericRowData chosen = new GenericRowData(row.getRowKind(), fields.length);
    for (int i = 0; i < fields.length; i++) {
      chosen.setField(i, fields[i].getFieldOrNull(row));
    }
    return chosen;
  }

  static RowData.FieldGetter[] getters(RowType rowType) {
    RowData.FieldGetter[] getters = new RowData.FieldGetter[rowType.getFieldCount()];
    for (int i = 0; i < getters.length; i++) {
      getters[i] = getter(rowType, i);
    }
    return getters;
  }

  private static RowData.FieldGetter getter(RowType rowType, int position) {
    return RowData.createFieldGetter(rowType.getTypeAt(position).copy(true), position);
  }
}
