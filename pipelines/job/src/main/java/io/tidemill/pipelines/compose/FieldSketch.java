package io.tidemill.pipelines.compose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.datasketches.common.SketchesArgumentException;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.memory.Memory;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;
import org.jspecify.annotations.Nullable;

/**
 * How the predictions of one field are distributed, in a few kilobytes however many there are.
 * Immutable.
 *
 * @param missing how many of the records have null or not a number
 * @param numbers a KLL sketch of DataSketches over some ten thousand of them; null of other types
 * @param categories how often each text comes; null of other types, and of free text
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; the bytes are what a sketch is.
public record FieldSketch(
    String field,
    long records,
    long missing,
    byte @Nullable [] numbers,
    @Nullable Map<String, Long> categories) {
  /** Where quantiles are told and compared. */
  public static final List<Double> RANKS = List.of(0.05, 0.25, 0.5, 0.75, 0.95);

  private static final int BINS = 10;

  /** Of a share of nothing there is no logarithm. */
  private static final double LEAST_SHARE = 1e-4;

  public FieldSketch {
    numbers = numbers == null ? null : numbers.clone();
    categories = categories == null ? null : Collections.unmodifiableMap(new TreeMap<>(categories));
  }

  static FieldSketch of(FieldCount count) {
    byte[] sketched = null;
    if (count.numbers() != null) {
      KllDoublesSketch sketch = KllDoublesSketch.newHeapInstance();
      count.numbers().numbers().forEach(sketch::update);
      sketched = sketch.toByteArray();
    }
    return new FieldSketch(
        count.field(), count.records(), count.missing(), sketched, count.categories());
  }

  /**
   * The values below which these parts of the numbers are.
   *
   * @param ranks each 0 to 1
   * @return nothing where there are no numbers
   */
  public List<Double> quantiles(double... ranks) {
    return sketch()
        .map(sketch -> Arrays.stream(sketch.getQuantiles(ranks)).boxed().toList())
        .orElse(List.of());
  }

  /** The values at {@link #RANKS}; nothing where there are no numbers. */
  public List<Double> quantiles() {
    return quantiles(RANKS.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** How far the quantiles have moved from another's; empty where there is nothing to compare. */
  public Optional<QuantileShift> quantileShiftFrom(FieldSketch before) {
    return QuantileShift.of(before.quantiles(), quantiles());
  }

  /**
   * How far the distribution is from another, as the population stability index: over bins that
   * hold a tenth of the other's numbers each, or over the texts. What is null or not a number is
   * left out.
   *
   * @return empty where there is nothing to compare
   */
  public Optional<Double> stabilityIndexTo(FieldSketch before) {
    Optional<KllDoublesSketch> own = sketch();
    Optional<KllDoublesSketch> other = before.sketch();
    if (own.isPresent() && other.isPresent()) {
      double[] bounds = bounds(other.get());
      return Optional.of(index(shares(own.get(), bounds), shares(other.get(), bounds)));
    }
    Map<String, Long> now = categories;
    Map<String, Long> was = before.categories;
    if (now == null || was == null || now.isEmpty() || was.isEmpty()) {
      return Optional.empty();
    }
    Set<String> all = new TreeSet<>(now.keySet());
    all.addAll(was.keySet());
    return Optional.of(index(shares(now, all), shares(was, all)));
  }

  /** Empty where there are no numbers. */
  private Optional<KllDoublesSketch> sketch() {
    if (numbers == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(KllDoublesSketch.heapify(Memory.wrap(numbers)))
          .filter(sketch -> !sketch.isEmpty());
    } catch (SketchesArgumentException | IndexOutOfBoundsException damaged) {
      throw new IllegalArgumentException(
          "sketch of '%s': %d bytes that are none (expected: as they were written)"
              .formatted(field, numbers.length),
          damaged);
    }
  }

  /**
   * Where one bin ends and the next begins. A number that takes several tenths is a bin of its own,
   * with those below it in another: else nobody saw them come or that one go.
   */
  private static double[] bounds(KllDoublesSketch sketch) {
    double[] ranks = new double[BINS - 1];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = (i + 1.0) / BINS;
    }
    NavigableSet<Double> bounds = new TreeSet<>();
    for (double tenth : sketch.getQuantiles(ranks)) {
      // As bounds, zeros of both signs are one.
      double bound = tenth + 0.0;
      if (!bounds.add(bound) && isRepeated(bound, sketch)) {
        bounds.add(Math.nextDown(bound));
      }
    }
    return bounds.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Of fewer than ten numbers, one takes several tenths as soon as it is there. */
  private static boolean isRepeated(double number, KllDoublesSketch sketch) {
    double share =
        sketch.getRank(number, QuantileSearchCriteria.INCLUSIVE)
            - sketch.getRank(number, QuantileSearchCriteria.EXCLUSIVE);
    return share * sketch.getN() > 1.5;
  }

  private static List<Double> shares(KllDoublesSketch sketch, double[] bounds) {
    return Arrays.stream(sketch.getPMF(bounds, QuantileSearchCriteria.INCLUSIVE)).boxed().toList();
  }

  private static List<Double> shares(Map<String, Long> categories, Set<String> all) {
    double sum = categories.values().stream().mapToLong(Long::longValue).sum();
    List<Double> shares = new ArrayList<>();
    all.forEach(category -> shares.add(categories.getOrDefault(category, 0L) / sum));
    return shares;
  }

  private static double index(List<Double> now, List<Double> before) {
    double index = 0;
    for (int i = 0; i < now.size(); i++) {
      double share = Math.max(LEAST_SHARE, now.get(i));
      double was = Math.max(LEAST_SHARE, before.get(i));
      index += (share - was) * Math.log(share / was);
    }
    return index;
  }
}
