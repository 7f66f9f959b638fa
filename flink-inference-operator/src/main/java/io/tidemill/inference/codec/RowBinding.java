package io.tidemill.inference.codec;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Which fields of a row become which tensors, and which tensors become which new fields, checked
 * against the model's signature.
 *
 * <p>Immutable.
 */
public final class RowBinding {
  private final RowType outputType;
  private final RowEncoder encoder;
  private final RowDecoder decoder;
  private final List<String> description;

  private RowBinding(
      RowType outputType, RowEncoder encoder, RowDecoder decoder, List<String> description) {
    this.outputType = outputType;
    this.encoder = encoder;
    this.decoder = decoder;
    this.description = List.copyOf(description);
  }

  /**
   * Checks and binds.
   *
   * @param record the type of the rows that come
   * @param inputs for every input tensor the fields that it is made of: scalars side by side, or
   *     one array
   * @param outputs for some or all output tensors the field that each becomes
   * @throws BindingException with every problem there is
   */
  public static RowBinding plan(
      RowType record,
      Signature signature,
      Map<String, List<String>> inputs,
      Map<String, OutputField> outputs) {
    List<String> problems = new ArrayList<>();
    List<String> description = new ArrayList<>();
    List<TensorWriter> writers = new ArrayList<>();
    checkNames("input", inputs.keySet(), signature.inputs(), problems);
    checkNames("output", outputs.keySet(), signature.outputs(), problems);
    for (TensorSpec tensor : signature.inputs()) {
      List<String> fields = inputs.get(tensor.name());
      if (fields == null) {
        problems.add(
            "input '%s': not bound (expected: the fields that %s is made of)"
                .formatted(tensor.name(), tensor));
      } else {
        new InputBinding(record, tensor, problems).writer(fields).ifPresent(writers::add);
        description.add(tensor + " <- " + describe(record, fields));
      }
    }
    List<RowType.RowField> fields = new ArrayList<>(record.getFields());
    Set<String> names = new HashSet<>(record.getFieldNames());
    List<RowDecoder.Output> decoded = new ArrayList<>();
    for (int i = 0; i < signature.outputs().size(); i++) {
      TensorSpec tensor = signature.outputs().get(i);
      OutputField field = outputs.get(tensor.name());
      if (field == null) {
        continue;
      }
      if (!names.add(field.name())) {
        problems.add(
            "output '%s': the record already has a field '%s' (expected: a new name)"
                .formatted(tensor.name(), field.name()));
      }
      Optional<LogicalType> type = OutputBinding.type(tensor, field, problems);
      if (type.isPresent()) {
        fields.add(new RowType.RowField(field.name(), type.get()));
        decoded.add(new RowDecoder.Output(i, field.labels()));
        description.add(tensor + " -> " + field.name() + " " + type.get());
      }
    }
    if (outputs.isEmpty()) {
      problems.add(
          "output: none (expected: at least one of %s)".formatted(names(signature.outputs())));
    }
    if (!problems.isEmpty()) {
      throw new BindingException(problems);
    }
    return new RowBinding(
        new RowType(false, fields),
        new RowEncoder(writers.toArray(TensorWriter[]::new)),
        new RowDecoder(decoded.toArray(RowDecoder.Output[]::new), record.getFieldCount()),
        description);
  }

  private static void checkNames(
      String side, Set<String> bound, List<TensorSpec> tensors, List<String> problems) {
    for (String name : bound) {
      if (tensors.stream().noneMatch(tensor -> tensor.name().equals(name))) {
        problems.add(
            "%s '%s': not in the model's signature (expected: one of %s)"
                .formatted(side, name, names(tensors)));
      }
    }
  }

  private static String names(List<TensorSpec> tensors) {
    return tensors.stream().map(TensorSpec::name).collect(Collectors.joining(", "));
  }

  private static String describe(RowType record, List<String> fields) {
    return fields.stream()
        .map(
            field -> {
              int position = record.getFieldIndex(field);
              return position < 0 ? field : field + " " + record.getTypeAt(position);
            })
        .collect(Collectors.joining(", "));
  }

  /** The type of the rows that go: the record's fields, then the output fields. */
  public RowType outputType() {
    return outputType;
  }

  public RecordEncoder<RowData> encoder() {
    return encoder;
  }

  public PredictionDecoder<RowData, RowData> decoder() {
    return decoder;
  }

  /** One line per tensor, for a plan that a person reads. */
  public List<String> description() {
    return description;
  }

  /** Binds the fields of one input tensor. */
  private record InputBinding(RowType record, TensorSpec tensor, List<String> problems) {

    Optional<TensorWriter> writer(List<String> names) {
      if (!tensor.hasFixedRows()) {
        problems.add(
            "input '%s': %s has sizes that vary (expected: fixed sizes behind the batch's)"
                .formatted(tensor.name(), tensor));
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

    private void unknownField(String name) {
      problems.add(
          "input '%s': field '%s' is not in the record (%sfields: %s)"
              .formatted(
                  tensor.name(),
                  name,
                  Nearest.to(name, record.getFieldNames())
                      .map(nearest -> "did you mean '" + nearest + "'? ")
                      .orElse(""),
                  String.join(", ", record.getFieldNames())));
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
              tensor.elementsPerRow()));
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
        problems.add(
            "input '%s': %d fields for %s (expected: %d, one for each element, or one array)"
                .formatted(tensor.name(), fields.length, tensor, tensor.elementsPerRow()));
      }
      return problems.size() > before
          ? Optional.empty()
          : Optional.of(new ScalarsToTensor(tensor.type(), fields));
    }

    private void mismatch(String field, LogicalType type) {
      problems.add(
          "input '%s': field '%s' is %s, which %s does not take (expected: %s)"
              .formatted(tensor.name(), field, type, tensor, accepted(tensor.type())));
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
}
