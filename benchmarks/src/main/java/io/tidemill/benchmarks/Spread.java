package io.tidemill.benchmarks;

import java.util.Collection;

/** What several measurements of one thing come to. */
record Spread(double min, double median, double max) {

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
    int last = sorted.length - 1;
    double median = (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
    return new Spread(sorted[0], median, sorted[last]);
  }
}
