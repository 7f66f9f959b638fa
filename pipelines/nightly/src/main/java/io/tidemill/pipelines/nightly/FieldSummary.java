package io.tidemill.pipelines.nightly;

import io.tidemill.pipelines.compose.FieldSketch;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The predictions of one field in a few numbers. Immutable.
 *
 * @param missing how many of the records have null or not a number
 * @param quantiles at {@link FieldSketch#RANKS}; nothing where there are no numbers
 * @param categories the most frequent texts and how often they come; nothing where there are none
 */
public record FieldSummary(
    String field,
    long records,
    long missing,
    List<Double> quantiles,
    Map<String, Long> categories) {
  private static final int MOST_CATEGORIES = 10;

  public FieldSummary {
    quantiles = List.copyOf(quantiles);
    categories = Collections.unmodifiableMap(new LinkedHashMap<>(categories));
  }

  static FieldSummary of(FieldSketch sketch) {
    Map<String, Long> most = new LinkedHashMap<>();
    Map<String, Long> all = sketch.categories();
    if (all != null) {
      all.entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .limit(MOST_CATEGORIES)
          .forEach(category -> most.put(category.getKey(), category.getValue()));
    }
    return new FieldSummary(
        sketch.field(), sketch.records(), sketch.missing(), sketch.quantiles(), most);
  }
}
