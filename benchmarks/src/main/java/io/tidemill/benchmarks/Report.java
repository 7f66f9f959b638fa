package io.tidemill.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a run measured. Whatever divides is divided within a round, where the two ran close to each
 * other, and the rounds' quotients come to one.
 *
 * <p>Not thread-safe.
 */
final class Report {
  private final int seconds;
  private final int rounds;
  private final List<Figure> figures;
  private final Map<String, Results> variants = new LinkedHashMap<>();

  private record Results(Variant variant, List<Measurement> rounds) {}

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

  Report(int seconds, int rounds, List<Figure> figures) {
    this.seconds = seconds;
    this.rounds = rounds;
    this.figures = List.copyOf(figures);
  }

  int seconds() {
    return seconds;
  }

  int rounds() {
    return rounds;
  }

  /** Takes the variant's next round. */
  void add(Variant variant, Measurement measurement) {
    variants
        .computeIfAbsent(variant.name(), name -> new Results(variant, new ArrayList<>()))
        .rounds()
        .add(measurement);
  }

  List<Row> rows() {
    return variants.values().stream().map(this::row).toList();
  }

  private Row row(Results results) {
    Variant variant = results.variant();
    Map<Quantity, Spread> values = new EnumMap<>(Quantity.class);
    for (Quantity quantity : Quantity.values()) {
      spread(variant.name(), null, quantity).ifPresent(value -> values.put(quantity, value));
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
    for (int round = 0; round < rounds; round++) {
      OptionalDouble value = value(over, round, quantity);
      OptionalDouble divisor = under == null ? OptionalDouble.of(1) : value(under, round, quantity);
      if (value.isPresent() && divisor.isPresent()) {
        values.add(value.getAsDouble() / divisor.getAsDouble());
      }
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  private OptionalDouble value(String variant, int round, Quantity quantity) {
    Results results = variants.get(variant);
    return results == null || round >= results.rounds().size()
        ? OptionalDouble.empty()
        : results.rounds().get(round).value(quantity);
  }
}
