package io.tidemill.inference.step;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import java.io.Serializable;
import java.time.Duration;

/**
 * How one step runs. Each {@code with} method answers the same settings with one of them replaced.
 *
 * @param workers model calls at a time; at most max-in-flight. With twice as many slots the next
 *     batch stands encoded when a call ends, so that the model need not wait
 * @param order whether results leave as their records came, or as they complete between watermarks
 * @param deadBatches how many batches in a row may become dead letters only before the task fails,
 *     as then the step is at fault and not the data; 0 for any number
 * @param memoryBytes the most Arrow memory that one subtask may hold, in equal parts for the
 *     batches in flight; a batch that does not fit is halved
 * @param fresh whether no one changes a record after it was handed on, so that none is copied under
 *     object reuse; wrongly said, predictions are made of other records' values
 * @param traceEvery one of so many batches of a subtask reports a span to Flink's trace reporters;
 *     0 for none
 */
public record StepSettings(
    BatchPolicy batching,
    int workers,
    Order order,
    OnNotFinite onNan,
    OnNullInput nullInput,
    int deadBatches,
    Timeouts timeouts,
    long memoryBytes,
    boolean fresh,
    int traceEvery)
    implements Serializable {
  private static final int DEFAULT_DEAD_BATCHES = 3;
  private static final Duration DEFAULT_LOAD_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration DEFAULT_CALL_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration DEFAULT_SHORT_CALL = Duration.ofMillis(1);
  private static final long DEFAULT_MEMORY_BYTES = 1L << 30;

  /** What becomes of a record whose prediction is not a number or infinite. */
  public enum OnNotFinite {
    KEEP,
    DEAD_LETTER,
    FAIL
  }

  /** What becomes of a record with an input that is null or missing. */
  public enum OnNullInput {
    /** {@link #NAN} where the engine takes that for a missing value, else {@link #DEAD_LETTER}. */
    BY_MODEL,
    DEAD_LETTER,
    FAIL,
    /** It passes on without a prediction. */
    SKIP,
    /** It is NaN in a tensor of floats; in another one it makes a dead letter. */
    NAN;

    /**
     * Whether it is NaN in a tensor of floats.
     *
     * @param modelTakesNan whether the model's engine takes NaN for a missing value
     */
    public boolean isNan(boolean modelTakesNan) {
      return switch (this) {
        case NAN -> true;
        case BY_MODEL -> modelTakesNan;
        case DEAD_LETTER, FAIL, SKIP -> false;
      };
    }
  }

  /**
   * How long a task waits.
   *
   * @param load until its model is fetched, loaded and warmed up; then it fails
   * @param call until one model call has returned, or a batch is encoded or decoded, for which it
   *     waits ten seconds at least; then it fails
   * @param shortCall for a model call in its own thread; longer ones are the workers'. Zero for
   *     none of them
   */
  public record Timeouts(Duration load, Duration call, Duration shortCall) implements Serializable {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Duration LONGEST_SHORT_CALL = Duration.ofSeconds(1);

    public Timeouts {
      check("load-timeout", load);
      check("call-timeout", call);
      if (shortCall.isNegative() || shortCall.compareTo(LONGEST_SHORT_CALL) > 0) {
        throw new IllegalArgumentException(
            "short-call: %s (expected: 0s to 1s)".formatted(shortCall));
      }
    }

    private static void check(String name, Duration timeout) {
      requireNonNull(timeout, name);
      if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "%s: %s (expected: 1ms to 365 days)".formatted(name, timeout));
      }
    }
  }

  public StepSettings {
    requireNonNull(batching, "batching");
    requireNonNull(order, "order");
    requireNonNull(onNan, "on-nan");
    requireNonNull(nullInput, "null-input");
    if (workers < 1 || workers > batching.maxInFlight()) {
      throw new IllegalArgumentException(
          "workers: %d (expected: 1 to max-in-flight, %d)"
              .formatted(workers, batching.maxInFlight()));
    }
    if (deadBatches < 0) {
      throw new IllegalArgumentException(
          "dead-batches: " + deadBatches + " (expected: >= 1, or 0 for any number)");
    }
    requireNonNull(timeouts, "timeouts");
    if (memoryBytes < 1) {
      throw new IllegalArgumentException(
          "memory limit: " + memoryBytes + " bytes (expected: >= 1)");
    }
    if (traceEvery < 0) {
      throw new IllegalArgumentException(
          "trace-every: " + traceEvery + " (expected: >= 1, or 0 for no batch)");
    }
  }

  /**
   * 256 records or 20 ms a batch, four batches in flight, two calls at a time, results in input
   * order, predictions kept as they are even when not finite, a null input as the model takes it, a
   * failure after three batches of dead letters only, five minutes to load, 60 s for a call, calls
   * of a millisecond in the task thread, 1 GiB, no spans.
   */
  public static StepSettings defaults() {
    BatchPolicy batching = BatchPolicy.defaults();
    return new StepSettings(
        batching,
        usualWorkers(batching.maxInFlight()),
        Order.ORDERED,
        OnNotFinite.KEEP,
        OnNullInput.BY_MODEL,
        DEFAULT_DEAD_BATCHES,
        new Timeouts(DEFAULT_LOAD_TIMEOUT, DEFAULT_CALL_TIMEOUT, DEFAULT_SHORT_CALL),
        DEFAULT_MEMORY_BYTES,
        false,
        0);
  }

  /**
   * The most Arrow memory that one subtask takes at once: what full batches need, or the limit
   * where that is less.
   *
   * @param bytesPerRow of a record's inputs and outputs
   */
  public long mostBytes(long bytesPerRow) {
    return Math.min(memoryBytes, bytesPerRow * batching.maxSize() * batching.maxInFlight());
  }

  /**
   * The least that the calls of full batches take of a GPU, as many as one subtask makes at once:
   * inputs and outputs alone. One row of each where {@code max-bytes} may close a batch of any
   * size.
   *
   * @param bytesPerRow of a record's inputs and outputs
   * @param rows that the model takes in each call; 0 for any number
   */
  public long leastBytesOfCalls(long bytesPerRow, int rows) {
    int full = batching.maxBytes() == BatchPolicy.UNLIMITED_BYTES ? batching.maxSize() : 1;
    long ofCall = bytesPerRow * (rows == 0 ? full : rows);
    return workers * Math.min(ofCall, memoryBytes / batching.maxInFlight());
  }

  private static int usualWorkers(int maxInFlight) {
    return (maxInFlight + 1) / 2;
  }

  /** The most records of a batch. */
  public StepSettings withMaxSize(int records) {
    return keepingWorkers(
        new BatchPolicy(records, batching.maxBytes(), batching.maxDelay(), batching.maxInFlight()));
  }

  /**
   * The most bytes of a batch, as the encoder counts them; a record larger than that is a dead
   * letter.
   */
  public StepSettings withMaxBytes(long bytes) {
    return keepingWorkers(
        new BatchPolicy(batching.maxSize(), bytes, batching.maxDelay(), batching.maxInFlight()));
  }

  /** The longest that the first record of a batch waits for the others. */
  public StepSettings withMaxDelay(Duration delay) {
    return keepingWorkers(
        new BatchPolicy(batching.maxSize(), batching.maxBytes(), delay, batching.maxInFlight()));
  }

  /**
   * The most batches handed to the model whose results are not emitted, with one worker for every
   * two of them.
   */
  public StepSettings withMaxInFlight(int batches) {
    return withBatching(
        new BatchPolicy(batching.maxSize(), batching.maxBytes(), batching.maxDelay(), batches));
  }

  /** All of these limits, with one worker for every two batches in flight. */
  public StepSettings withBatching(BatchPolicy batching) {
    int workers = usualWorkers(batching.maxInFlight());
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  private StepSettings keepingWorkers(BatchPolicy batching) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  /** Model calls at a time; set it after max-in-flight. */
  public StepSettings withWorkers(int workers) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withOrder(Order order) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withOnNan(OnNotFinite onNan) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withNullInput(OnNullInput nullInput) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withDeadBatches(int deadBatches) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withLoadTimeout(Duration loadTimeout) {
    return with(new Timeouts(loadTimeout, timeouts.call(), timeouts.shortCall()));
  }

  private StepSettings with(Timeouts timeouts) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withCallTimeout(Duration callTimeout) {
    return with(new Timeouts(timeouts.load(), callTimeout, timeouts.shortCall()));
  }

  /**
   * The longest model call that the task thread makes itself, one in a hundred excepted: a
   * checkpoint or timer waits for one. Zero leaves every call to the workers.
   */
  public StepSettings withShortCall(Duration shortCall) {
    return with(new Timeouts(timeouts.load(), timeouts.call(), shortCall));
  }

  public StepSettings withMemoryBytes(long memoryBytes) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  public StepSettings withFresh(boolean fresh) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        traceEvery);
  }

  /** One of so many batches of a subtask reports a span; 0 for none. */
  public StepSettings withTraceEvery(int batches) {
    return new StepSettings(
        batching,
        workers,
        order,
        onNan,
        nullInput,
        deadBatches,
        timeouts,
        memoryBytes,
        fresh,
        batches);
  }
}
