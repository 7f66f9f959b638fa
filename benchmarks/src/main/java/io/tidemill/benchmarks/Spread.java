package io.tidemill.benchmarks;

import java.util.Collection;

/**
 * What several measurements of one thing come to. The quartiles say how far to trust the median;
 * the least and the most would say how the machine's worst moment was.
 */
record Spread(double lowerQuartile, double median, double upperQuartile) {

  /**
   * Of these values, in any order.
   *
   * @throws IllegalArgumentException if there are none
   */
  static Spread of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("values: none (expected: at least one)");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Spread(at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75));
  }

  /** What all but one of a hundred are no larger than. */
  static double p99(Collection<Double> values) {
    return at(values.stream().mapToDouble(Double::doubleValue).sorted().toArray(), 0.99);
  }

  /** Between the two neighbours, in proportion. */
  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int before = (int) place;
    int after = Math.min(before + 1, sorted.length - 1);
    return sorted[before] + (place - before) * (sorted[after] - sorted[before]);
  }
}
