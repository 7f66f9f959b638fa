package io.tidemill.inference.table;

import java.io.Serializable;
import java.util.StringJoiner;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Rows as a person reads them in a message, as {@code (id=7, features=[1.0, 2.0])}. */
record RowText(RowType type) implements Serializable {
  private static final int MOST_ELEMENTS = 32;

  String of(RowData row) {
    StringJoiner text = new StringJoiner(", ", "(", ")");
    for (int i = 0; i < type.getFieldCount(); i++) {
      LogicalType field = type.getTypeAt(i);
      Object value = RowData.createFieldGetter(field.copy(true), i).getFieldOrNull(row);
      text.add(type.getFieldNames().get(i) + "=" + text(field, value));
    }
    return text.toString();
  }

  private static String text(LogicalType type, @Nullable Object value) {
    if (!(value instanceof ArrayData array) || !(type instanceof ArrayType arrayType)) {
      return String.valueOf(value);
    }
    LogicalType element = arrayType.getElementType();
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(element.copy(true));
    StringJoiner text = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < Math.min(MOST_ELEMENTS, array.size()); i++) {
      text.add(text(element, getter.getElementOrNull(array, i)));
    }
    if (array.size() > MOST_ELEMENTS) {
      text.add("… " + array.size() + " in all");
    }
    return text.toString();
  }
}
