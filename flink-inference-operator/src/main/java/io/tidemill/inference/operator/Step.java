package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.model.ModelVersion;
import org.jspecify.annotations.Nullable;

/** A step's id and the version that scores its records, which all that it says begins with. */
record Step(String id, ModelVersion model) {

  /** A failure of this step, for the caller to throw. */
  InferenceException failure(String problem, @Nullable Throwable cause) {
    return new InferenceException(about(problem), cause);
  }

  /** What scoring a batch failed for, for the caller to throw. */
  InferenceException failureOf(Batch<?, ?> batch, Throwable cause) {
    return cause instanceof InferenceException known
        ? known
        : failure(
            "scoring batch %d of %d records failed: %s"
                .formatted(batch.number(), batch.size(), cause),
            cause);
  }

  /** A record that this step is not to go on after, for the caller to throw. */
  RefusedRecordException refusal(String problem, @Nullable Throwable cause) {
    return new RefusedRecordException(about(problem), cause);
  }

  /** Memory that this step does not have, for the caller to throw. */
  StepMemoryException lackOfMemory(String problem) {
    return new StepMemoryException(about(problem), null);
  }

  /** Settings that do not go with the model, for the caller to throw. */
  StepSettingsException wrongSettings(String problem) {
    return new StepSettingsException(about(problem), null);
  }

  String about(String problem) {
    return "step '%s', %s: %s".formatted(id, model, problem);
  }

  /**
   * A record that could not be scored.
   *
   * @param batch the batch's number, 0 if the record entered none
   * @param attempts model calls that the record was part of
   */
  <T> DeadLetter<T> deadLetter(
      T record, DeadLetterCause cause, String message, long batch, int attempts) {
    return new DeadLetter<>(record, cause, message, model, id, batch, attempts);
  }
}
