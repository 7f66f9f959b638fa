package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.inference.codec.BindingException;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.Device;
import io.tidemill.model.ModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.model.store.signing.VerificationKey;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Plans a step of a job, and adds it to the graph. */
final class StepTranslator {
  private static final Set<String> TAKEN =
      Set.of(SourceTranslator.ID, SinkTranslator.ID, DeadLetterTranslator.ID);

  private StepTranslator() {}

  /** The model that a step means now, pinned. */
  static Optional<StoredModel> model(
      StepDefinition step,
      String storeUri,
      List<VerificationKey> trustedKeys,
      boolean development,
      PlanProblems problems) {
    String path = path(step);
    if (TAKEN.contains(step.id())) {
      problems.add(path + ".id", "id: '%s' (expected: none of %s)", step.id(), TAKEN);
    }
    Optional<ModelRef> ref = problems.collect(path + ".model", () -> ModelRef.parse(step.model()));
    Optional<Device> device =
        problems.collect(path + ".resources.device", () -> Device.parse(step.resources().device()));
    if (ref.isEmpty() || device.isEmpty()) {
      return Optional.empty();
    }
    if (ModelRef.LATEST.equals(ref.get().alias()) && !development) {
      problems.add(
          path + ".model",
          "model: '%s' (expected: a version or an alias that someone sets; 'latest' is for jobs with"
              + " development: true)",
          step.model());
      return Optional.empty();
    }
    try {
      return problems.collect(
          "store",
          () ->
              withThreads(
                  StoredModel.resolve(storeUri, ref.get(), device.get(), trustedKeys),
                  step.resources().threads()));
    } catch (ModelException unavailable) {
      problems.add(path + ".model", unavailable);
      return Optional.empty();
    }
  }

  private static StoredModel withThreads(StoredModel model, @Nullable Integer threads) {
    return threads == null ? model : model.withThreads(threads);
  }

  /** The binding of the fields that come to a step. */
  static Optional<PlannedStep> bind(
      StepDefinition step, StoredModel model, RowType records, PlanProblems problems) {
    try {
      RowBinding binding =
          RowBinding.plan(
              records,
              model.signature(),
              step.input(),
              step.output(),
              nanForNull(step.settings().nullInput(), model));
      return Optional.of(new PlannedStep(step, model, binding));
    } catch (BindingException refused) {
      for (BindingException.Problem problem : refused.problems()) {
        problems.add(
            path(step) + "." + problem.side() + "." + problem.tensor(),
            "step '%s' (%s): %s",
            step.id(),
            model.version(),
            problem.message());
      }
      return Optional.empty();
    }
  }

  private static boolean nanForNull(OnNullInput nullInput, StoredModel model) {
    return switch (nullInput) {
      case NAN -> true;
      case BY_MODEL -> model.takesNanAsMissing();
      case DEAD_LETTER, FAIL, SKIP -> false;
    };
  }

  /**
   * Adds a step to a graph.
   *
   * @param fresh whether no one changes a record after it was handed on
   */
  static Scored<RowData, RowData> attach(
      PlannedStep step, DataStream<RowData> records, boolean fresh) {
    Scored<RowData, RowData> scored =
        Inference.on(records)
            .model(step.model())
            .encode(step.binding().encoder())
            .decode(step.binding().decoder(), InternalTypeInfo.of(step.binding().outputType()))
            .apply(step.definition().id(), step.definition().settings().withFresh(fresh));
    Integer parallelism = step.definition().resources().parallelism();
    if (parallelism != null) {
      scored.predictions().setParallelism(parallelism);
    }
    return scored;
  }

  /** The dead letters of a step as rows of the connectors' dead-letter type. */
  static DataStream<RowData> deadLetters(
      PlannedStep step, DataStream<RowData> records, Scored<RowData, RowData> scored) {
    RowType rows = ((InternalTypeInfo<RowData>) records.getType()).toRowType();
    String name = step.definition().id() + "-dead-letters";
    return scored
        .deadLetters()
        .map(new StepDeadLetters(rows))
        .returns(DeadLetterRecord.typeInformation())
        .name(name)
        .uid(name);
  }

  private static String path(StepDefinition step) {
    return "steps." + step.id();
  }
}
