package io.tidemill.inference.table;

import io.tidemill.inference.codec.BindingException;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.operator.Scoring;
import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.Device;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.signing.VerificationKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * One {@code CREATE MODEL}, checked against the version that it means now. Not thread-safe.
 *
 * <p>Which columns a tensor is made of, or becomes, is said by options; what they do not say goes
 * by name, and where there is but one tensor, to that.
 */
final class ModelStatement {
  private final String name;
  private final RowType inputs;
  private final RowType outputs;
  private final List<String> problems = new ArrayList<>();
  private final ModelOptions options;

  /**
   * A statement.
   *
   * @param name of the model in SQL, which is the step's id
   */
  ModelStatement(String name, ResolvedCatalogModel model) {
    this.name = name;
    this.inputs = columns(model.getResolvedInputSchema());
    this.outputs = columns(model.getResolvedOutputSchema());
    this.options = new ModelOptions(model.getOptions(), problems);
  }

  private static RowType columns(ResolvedSchema schema) {
    return (RowType) schema.toPhysicalRowDataType().getLogicalType();
  }

  /**
   * Pins the version and binds its tensors. Blocks on the store.
   *
   * @throws ValidationException with every problem there is
   */
  TidemillModel plan() {
    options.checkNames();
    StepSettings settings = options.stepSettings();
    OnError onError = options.onError();
    Optional<RowBinding> binding = Optional.empty();
    Optional<StoredModel> model = model();
    if (model.isPresent()) {
      binding =
          bind(model.get(), settings.nullInput(), onError == OnError.NULL || mayPass(settings));
    }
    if (!problems.isEmpty() || model.isEmpty() || binding.isEmpty()) {
      throw new ValidationException(String.join("\n", problems));
    }
    return new TidemillModel(
        new Scoring<RowData, Collection<RowData>>(
            name,
            settings,
            model.get(),
            binding.get().encoder(),
            new OneRow(binding.get().decoderOf(outputs.getFieldNames()))),
        onError,
        new RowText(inputs));
  }

  private static boolean mayPass(StepSettings settings) {
    return settings.nullInput() == OnNullInput.SKIP;
  }

  private Optional<StoredModel> model() {
    Optional<ModelRef> ref = options.read(ModelOptions.MODEL, ModelRef::parse);
    Optional<Device> device = options.read(ModelOptions.DEVICE, Device::parse);
    Optional<String> store = options.text(ModelOptions.STORE);
    boolean development = options.isDevelopment();
    if (ref.isPresent() && ModelRef.LATEST.equals(ref.get().alias()) && !development) {
      problems.add(
          "model: '%s' (expected: a version or an alias that someone sets; 'latest' is for statements with 'development' = 'true')"
              .formatted(ref.get()));
      return Optional.empty();
    }
    List<VerificationKey> keys = new ArrayList<>();
    for (String file : options.texts(ModelOptions.VERIFY_KEYS)) {
      options
          .read(ModelOptions.VERIFY_KEYS, all -> VerificationKey.read(Path.of(file)))
          .ifPresent(keys::add);
    }
    if (ref.isEmpty()
        || device.isEmpty()
        || store.isEmpty()
        || keys.size() < options.texts(ModelOptions.VERIFY_KEYS).size()) {
      return Optional.empty();
    }
    try {
      Optional<StoredModel> model =
          options.read(
              ModelOptions.STORE, uri -> StoredModel.resolve(uri, ref.get(), device.get(), keys));
      return options.text(ModelOptions.THREADS).isEmpty()
          ? model
          : model.flatMap(pinned -> options.threads(pinned::withThreads));
    } catch (ModelException unavailable) {
      problems.add(String.valueOf(unavailable.getMessage()));
      return Optional.empty();
    }
  }

  private Optional<RowBinding> bind(StoredModel model, OnNullInput nullInput, boolean mayBeNull) {
    Signature signature = model.signature();
    Map<String, List<String>> bound = inputTensors(signature);
    Map<String, OutputField> made = outputTensors(signature);
    checkOutputs(made, RowBinding.outputTypes(signature, made), mayBeNull);
    try {
      return Optional.of(
          RowBinding.plan(
              inputs, signature, bound, made, nullInput.isNan(model.takesNanAsMissing())));
    } catch (BindingException refused) {
      refused
          .problems()
          .forEach(problem -> problems.add(model.version() + ": " + problem.message()));
      return Optional.empty();
    }
  }

