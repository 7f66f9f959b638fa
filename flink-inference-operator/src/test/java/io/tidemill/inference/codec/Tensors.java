package io.tidemill.inference.codec;

import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** Signatures, row types and column contents in the few words that the tests need. */
final class Tensors {
  /** The output of models whose inputs are tested. */
  static final TensorSpec SCORE = TensorSpec.of("score", ElementType.FLOAT32, -1, 1);

  static final Map<String, OutputField> TO_PREDICTION =
      Map.of("score", new OutputField("prediction"));

  private Tensors() {}

  static Signature ofInputs(TensorSpec... inputs) {
    return new Signature(List.of(inputs), List.of(SCORE));
  }

  static Signature ofOutputs(TensorSpec... outputs) {
    return new Signature(List.of(TensorSpec.of("x", ElementType.FLOAT32, -1)), List.of(outputs));
  }

  /** A row type from alternating names and types. */
  static RowType row(Object... namesAndTypes) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (int i = 0; i < namesAndTypes.length; i += 2) {
      fields.add(
          new RowType.RowField((String) namesAndTypes[i], (LogicalType) namesAndTypes[i + 1]));
    }
    return new RowType(fields);
  }

  /** A row's elements, boxed: unsigned bytes as integers, strings decoded as UTF-8. */
  static List<Object> elements(ColumnBatch batch, int column, int row) {
    Column values = batch.column(column);
    int width = values.spec().elementsPerRow();
    List<Object> elements = new ArrayList<>();
    for (int i = row * width; i < (row + 1) * width; i++) {
      elements.add(element(values, i));
    }
    return elements;
  }

  private static Object element(Column column, int index) {
    if (column instanceof StringColumn strings) {
      return new String(strings.get(index), StandardCharsets.UTF_8);
    }
    FixedWidthColumn values = (FixedWidthColumn) column;
    return switch (column.spec().type()) {
      case FLOAT32 -> values.getFloat(index);
      case FLOAT64 -> values.getDouble(index);
      case INT32 -> values.getInt(index);
      case INT64 -> values.getLong(index);
      case UINT8 -> Byte.toUnsignedInt(values.getByte(index));
      case FLOAT16, BFLOAT16, INT8, INT16, UINT16, UINT32, UINT64 -> values.number(index);
      case BOOL -> values.getBoolean(index);
      case STRING -> throw new AssertionError("a string column of fixed width");
    };
  }
}
