package io.tidemill.inference.codec;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Binds the fields of one input tensor.
 *
 * @param nanForNull whether a null is to be NaN in the tensor
 */
record InputBinding(
    RowType record,
    TensorSpec tensor,
    boolean nanForNull,
    List<BindingException.Problem> problems) {

  Optional<TensorWriter> writer(List<String> names) {
    if (!tensor.hasFixedRows()) {
      refuse(tensor + " has sizes that vary (expected: fixed sizes behind the batch's)");
      return Optional.empty();
    }
    List<String> unknown =
        names.stream().filter(name -> record.getFieldIndex(name) < 0).distinct().toList();
    if (!unknown.isEmpty()) {
      unknown.forEach(this::unknownField);
      return Optional.empty();
    }
    if (names.size() == 1) {
      int position = record.getFieldIndex(names.get(0));
      LogicalType type = record.getTypeAt(position);
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
    return nanForNull
        && (tensor.type() == ElementType.FLOAT32 || tensor.type() == ElementType.FLOAT64);
  }

  private void unknownField(String name) {
    refuse(
        "field '%s' is not in the record (%sfields: %s)"
            .formatted(
                name,
                nearest(name).map(nearest -> "did you mean '" + nearest + "'? ").orElse(""),
                String.join(", ", record.getFieldNames())));
  }

  /** The field that a mistyped one was probably meant to be. */
  private Optional<String> nearest(String name) {
    LevenshteinDistance distance = new LevenshteinDistance(Math.max(2, name.length() / 3));
    return record.getFieldNames().stream()
        .filter(candidate -> distance.apply(name, candidate) >= 0)
        .min(Comparator.comparing(candidate -> distance.apply(name, candidate)));
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
      int position = record.getFieldIndex(name);
      LogicalType type = record.getTypeAt(position);
      Optional<RowField> field = RowField.of(name, position, type);
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
        "field '%s' is %s, which %s does not take (expected: %s)"
            .formatted(field, type, tensor, accepted(tensor.type())));
  }

  private void refuse(String message) {
    problems.add(BindingException.Problem.of("input", tensor.name(), message));
  }

  private static String accepted(ElementType type) {
    return switch (type) {
      case FLOAT32, FLOAT64 -> "a number or BOOLEAN";
      case INT32 -> "TINYINT, SMALLINT, INT or BOOLEAN";
      case INT64 -> "TINYINT, SMALLINT, INT, BIGINT or BOOLEAN";
      case UINT8 -> "one field of BYTES";
      case BOOL -> "BOOLEAN";
      case STRING -> "STRING or BYTES";
    };
  }
}
