package io.tidemill.inference.codec;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.ModelVersion;

/**
 * A record that could not be scored, with its cause.
 *
 * @param record as it came to the step
 * @param message what was wrong, with the value
 * @param model the version that would have scored it
 * @param step the step's id
 * @param batch the batch's number within its subtask, 0 if the record entered none
 * @param attempts model calls that the record was part of
 * @param <T> the record
 */
public record DeadLetter<T>(
    T record,
    DeadLetterCause cause,
    String message,
    ModelVersion model,
    String step,
    long batch,
    int attempts) {
  public DeadLetter {
    requireNonNull(record, "record");
    requireNonNull(cause, "cause");
    requireNonNull(message, "message");
    requireNonNull(model, "model");
    requireNonNull(step, "step");
  }
}
