package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight;
import java.io.Serializable;
import java.time.Duration;

/**
 * How one step runs.
 *
 * @param step the step's id, for messages, metrics and dead letters
 * @param workers threads that encode, call the model and decode; at most max-in-flight
 * @param callTimeout the longest that one model call may take before the task fails
 * @param memoryLimitBytes the most Arrow memory that one subtask may hold
 * @param freshRecords whether the graph proves that no one changes a record after it was handed on,
 *     so that it need not be copied under object reuse
 */
public record InferenceSettings(
    String step,
    BatchPolicy batching,
    int workers,
    InFlight.Order order,
    OnNotFinite onNotFinite,
    OnNullInput onNullInput,
    Duration callTimeout,
    long memoryLimitBytes,
    boolean freshRecords)
    implements Serializable {
  public static final Duration DEFAULT_CALL_TIMEOUT = Duration.ofSeconds(60);
  public static final long DEFAULT_MEMORY_LIMIT_BYTES = 1L << 30;

  /** What becomes of a record whose prediction is not a number or infinite. */
  public enum OnNotFinite {
    KEEP,
    DEAD_LETTER,
    FAIL
  }

  /** What becomes of a record with an input that is null or missing. */
  public enum OnNullInput {
    DEAD_LETTER,
    FAIL,
    /** It passes on without a prediction. */
    SKIP
  }

  public InferenceSettings {
    requireNonNull(step, "step");
    requireNonNull(batching, "batching");
    requireNonNull(order, "order");
    requireNonNull(onNotFinite, "on-nan");
    requireNonNull(onNullInput, "null-input");
    requireNonNull(callTimeout, "call-timeout");
    if (step.isBlank()) {
      throw new IllegalArgumentException("step: '" + step + "' (expected: not blank)");
    }
    if (workers < 1 || workers > batching.maxInFlight()) {
      throw new IllegalArgumentException(
          "workers: %d (expected: 1 to max-in-flight, %d)"
              .formatted(workers, batching.maxInFlight()));
    }
    if (callTimeout.toMillis() < 1) {
      throw new IllegalArgumentException("call-timeout: " + callTimeout + " (expected: >= 1ms)");
    }
    if (memoryLimitBytes < 1) {
      throw new IllegalArgumentException(
          "memory limit: " + memoryLimitBytes + " bytes (expected: >= 1)");
    }
  }

  /** Ordered, one worker per slot, predictions kept as they are, null inputs to dead letters. */
  public static InferenceSettings defaults(String step) {
    BatchPolicy batching = BatchPolicy.defaults();
    return new InferenceSettings(
        step,
        batching,
        batching.maxInFlight(),
        InFlight.Order.ORDERED,
        OnNotFinite.KEEP,
        OnNullInput.DEAD_LETTER,
        DEFAULT_CALL_TIMEOUT,
        DEFAULT_MEMORY_LIMIT_BYTES,
        false);
  }

  public InferenceSettings withStep(String id) {
    return new InferenceSettings(
        id,
        batching,
        workers,
        order,
        onNotFinite,
        onNullInput,
        callTimeout,
        memoryLimitBytes,
        freshRecords);
  }

  /** Replaces the batching, with one worker per slot. */
  public InferenceSettings withBatching(BatchPolicy policy) {
    return new InferenceSettings(
        step,
        policy,
        policy.maxInFlight(),
        order,
        onNotFinite,
        onNullInput,
        callTimeout,
        memoryLimitBytes,
        freshRecords);
  }

  public InferenceSettings withWorkers(int threads) {
    return new InferenceSettings(
        step,
        batching,
        threads,
        order,
        onNotFinite,
        onNullInput,
        callTimeout,
        memoryLimitBytes,
        freshRecords);
  }

  public InferenceSettings withOrder(InFlight.Order wanted) {
    return new InferenceSettings(
        step,
        batching,
        workers,
        wanted,
        onNotFinite,
        onNullInput,
        callTimeout,
        memoryLimitBytes,
        freshRecords);
  }

  public InferenceSettings withPolicies(OnNotFinite notFinite, OnNullInput nullInput) {
    return new InferenceSettings(
        step,
        batching,
        workers,
        order,
        notFinite,
        nullInput,
        callTimeout,
        memoryLimitBytes,
        freshRecords);
  }

  public InferenceSettings withCallTimeout(Duration timeout) {
    return new InferenceSettings(
        step,
        batching,
        workers,
        order,
        onNotFinite,
        onNullInput,
        timeout,
        memoryLimitBytes,
        freshRecords);
  }

  public InferenceSettings withMemoryLimitBytes(long bytes) {
    return new InferenceSettings(
        step, batching, workers, order, onNotFinite, onNullInput, callTimeout, bytes, freshRecords);
  }

  public InferenceSettings withFreshRecords(boolean fresh) {
    return new InferenceSettings(
        step,
        batching,
        workers,
        order,
        onNotFinite,
        onNullInput,
        callTimeout,
        memoryLimitBytes,
        fresh);
  }
}
