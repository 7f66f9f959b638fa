package io.tidemill.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a run measured. Whatever divides is divided within a lap, where the two ran close to each
 * other, and the laps' quotients come to one.
 *
 * <p>Not thread-safe.
 */
final class Report {
  private final Map<String, Long> settings;
  private final List<Figure> figures;
  private final Map<String, Variant> variants = new LinkedHashMap<>();
  private final List<Map<String, Measurement>> laps = new ArrayList<>();

  /**
   * One variant in the table.
   *
   * @param ratio to its floor, if that was measured too
   */
  record Row(String name, Map<Quantity, Spread> values, String floor, Optional<Spread> ratio) {}

  /**
   * One number of a figure.
   *
   * @param key empty where it is the figure's only one
   */
  record FigureValue(Figure figure, String key, Spread value) {}

  /**
   * A report of nothing yet.
   *
   * @param settings what it was measured with, by the names that the JSON has
   */
  Report(Map<String, Long> settings, List<Figure> figures) {
    this.settings = new TreeMap<>(settings);
    this.figures = List.copyOf(figures);
  }

  Map<String, Long> settings() {
    return settings;
  }

  /** Takes one turn of each of the variants that are measured by turns with each other. */
  void add(Map<? extends Variant, Measurement> lap) {
    Map<String, Measurement> byName = new HashMap<>();
    lap.forEach(
        (variant, measurement) -> {
          variants.putIfAbsent(variant.name(), variant);
          byName.put(variant.name(), measurement);
        });
    laps.add(byName);
  }

  List<Row> rows() {
    return variants.values().stream().map(this::row).toList();
  }

  private Row row(Variant variant) {
    Map<Quantity, Spread> values = new EnumMap<>(Quantity.class);
    for (Quantity quantity : Quantity.values()) {
      spread(variant.name(), null, quantity).ifPresent(value -> values.put(quantity, value));
    }
    if (values.isEmpty()) {
      throw new IllegalStateException(
          variant.name() + ": no record in any turn (expected: some; measure longer)");
    }
    Quantity compared = values.keySet().iterator().next();
    return new Row(
        variant.name(),
        Collections.unmodifiableMap(values),
        variant.floor(),
        spread(variant.name(), variant.floor(), compared));
  }

  /** The figures whose variants were measured, in their order. */
  List<FigureValue> figureValues() {
    List<FigureValue> values = new ArrayList<>();
    for (Figure figure : figures) {
      for (Figure.Case one : figure.cases()) {
        Variant under = one.under();
        spread(one.over().name(), under == null ? null : under.name(), figure.quantity())
            .ifPresent(value -> values.add(new FigureValue(figure, one.key(), value)));
      }
    }
    return values;
  }

  private Optional<Spread> spread(String over, @Nullable String under, Quantity quantity) {
    List<Double> values = new ArrayList<>();
    for (Map<String, Measurement> lap : laps) {
      OptionalDouble value = value(lap, over, quantity);
      OptionalDouble divisor = under == null ? OptionalDouble.of(1) : value(lap, under, quantity);
      if (value.isPresent() && divisor.isPresent()) {
        values.add(value.getAsDouble() / divisor.getAsDouble());
      }
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  private static OptionalDouble value(
      Map<String, Measurement> lap, String variant, Quantity quantity) {
    Measurement measurement = lap.get(variant);
    return measurement == null ? OptionalDouble.empty() : measurement.value(quantity);
  }
}
