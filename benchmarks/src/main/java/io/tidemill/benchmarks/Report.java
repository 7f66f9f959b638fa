package io.tidemill.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The figures of a run, each with its ratio to the raw loop with as many callers.
 *
 * <p>Not thread-safe.
 */
final class Report {
  private record Figure(String floor, double recordsPerSecond) {}

  private final Map<String, Figure> figures = new LinkedHashMap<>();
  private final int seconds;

  Report(int seconds) {
    this.seconds = seconds;
  }

  void add(Variant variant, double recordsPerSecond) {
    figures.put(variant.name(), new Figure(variant.floor(), recordsPerSecond));
  }

  private OptionalDouble ratio(Figure figure) {
    Figure floor = figures.get(figure.floor());
    return floor == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(figure.recordsPerSecond() / floor.recordsPerSecond());
  }

  String table() {
    StringBuilder table =
        new StringBuilder(
            "%-28s %14s %10s %8s  %s%n"
                .formatted("variant", "records/s", "ns/record", "ratio", "against"));
    figures.forEach(
        (name, figure) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "%-28s %,14.0f %,10.0f %8s  %s%n",
                    name,
                    figure.recordsPerSecond(),
                    1e9 / figure.recordsPerSecond(),
                    ratio(figure).isPresent()
                        ? String.format(Locale.ROOT, "%.4f", ratio(figure).getAsDouble())
                        : "-",
                    figure.floor())));
    return table.toString();
  }

  /** One object: how long was measured, the machine's cores, and each figure by its name. */
  String json() {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    root.put("seconds", seconds);
    root.put("cores", Runtime.getRuntime().availableProcessors());
    ObjectNode all = root.putObject("figures");
    figures.forEach(
        (name, figure) -> {
          ObjectNode node = all.putObject(name);
          node.put("recordsPerSecond", Math.round(figure.recordsPerSecond()));
          node.put("nanosPerRecord", 1e9 / figure.recordsPerSecond());
          node.put("against", figure.floor());
          ratio(figure).ifPresent(ratio -> node.put("ratio", ratio));
        });
    return root.toPrettyString();
  }
}
