package io.tidemill.connectors.table;

import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Makes a row of some fields of another. Not thread-safe. */
final class ProjectFields implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private final RowData.FieldGetter[] fields;
  private final int arity;

  /**
   * A projection.
   *
   * @param rowType of the rows that arrive
   * @param positions of the chosen fields
   * @param arity of the rows that are made, whose fields beyond the chosen are null
   */
  ProjectFields(RowType rowType, int[] positions, int arity) {
    this.fields = new RowData.FieldGetter[positions.length];
    this.arity = arity;
    for (int i = 0; i < positions.length; i++) {
      fields[i] =
          RowData.createFieldGetter(rowType.getTypeAt(positions[i]).copy(true), positions[i]);
    }
  }

  @Override
  public RowData map(RowData row) {
    GenericRowData chosen = new GenericRowData(row.getRowKind(), arity);
    for (int i = 0; i < fields.length; i++) {
      chosen.setField(i, fields[i].getFieldOrNull(row));
    }
    return chosen;
  }
}
