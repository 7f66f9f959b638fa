package io.tidemill.pipelines.failures;

import static java.util.Map.entry;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.util.SerializedThrowable;
import org.jspecify.annotations.Nullable;

/** What a failure is about, and so who must act. Immutable. */
enum Label {
  /** Records, or a job that has nowhere to put those at fault: their producer, or its author. */
  DATA,
  /** A version that fails, hangs or answers otherwise than it was published with: its publisher. */
  MODEL,
  /** Memory that is not there: the operator of the cluster. */
  MEMORY,
  /** A store that does not answer, or has not what it is asked for: its operator. */
  STORE,
  /** Settings, schemas and jars that do not go together: the author of the job. */
  CONFIG;

  /** It says only that a step cannot go on: what it was caused by says more. */
  private static final String STEP = "io.tidemill.inference.operator.InferenceException";

  private static final Map<String, Label> BY_NAME =
      Map.ofEntries(
          entry("io.tidemill.connectors.avro.UnfitSchemaException", DATA),
          entry("io.tidemill.connectors.record.CorruptFileException", DATA),
          entry("io.tidemill.connectors.record.RecordFailureException", DATA),
          entry("io.tidemill.inference.codec.UnfitRecordException", DATA),
          entry("io.tidemill.inference.operator.RefusedRecordException", DATA),
          entry(STEP, MODEL),
          entry("io.tidemill.model.InvalidModelException", MODEL),
          entry("io.tidemill.model.ModelCallException", MODEL),
          entry("io.tidemill.inference.operator.StepMemoryException", MEMORY),
          entry("io.tidemill.model.ModelOutOfMemoryException", MEMORY),
          entry("java.lang.OutOfMemoryError", MEMORY),
          entry("org.apache.arrow.memory.OutOfMemoryException", MEMORY),
          entry("io.tidemill.model.StoreRefusedException", STORE),
          entry("io.tidemill.model.StoreUnavailableException", STORE),
          entry("io.tidemill.connectors.options.InvalidOptionsException", CONFIG),
          entry("io.tidemill.connectors.problem.InvalidSchemaException", CONFIG),
          entry("io.tidemill.connectors.registry.RefusedSchemaException", CONFIG),
          entry("io.tidemill.inference.codec.BindingException", CONFIG),
          entry("io.tidemill.inference.operator.StepSettingsException", CONFIG),
          entry("io.tidemill.model.UnavailableHereException", CONFIG));

  /** The names of the classes that are known. */
  static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** That of a failure by its outermost cause that is known; empty where none is. */
  static Optional<Label> of(Throwable failure) {
    boolean ofStep = false;
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String name = name(cause);
      Label label = BY_NAME.get(name);
      if (name.equals(STEP)) {
        ofStep = true;
      } else if (label != null) {
        return Optional.of(label);
      }
    }
    return ofStep ? Optional.of(MODEL) : Optional.empty();
  }

  private static String name(Throwable cause) {
    return cause instanceof SerializedThrowable elsewhere
        ? elsewhere.getOriginalErrorClassName()
        : cause.getClass().getName();
  }
}