  private Map<String, List<String>> inputTensors(Signature signature) {
    Map<String, List<String>> bound = new LinkedHashMap<>();
    for (String tensor : options.tensors(ModelOptions.INPUT)) {
      bound.put(tensor, options.texts(ModelOptions.INPUT + tensor));
    }
    for (TensorSpec tensor : signature.inputs()) {
      if (inputs.getFieldNames().contains(tensor.name())) {
        bound.putIfAbsent(tensor.name(), List.of(tensor.name()));
      } else if (signature.inputs().size() == 1) {
        bound.putIfAbsent(tensor.name(), inputs.getFieldNames());
      }
    }
    Set<String> taken = new HashSet<>();
    bound.values().forEach(taken::addAll);
    for (String column : inputs.getFieldNames()) {
      if (taken.stream().noneMatch(field -> isOf(column, field))) {
        problems.add(
            "INPUT column '%s': no tensor takes it (expected: in one of %s, as in '%s%s' = '%s', or not in INPUT)"
                .formatted(
                    column,
                    signature.inputs(),
                    ModelOptions.INPUT,
                    signature.inputs().get(0).name(),
                    column));
      }
    }
    return bound;
  }

  /** Whether a field is a column, or a path into it. */
  private static boolean isOf(String column, String field) {
    return field.equals(column) || field.startsWith(column + ".") || field.startsWith(column + "[");
  }

  private Map<String, OutputField> outputTensors(Signature signature) {
    Map<String, OutputField> bound = new LinkedHashMap<>();
    for (String tensor : options.tensors(ModelOptions.OUTPUT)) {
      options
          .read(ModelOptions.OUTPUT + tensor, column -> field(tensor, column))
          .ifPresent(field -> bound.put(tensor, field));
    }
    for (TensorSpec tensor : signature.outputs()) {
      if (outputs.getFieldNames().contains(tensor.name())) {
        bound.putIfAbsent(tensor.name(), field(tensor.name(), tensor.name()));
      } else if (signature.outputs().size() == 1 && outputs.getFieldCount() == 1) {
        bound.putIfAbsent(tensor.name(), field(tensor.name(), outputs.getFieldNames().get(0)));
      }
    }
    for (String tensor : options.tensors(ModelOptions.LABELS)) {
      if (!bound.containsKey(tensor)) {
        problems.add(
            "option '%s%s': tensor '%s' becomes no column (expected: one of %s)"
                .formatted(ModelOptions.LABELS, tensor, tensor, bound.keySet()));
      }
    }
    return bound;
  }

  private OutputField field(String tensor, String column) {
    return new OutputField(column, options.texts(ModelOptions.LABELS + tensor));
  }

  /**
   * Whether each OUTPUT column is one that a tensor becomes, of its type.
   *
   * @param types of the fields that are made; where one has none, its binding says why
   */
  private void checkOutputs(
      Map<String, OutputField> made, Map<String, LogicalType> types, boolean mayBeNull) {
    for (RowType.RowField column : outputs.getFields()) {
      LogicalType type = types.get(column.getName());
      if (made.values().stream().noneMatch(field -> field.name().equals(column.getName()))) {
        problems.add(
            "OUTPUT column '%s': no tensor becomes it (expected: as in '%sTENSOR' = '%s', or not in OUTPUT)"
                .formatted(column.getName(), ModelOptions.OUTPUT, column.getName()));
      } else if (type != null && !new ColumnType(type).isAs(column.getType())) {
        problems.add(
            "OUTPUT column '%s' is %s (expected: %s, which the model's tensor becomes; CAST it in the query)"
                .formatted(column.getName(), column.getType(), type));
      } else if (mayBeNull && !column.getType().isNullable()) {
        problems.add(
            "OUTPUT column '%s' is %s (expected: not NOT NULL, as records may pass without a prediction)"
                .formatted(column.getName(), column.getType()));
      }
    }
    for (String field : types.keySet()) {
      if (!outputs.getFieldNames().contains(field)) {
        problems.add(
            "output '%s' becomes no OUTPUT column (expected: one of %s)"
                .formatted(field, outputs.getFieldNames()));
      }
    }
  }
}
