package io.tidemill.connectors.avro;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.io.Encoder;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** A record of Avro as a row of Flink: its fields in their order. Immutable and thread-safe. */
final class AvroRecord {
  private final RowType rowType;
  private final AvroType[] fields;
  private final RowData.FieldGetter[] getters;

  AvroRecord(Schema schema, AvroType[] fields) {
    List<RowType.RowField> named = new ArrayList<>();
    getters = new RowData.FieldGetter[fields.length];
    for (int i = 0; i < fields.length; i++) {
      named.add(new RowType.RowField(schema.getFields().get(i).name(), fields[i].type()));
      getters[i] = RowData.createFieldGetter(fields[i].type().copy(true), i);
    }
    this.rowType = new RowType(false, named);
    this.fields = fields;
  }

  AvroType type() {
    return AvroType.of(rowType, this::read, (value, out) -> write((RowData) value, out));
  }

  private GenericRowData read(AvroInput in) throws IOException {
    GenericRowData row = new GenericRowData(fields.length);
    for (int i = 0; i < fields.length; i++) {
      row.setField(i, fields[i].read(in));
    }
    return row;
  }

  private void write(RowData row, Encoder out) throws IOException {
    for (int i = 0; i < fields.length; i++) {
      Object value = getters[i].getFieldOrNull(row);
      if (value == null && fields[i].nullIndex() < 0) {
        throw new IOException(
            "Avro: field '%s' is null (expected: %s)"
                .formatted(rowType.getFieldNames().get(i), fields[i].type()));
      }
      fields[i].write(value, out);
    }
  }
}
