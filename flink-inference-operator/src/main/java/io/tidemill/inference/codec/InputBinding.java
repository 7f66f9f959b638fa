package io.tidemill.inference.codec;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * Binds the fields of one input tensor.
 *
 * @param nanForNull whether a null is to be NaN in the tensor
 */
record InputBinding(
    RecordFields record,
    TensorSpec tensor,
    boolean nanForNull,
    List<BindingException.Problem> problems) {

  Optional<TensorWriter> writer(List<String> names) {
    if (!tensor.hasFixedRows()) {
      refuse(tensor + " has sizes that vary (expected: fixed sizes behind the batch's)");
      return Optional.empty();
    }
    int before = problems.size();
    for (String name : new LinkedHashSet<>(names)) {
      try {
        record.index(name);
      } catch (IllegalArgumentException e) {
        refuse(String.valueOf(e.getMessage()));
      }
    }
    if (problems.size() > before) {
      return Optional.empty();
    }
    if (names.size() == 1) {
      int position = record.index(names.get(0));
      LogicalType type = record.type(names.get(0));
      if (type instanceof ArrayType array) {
        return arrayWriter(names.get(0), position, array);
      }
      if (type.is(LogicalTypeRoot.BINARY) || type.is(LogicalTypeRoot.VARBINARY)) {
        if (tensor.type() == ElementType.UINT8) {
          return Optional.of(
              new BytesToTensor(
                  names.get(0), position, type.isNullable(), tensor.elementsPerRow()));
        }
      }
    }
    return scalarsWriter(names);
  }

  /** Whether it can be: other types have no NaN, so that a null of theirs is refused. */
  private boolean hasNan() {
    return nanForNull && tensor.type().kind() == ElementType.Kind.FLOAT;
  }

  private Optional<TensorWriter> arrayWriter(String name, int position, ArrayType array) {
    Optional<RowField> element = RowField.of(name, 0, array.getElementType());
    if (element.isEmpty() || !element.get().kind().fits(tensor.type())) {
      mismatch(name, array);
      return Optional.empty();
    }
    return Optional.of(
        new ArrayToTensor(
            tensor.type(),
            name,
            position,
            array.isNullable(),
            element.get(),
            tensor.elementsPerRow(),
            hasNan()));
  }

  private Optional<TensorWriter> scalarsWriter(List<String> names) {
    int before = problems.size();
    RowField[] fields = new RowField[names.size()];
    for (int i = 0; i < fields.length; i++) {
      String name = names.get(i);
      LogicalType type = record.type(name);
      Optional<RowField> field = RowField.of(name, record.index(name), type);
      if (field.isEmpty() || !field.get().kind().fits(tensor.type())) {
        mismatch(name, type);
      } else {
        fields[i] = field.get();
      }
    }
    if (fields.length != tensor.elementsPerRow()) {
      refuse(
          "%d fields for %s (expected: %d, one for each element, or one array)"
              .formatted(fields.length, tensor, tensor.elementsPerRow()));
    }
    return problems.size() > before
        ? Optional.empty()
        : Optional.of(new ScalarsToTensor(tensor.type(), fields, hasNan()));
  }

  private void mismatch(String field, LogicalType type) {
    refuse(
        "field '%s' is %s, which %s does not take (expected: %s%s)"
            .formatted(
                field,
                type,
                tensor,
                accepted(tensor.type()),
                FieldPath.hint(field, type, tensor.type())));
  }

  private void refuse(String message) {
    problems.add(BindingException.Problem.of("input", tensor.name(), message));
  }

  private static String accepted(ElementType type) {
    return switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> "a number, BOOLEAN, DATE, TIME or TIMESTAMP";
      case INT8 -> "TINYINT or BOOLEAN";
      case INT16 -> "TINYINT, SMALLINT or BOOLEAN";
      case INT32 -> "TINYINT, SMALLINT, INT or BOOLEAN";
      case INT64 -> "TINYINT, SMALLINT, INT, BIGINT, BOOLEAN, DATE, TIME or TIMESTAMP";
      case UINT16, UINT32, UINT64 -> "TINYINT, SMALLINT, INT, BIGINT or BOOLEAN";
      case UINT8 -> "one field of BYTES, or TINYINT, SMALLINT, INT, BIGINT or BOOLEAN";
      case BOOL -> "BOOLEAN";
      case STRING -> "STRING or BYTES";
    };
  }
}
