package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the predictions of a run for a date must be like for it to publish them.
 *
 * @param minRows the fewest predictions; null for any number
 * @param maxNullRate the largest part of a field's predictions that may be null or not a number, 0
 *     to 1; null for any
 * @param psi the largest population stability index of a field against the date before; null for
 *     any
 * @param quantiles the furthest that quantiles of a field may have moved from the date before, as a
 *     part of its spread from 5 % to 95 % there; null for any
 * @param onFail what becomes of predictions that are not like that
 */
public record GatesDefinition(
    @Nullable Long minRows,
    @Nullable Double maxNullRate,
    @Nullable Double psi,
    @Nullable Double quantiles,
    OnFail onFail) {

  /** What becomes of predictions that a gate does not let through. */
  public enum OnFail {
    /** They wait until a person publishes or discards them. */
    HOLD,
    /** The run has failed, and they go. */
    FAIL
  }

  public GatesDefinition {
    requireNonNull(onFail, "onFail");
    if (minRows == null && maxNullRate == null && psi == null && quantiles == null) {
      throw new IllegalArgumentException(
          "gates: neither min-rows nor max-null-rate nor psi nor quantiles (expected: >= 1)");
    }
    if (minRows != null && minRows < 0) {
      throw new IllegalArgumentException("min-rows: " + minRows + " (expected: >= 0)");
    }
    if (maxNullRate != null) {
      ErrorsDefinition.checkRate("max-null-rate", maxNullRate);
    }
    checkLimit("psi", psi, 0.2);
    checkLimit("quantiles", quantiles, 0.1);
  }

  private static void checkLimit(String name, @Nullable Double limit, double usual) {
    if (limit != null && !(limit > 0 && limit < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "%s: %s (expected: > 0, as in %s)".formatted(name, limit, usual));
    }
  }

  /** Whether more of a field's predictions are null than may be. */
  public boolean refusesNulls(long missing, long records) {
    return maxNullRate != null && ErrorsDefinition.isMore(missing, maxNullRate, records);
  }

  /** The largest part that may be null, as people write it; empty for any. */
  public String shownNullRate() {
    return maxNullRate == null ? "" : ErrorsDefinition.percent(maxNullRate);
  }

  /** What is asked, in one line. */
  @Override
  public String toString() {
    List<String> asked = new ArrayList<>();
    if (minRows != null) {
      asked.add(String.format(Locale.ROOT, "%,d predictions or more", minRows));
    }
    if (maxNullRate != null) {
      asked.add("at most %s null".formatted(shownNullRate()));
    }
    if (psi != null) {
      asked.add("a psi of at most %s against the date before".formatted(psi));
    }
    if (quantiles != null) {
      asked.add(
          "quantiles at most %s of the spread away from those of the date before"
              .formatted(quantiles));
    }
    return String.join(", ", asked)
        + switch (onFail) {
          case HOLD -> ", or the run is held";
          case FAIL -> ", or the run fails";
        };
  }
}
