package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight;
import java.io.Serializable;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How one step runs.
 *
 * @param step the step's id, for messages, metrics and dead letters
 * @param workers model calls at a time; at most max-in-flight
 * @param callTimeout the longest that one model call may take before the task fails
 * @param memoryLimitBytes the most Arrow memory that one subtask may hold, in equal parts for the
 *     batches in flight
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

  /** Ordered, predictions kept as they are, null inputs to dead letters. */
  public static InferenceSettings defaults(String step) {
    BatchPolicy batching = BatchPolicy.defaults();
    return new InferenceSettings(
        step,
        batching,
        usualWorkers(batching),
        InFlight.Order.ORDERED,
        OnNotFinite.KEEP,
        OnNullInput.DEAD_LETTER,
        DEFAULT_CALL_TIMEOUT,
        DEFAULT_MEMORY_LIMIT_BYTES,
        false);
  }

  /**
   * Half as many as there are slots: beside each batch at the model one stands encoded, so that a
   * worker need not wait for the task thread.
   */
  private static int usualWorkers(BatchPolicy batching) {
    return (batching.maxInFlight() + 1) / 2;
  }

  /** The most Arrow memory that one batch may take, its outputs included. */
  long batchMemoryBytes() {
    return memoryLimitBytes / batching.maxInFlight();
  }

  public InferenceSettings withStep(String id) {
    return with(draft -> draft.step = id);
  }

  /** Replaces the batching, with one worker for every two slots. */
  public InferenceSettings withBatching(BatchPolicy policy) {
    return with(
        draft -> {
          draft.batching = policy;
          draft.workers = usualWorkers(policy);
        });
  }

  public InferenceSettings withWorkers(int threads) {
    return with(draft -> draft.workers = threads);
  }

  public InferenceSettings withOrder(InFlight.Order wanted) {
    return with(draft -> draft.order = wanted);
  }

  public InferenceSettings withPolicies(OnNotFinite notFinite, OnNullInput nullInput) {
    return with(
        draft -> {
          draft.onNotFinite = notFinite;
          draft.onNullInput = nullInput;
        });
  }

  public InferenceSettings withCallTimeout(Duration timeout) {
    return with(draft -> draft.callTimeout = timeout);
  }

  public InferenceSettings withMemoryLimitBytes(long bytes) {
    return with(draft -> draft.memoryLimitBytes = bytes);
  }

  public InferenceSettings withFreshRecords(boolean fresh) {
    return with(draft -> draft.freshRecords = fresh);
  }

  private InferenceSettings with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.settings();
  }

  /** Settings while one of them changes. */
  private static final class Draft {
    private String step;
    private BatchPolicy batching;
    private int workers;
    private InFlight.Order order;
    private OnNotFinite onNotFinite;
    private OnNullInput onNullInput;
    private Duration callTimeout;
    private long memoryLimitBytes;
    private boolean freshRecords;

    private Draft(InferenceSettings from) {
      step = from.step;
      batching = from.batching;
      workers = from.workers;
      order = from.order;
      onNotFinite = from.onNotFinite;
      onNullInput = from.onNullInput;
      callTimeout = from.callTimeout;
      memoryLimitBytes = from.memoryLimitBytes;
      freshRecords = from.freshRecords;
    }

    private InferenceSettings settings() {
      return new InferenceSettings(
          step,
          batching,
          workers,
          order,
          onNotFinite,
          onNullInput,
          callTimeout,
          memoryLimitBytes,
          freshRecords);
    }
  }
}
