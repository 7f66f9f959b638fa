package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a step does where records or calls are not as they should be.
 *
 * @param callTimeout the limit on one model call; a call that passes it fails the task
 */
public record PoliciesDefinition(
    EmissionOrder order, NanPolicy onNan, NullPolicy nullInput, Duration callTimeout) {
  public static final Duration DEFAULT_CALL_TIMEOUT = Duration.ofSeconds(60);

  /** Every default. */
  public static final PoliciesDefinition DEFAULT =
      new PoliciesDefinition(
          EmissionOrder.ORDERED, NanPolicy.KEEP, NullPolicy.DEAD_LETTER, DEFAULT_CALL_TIMEOUT);

  public PoliciesDefinition {
    requireNonNull(order, "order");
    requireNonNull(onNan, "onNan");
    requireNonNull(nullInput, "nullInput");
    checkCallTimeout(callTimeout);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is zero or negative
   */
  public static Duration checkCallTimeout(Duration callTimeout) {
    if (callTimeout.isNegative() || callTimeout.isZero()) {
      throw new IllegalArgumentException("call-timeout: " + callTimeout + " (expected: > 0)");
    }
    return callTimeout;
  }
}
