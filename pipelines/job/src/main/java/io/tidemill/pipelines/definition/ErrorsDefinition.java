package io.tidemill.pipelines.definition;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many records of a run may become dead letters. Past it nothing is published.
 *
 * @param maxRate the largest part of the records, 0 to 1; null for any
 * @param minRecords of fewer records the rate is not asked
 * @param maxCount the largest number; null for any
 */
public record ErrorsDefinition(@Nullable Double maxRate, long minRecords, @Nullable Long maxCount) {
  public ErrorsDefinition {
    if (maxRate == null && maxCount == null) {
      throw new IllegalArgumentException("errors: neither max-rate nor max-count (expected: >= 1)");
    }
    if (maxRate != null) {
      checkRate("max-rate", maxRate);
    }
    if (minRecords < 0) {
      throw new IllegalArgumentException("min-records: " + minRecords + " (expected: >= 0)");
    }
    if (maxCount != null && maxCount < 0) {
      throw new IllegalArgumentException("max-count: " + maxCount + " (expected: >= 0)");
    }
  }

  static void checkRate(String name, double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException(name + ": " + rate + " (expected: 0 to 1, or 0% to 100%)");
    }
  }

  /** The limit that is passed, in the words of the job; empty if none is. */
  public Optional<String> passed(long records, long deadLetters) {
    if (maxCount != null && deadLetters > maxCount) {
      return Optional.of(String.format(Locale.ROOT, "errors.max-count: %,d", maxCount));
    }
    if (maxRate != null && records >= minRecords && isMore(deadLetters, maxRate, records)) {
      return Optional.of("errors.max-rate: " + percent(maxRate));
    }
    return Optional.empty();
  }

  /** In decimals: as a double, 29 of 100 are more than 29 %. */
  static boolean isMore(long part, double rate, long whole) {
    return BigDecimal.valueOf(part)
            .compareTo(BigDecimal.valueOf(rate).multiply(BigDecimal.valueOf(whole)))
        > 0;
  }

  /** What is allowed, in one line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("at most ");
    if (maxRate != null) {
      text.append(percent(maxRate)).append(" of the records");
      if (minRecords > 0) {
        text.append(String.format(Locale.ROOT, " if they are %,d or more", minRecords));
      }
    }
    if (maxCount != null) {
      text.append(maxRate == null ? "" : ", and at most ");
      text.append(String.format(Locale.ROOT, "%,d", maxCount));
    }
    return text.toString();
  }

  static String percent(double rate) {
    return String.format(Locale.ROOT, "%.4f", rate * 100).replaceFirst("\\.?0+$", "") + "%";
  }
}
