package io.tidemill.connectors.table;

import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Appends an origin that has nothing to tell. Not thread-safe. */
final class AddOrigin implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private final RowData.FieldGetter[] fields;

  AddOrigin(RowType values) {
    fields = ProjectFields.getters(values);
  }

  @Override
  public RowData map(RowData row) {
    GenericRowData record = new GenericRowData(row.getRowKind(), fields.length + 1);
    for (int i = 0; i < fields.length; i++) {
      record.setField(i, fields[i].getFieldOrNull(row));
    }
    return record;
  }
}
