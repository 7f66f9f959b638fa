package io.tidemill.inference.codec;

import io.tidemill.inference.step.OutputField;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Finds the type of the field that an output tensor becomes; nullable, as a record may pass
 * unscored.
 */
record OutputBinding(
    TensorSpec tensor, OutputField field, List<BindingException.Problem> problems) {

  Optional<LogicalType> type() {
    if (!tensor.hasFixedRows()) {
      refuse(tensor + " has sizes that vary (expected: fixed sizes behind the batch's)");
      return Optional.empty();
    }
    int elements = tensor.elementsPerRow();
    if (!field.labels().isEmpty()) {
      boolean scores = tensor.type() == ElementType.FLOAT32 && elements == field.labels().size();
      boolean classes =
          elements == 1
              && (tensor.type() == ElementType.INT32 || tensor.type() == ElementType.INT64);
      if (!scores && !classes) {
        refuse(
            "%d labels for %s (expected: a float32 tensor with one element for each label, or one int32 or int64 that counts them from 0)"
                .formatted(field.labels().size(), tensor));
        return Optional.empty();
      }
      return Optional.of(VarCharType.STRING_TYPE);
    }
    if (tensor.type() == ElementType.UINT8) {
      return Optional.of(
          elements == 1 ? new SmallIntType() : new VarBinaryType(VarBinaryType.MAX_LENGTH));
    }
    LogicalType scalar = scalar(tensor.type());
    return Optional.of(elements == 1 ? scalar : new ArrayType(scalar.copy(false)));
  }

  void refuse(String message) {
    problems.add(BindingException.Problem.of("output", tensor.name(), message));
  }

  private static LogicalType scalar(ElementType type) {
    return switch (type) {
      case FLOAT32, FLOAT16, BFLOAT16 -> new FloatType();
      case FLOAT64 -> new DoubleType();
      case INT8 -> new TinyIntType();
      case INT16, UINT8 -> new SmallIntType();
      case INT32, UINT16 -> new IntType();
      case INT64, UINT32 -> new BigIntType();
      case UINT64 -> new DecimalType(PredictionColumn.Whole.UINT64_DIGITS, 0);
      case BOOL -> new BooleanType();
      case STRING -> VarCharType.STRING_TYPE;
    };
  }
}
