package io.tidemill.pipelines.compose;

import java.util.List;
import java.util.Optional;

/**
 * How far the quantiles of a field have moved from those of before: the largest of the distances
 * between the values at each of {@link FieldSketch#RANKS}, as a part of the distance from the first
 * to the last of before. So it is the same in whatever unit the field is: 0 where nothing moved, 1
 * where a quantile moved by all that lay between 5 % and 95 % of the values.
 *
 * <p>Where before all of these were one value, each other value is infinitely far from it. Null,
 * NaN and text have no quantiles. Immutable.
 *
 * @param rank of the quantile that moved furthest
 * @param before its value before
 * @param now its value now
 * @param shift 0 or more; infinite where there is no spread to compare with
 */
public record QuantileShift(double rank, double before, double now, double shift) {
  /** That of two lists of quantiles at {@link FieldSketch#RANKS}; empty where one has none. */
  static Optional<QuantileShift> of(List<Double> before, List<Double> now) {
    if (before.isEmpty() || now.isEmpty()) {
      return Optional.empty();
    }
    double spread = distance(before.get(0), before.get(before.size() - 1));
    QuantileShift furthest = null;
    for (int i = 0; i < before.size(); i++) {
      double moved = distance(before.get(i), now.get(i));
      double shift =
          moved == 0
              ? 0
              : spread == 0 || moved == Double.POSITIVE_INFINITY
                  ? Double.POSITIVE_INFINITY
                  : moved / spread;
      if (furthest == null || shift > furthest.shift) {
        furthest = new QuantileShift(FieldSketch.RANKS.get(i), before.get(i), now.get(i), shift);
      }
    }
    return Optional.ofNullable(furthest);
  }

  /** Half of it, which no two numbers are too far apart for; 0 of two that are infinite alike. */
  private static double distance(double one, double other) {
    return one == other ? 0 : Math.abs(one / 2 - other / 2);
  }
}
