package io.tidemill.inference.codec;

import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.table.data.RowData;
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
  private final Map<String, RowDecoder.Output> outputs;
  private final List<String> description;

  private RowBinding(
      RowType outputType,
      RowEncoder encoder,
      Map<String, RowDecoder.Output> outputs,
      List<String> description) {
    this.outputType = outputType;
    this.encoder = encoder;
    this.outputs = outputs;
    this.description = List.copyOf(description);
  }

  /**
   * Checks and binds.
   *
   * @param record the type of the rows that come
   * @param inputs for every input tensor the fields that it is made of, or fields inside of fields
   *     as in {@code pay.amount}: scalars side by side, or one array
   * @param outputs for some or all output tensors the field that each becomes
   * @param nanForNull whether a null is NaN in a tensor of floats; elsewhere it is refused
   * @throws BindingException with every problem there is
   */
  public static RowBinding plan(
      RowType record,
      Signature signature,
      Map<String, List<String>> inputs,
      Map<String, OutputField> outputs,
      boolean nanForNull) {
    List<BindingException.Problem> problems = new ArrayList<>();
    List<String> description = new ArrayList<>();
    List<TensorWriter> writers = new ArrayList<>();
    RecordFields readable = new RecordFields(record);
    checkTensors(signature, inputs.keySet(), outputs.keySet(), problems);
    for (TensorSpec tensor : signature.inputs()) {
      List<String> fields = inputs.get(tensor.name());
      if (fields != null) {
        new InputBinding(readable, tensor, nanForNull, problems)
            .writer(fields)
            .ifPresent(writers::add);
        description.add(tensor + " <- " + describe(readable, fields));
      }
    }
    inputs.forEach(
        (tensor, fields) -> {
          if (signature.inputs().stream().noneMatch(known -> known.name().equals(tensor))) {
            checkFields(record, tensor, fields, problems);
          }
        });
    List<RowType.RowField> fields = new ArrayList<>(record.getFields());
    Set<String> names = new HashSet<>(record.getFieldNames());
    Map<String, RowDecoder.Output> decoded = new LinkedHashMap<>();
    for (int i = 0; i < signature.outputs().size(); i++) {
      TensorSpec tensor = signature.outputs().get(i);
      OutputField field = outputs.get(tensor.name());
      if (field == null) {
        continue;
      }
      OutputBinding binding = new OutputBinding(tensor, field, problems);
      if (!names.add(field.name())) {
        binding.refuse(
            "the record already has a field '%s' (expected: a new name)".formatted(field.name()));
      }
      Optional<LogicalType> type = binding.type();
      if (type.isPresent()) {
        fields.add(new RowType.RowField(field.name(), type.get()));
        decoded.put(field.name(), new RowDecoder.Output(i, field.labels()));
        description.add(tensor + " -> " + field.name() + " " + type.get());
      }
    }
    if (!problems.isEmpty()) {
      throw new BindingException(problems);
    }
    return new RowBinding(
        new RowType(false, fields),
        new RowEncoder(writers.toArray(TensorWriter[]::new), readable.paths()),
        decoded,
        description);
  }

  /**
   * The fields that outputs become, by their names: those of which it can be told, whatever else is
   * wrong.
   */
  public static Map<String, LogicalType> outputTypes(
      Signature signature, Map<String, OutputField> outputs) {
    Map<String, LogicalType> types = new LinkedHashMap<>();
    for (TensorSpec tensor : signature.outputs()) {
      OutputField field = outputs.get(tensor.name());
      if (field != null) {
        new OutputBinding(tensor, field, new ArrayList<>())
            .type()
            .ifPresent(type -> types.put(field.name(), type));
      }
    }
    return types;
  }

  /**
   * Checks what can be told without the model.
   *
   * @param record the type of the rows that come; fields whose type is not known are of {@code
   *     NULL}
   * @param inputs for every input tensor the fields that it is made of
   * @throws BindingException with every field that is not there
   */
  public static void checkFields(RowType record, Map<String, List<String>> inputs) {
    List<BindingException.Problem> problems = new ArrayList<>();
    inputs.forEach((tensor, fields) -> checkFields(record, tensor, fields, problems));
    if (!problems.isEmpty()) {
      throw new BindingException(problems);
    }
  }

  private static void checkFields(
      RowType record, String tensor, List<String> fields, List<BindingException.Problem> problems) {
    RecordFields readable = new RecordFields(record);
    for (String field : fields) {
      try {
        readable.check(field);
      } catch (IllegalArgumentException nowhere) {
        if (!isInsideUnknown(record, field)) {
          problems.add(
              BindingException.Problem.of("input", tensor, String.valueOf(nowhere.getMessage())));
        }
      }
    }
  }

  private static boolean isInsideUnknown(RowType record, String path) {
    return record.getFields().stream()
        .filter(field -> field.getType().is(LogicalTypeRoot.NULL))
        .map(RowType.RowField::getName)
        .anyMatch(name -> path.startsWith(name + ".") || path.startsWith(name + "["));
  }

  /**
   * Checks what can be told without the rows.
   *
   * @param inputs the names of the input tensors that are bound
   * @param outputs the names of the output tensors that are bound
   * @throws BindingException with every problem there is
   */
  public static void checkTensors(Signature signature, Set<String> inputs, Set<String> outputs) {
    List<BindingException.Problem> problems = new ArrayList<>();
    checkTensors(signature, inputs, outputs, problems);
    if (!problems.isEmpty()) {
      throw new BindingException(problems);
    }
  }

  private static void checkTensors(
      Signature signature,
      Set<String> inputs,
      Set<String> outputs,
      List<BindingException.Problem> problems) {
    checkNames("input", inputs, signature.inputs(), problems);
    checkNames("output", outputs, signature.outputs(), problems);
    for (TensorSpec tensor : signature.inputs()) {
      if (!inputs.contains(tensor.name())) {
        problems.add(
            BindingException.Problem.of(
                "input",
                tensor.name(),
                "not bound (expected: the fields that " + tensor + " is made of)"));
      }
    }
    if (outputs.isEmpty()) {
      problems.add(
          new BindingException.Problem(
              "output",
              "",
              "output: none (expected: at least one of %s)".formatted(names(signature.outputs()))));
    }
  }

  private static void checkNames(
      String side,
      Set<String> bound,
      List<TensorSpec> tensors,
      List<BindingException.Problem> problems) {
    for (String name : bound) {
      if (tensors.stream().noneMatch(tensor -> tensor.name().equals(name))) {
        problems.add(
            BindingException.Problem.of(
                side,
                name,
                "not in the model's signature (expected: one of " + names(tensors) + ")"));
      }
    }
  }

  private static String names(List<TensorSpec> tensors) {
    return tensors.stream().map(TensorSpec::name).collect(Collectors.joining(", "));
  }

  private static String describe(RecordFields record, List<String> fields) {
    return fields.stream()
        .map(field -> record.has(field) ? field + " " + record.type(field) : field)
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
    return decoder(List.copyOf(outputs.keySet()), outputType.getFieldCount() - outputs.size());
  }

  /** A decoder of rows without the record's fields: these output fields, in this order. */
  public PredictionDecoder<RowData, RowData> decoderOf(List<String> fields) {
    return decoder(fields, 0);
  }

  private RowDecoder decoder(List<String> fields, int recordArity) {
    RowDecoder.Output[] decoded =
        fields.stream()
            .map(field -> Objects.requireNonNull(outputs.get(field), field))
            .toArray(RowDecoder.Output[]::new);
    return new RowDecoder(decoded, recordArity);
  }

  /** One line per tensor, for a plan that a person reads. */
  public List<String> description() {
    return description;
  }
}
