package io.tidemill.pipelines.compose;

import io.tidemill.inference.codec.BindingException;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.OutputField;
import io.tidemill.model.Device;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.signing.VerificationKey;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.NullType;
import org.apache.flink.table.types.logical.RowType;

/** Plans the steps of a job, one after the other. Not thread-safe. */
final class StepTranslator {
  private final PipelineDefinition job;
  private final String store;
  private final List<VerificationKey> trustedKeys;
  private final PlanProblems problems;

  /**
   * A translator.
   *
   * @param store the URI of the models' store
   */
  StepTranslator(PipelineDefinition job, String store, PlanProblems problems) {
    this.job = job;
    this.store = store;
    this.problems = problems;
    this.trustedKeys = trustedKeys();
  }

  private List<VerificationKey> trustedKeys() {
    List<Path> files = job.verify().required() ? job.verify().keys() : List.of();
    List<VerificationKey> keys = new ArrayList<>();
    for (Path file : files) {
      problems.collect("verify.keys", () -> VerificationKey.read(file)).ifPresent(keys::add);
    }
    // With a key too few, models would be refused that are signed.
    return keys.size() == files.size() ? keys : List.of();
  }

  /** The models of the steps, pinned; empty where one cannot be had. */
  List<Optional<StoredModel>> models() {
    List<Optional<StoredModel>> models = job.steps().stream().map(this::model).toList();
    EngineThreads threads = new EngineThreads(problems);
    for (int i = 0; i < models.size(); i++) {
      StepDefinition step = job.steps().get(i);
      models.get(i).ifPresent(model -> threads.add(step, model));
    }
    return models;
  }

  private Optional<StoredModel> model(StepDefinition step) {
    String path = path(step);
    Optional<ModelRef> ref = problems.collect(path + ".model", () -> ModelRef.parse(step.model()));
    Optional<Device> device =
        problems.collect(path + ".resources.device", () -> Device.parse(step.resources().device()));
    if (ref.isEmpty() || device.isEmpty()) {
      return Optional.empty();
    }
    if (ModelRef.LATEST.equals(ref.get().alias()) && !job.development()) {
      problems.add(
          path + ".model",
          "model: '%s' (expected: a version or an alias that someone sets; 'latest' is for jobs with"
              + " development: true)",
          step.model());
      return Optional.empty();
    }
    Integer threads = step.resources().threads();
    try {
      return problems
          .collect("store", () -> StoredModel.resolve(store, ref.get(), device.get(), trustedKeys))
          .map(model -> threads == null ? model : model.withThreads(threads));
    } catch (ModelException unavailable) {
      problems.add(path + ".model", unavailable);
      return Optional.empty();
    }
  }

  /** Binds the steps in turn, as far as the rows that come to them are known. */
  List<PlannedStep> bind(Optional<RowType> records, List<Optional<StoredModel>> models) {
    List<PlannedStep> steps = new ArrayList<>();
    Optional<RowType> rows = records;
    // With what the steps before it were to add, of types that are not known.
    Optional<RowType> named = records;
    for (int i = 0; i < models.size(); i++) {
      StepDefinition step = job.steps().get(i);
      Optional<StoredModel> model = models.get(i);
      Optional<PlannedStep> bound = Optional.empty();
      if (model.isPresent() && rows.isPresent()) {
        bound = bind(step, model.get(), rows.get());
      } else {
        model.ifPresent(known -> checkTensors(step, known));
        named.ifPresent(fields -> checkFields(step, fields));
      }
      bound.ifPresent(steps::add);
      rows = bound.map(planned -> planned.binding().outputType());
      Optional<RowType> before = named;
      named = rows.or(() -> before.map(fields -> named(fields, step)));
    }
    return steps;
  }

  private static RowType named(RowType before, StepDefinition step) {
    List<RowType.RowField> fields = new ArrayList<>(before.getFields());
    for (OutputField output : step.output().values()) {
      if (before.getFieldIndex(output.name()) < 0) {
        fields.add(new RowType.RowField(output.name(), new NullType()));
      }
    }
    return new RowType(false, fields);
  }

  /** All that can be told of a step's fields where not all of them have a type, or no model. */
  private void checkFields(StepDefinition step, RowType named) {
    try {
      RowBinding.checkFields(named, step.input());
    } catch (BindingException refused) {
      add(step, step.model(), refused);
    }
  }

  /** All that can be told of a step where the rows that come to it are not known. */
  private void checkTensors(StepDefinition step, StoredModel model) {
    try {
      RowBinding.checkTensors(model.signature(), step.input().keySet(), step.output().keySet());
    } catch (BindingException refused) {
      add(step, model.version().toString(), refused);
    }
  }

  private void add(StepDefinition step, String model, BindingException refused) {
    for (BindingException.Problem problem : refused.problems()) {
      problems.add(
          path(step) + "." + problem.side() + "." + problem.tensor(),
          "step '%s' (%s): %s",
          step.id(),
          model,
          problem.message());
    }
  }

  private Optional<PlannedStep> bind(StepDefinition step, StoredModel model, RowType records) {
    try {
      RowBinding binding =
          RowBinding.plan(
              records,
              model.signature(),
              step.input(),
              step.output(),
              step.settings().nullInput().isNan(model.takesNanAsMissing()));
      return Optional.of(new PlannedStep(step, model, binding));
    } catch (BindingException refused) {
      add(step, model.version().toString(), refused);
      return Optional.empty();
    }
  }

  private static String path(StepDefinition step) {
    return "steps." + step.id();
  }
}
