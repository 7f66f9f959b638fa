package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.FieldSummary;
import io.tidemill.pipelines.nightly.GateOutcome;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunChecks;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What a report draws over the dates of runs. Immutable.
 *
 * @param shown the newest that was published for each date, with its counts
 * @param judged the newest for each date that gates have judged
 */
record RunCharts(List<RunAccount> shown, List<RunAccount> judged) {
  private static final int COLOURS = 6;
  private static final String OTHERS = "others";

  RunCharts {
    shown = List.copyOf(shown);
    judged = List.copyOf(judged);
  }

  String html() {
    StringBuilder charts = new StringBuilder(counts()).append(causes());
    charts.append(bars("Duration, seconds", RunAccount::seconds));
    charts.append(bars("Throughput, records per second", RunCharts::rate));
    predicted().forEach(field -> charts.append(distribution(field)));
    return charts.append(indices()).toString();
  }

  static Counts counts(RunAccount run) {
    return Objects.requireNonNull(run.counts());
  }

  static double rate(RunAccount run) {
    return run.seconds() > 0 ? counts(run).recordsIn() / run.seconds() : 0;
  }

  private static List<LocalDate> dates(List<RunAccount> shown) {
    return shown.stream().map(run -> LocalDate.parse(run.date())).toList();
  }

  private static String section(String title, String content) {
    return "<section><h2>%s</h2>\n%s</section>\n".formatted(new HtmlText(title), content);
  }

  private String bars(String title, ToDoubleFunction<RunAccount> value) {
    return stacked(title, List.of(title), run -> Map.of(title, value.applyAsDouble(run)));
  }

  private String counts() {
    return stacked(
        "Records",
        List.of("predictions", "dead letters"),
        run ->
            Map.of(
                "predictions", (double) counts(run).recordsOut(),
                "dead letters", (double) counts(run).allDeadLetters()));
  }

  private String causes() {
    Map<String, Long> sums = new TreeMap<>();
    shown.forEach(
        run ->
            counts(run)
                .deadLetters()
                .forEach((cause, count) -> sums.merge(cause, count, Long::sum)));
    if (sums.isEmpty()) {
      return section("Dead letters by cause", "<p>none</p>\n");
    }
    return stacked("Dead letters by cause", most(sums), run -> doubles(counts(run).deadLetters()));
  }

  /** The most frequent, as many as there are colours. */
  private static List<String> most(Map<String, Long> sums) {
    return sums.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(COLOURS)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Map<String, Double> doubles(Map<String, Long> counts) {
    Map<String, Double> doubles = new LinkedHashMap<>();
    counts.forEach((name, count) -> doubles.put(name, (double) count));
    return doubles;
  }

  /** Bars that stand on each other; what has no name of its own is on top. */
  private String stacked(
      String title, List<String> names, Function<RunAccount, Map<String, Double>> values) {
    double most =
        shown.stream()
            .map(values)
            .mapToDouble(of -> of.values().stream().mapToDouble(Double::doubleValue).sum())
            .max()
            .orElse(0);
    DatePlot plot = new DatePlot(title, dates(shown), 0, most * 1.05);
    boolean others = false;
    for (RunAccount run : shown) {
      Map<String, Double> left = new LinkedHashMap<>(values.apply(run));
      double height = 0;
      for (int i = 0; i <= names.size(); i++) {
        boolean last = i == names.size();
        double value =
            last
                ? left.values().stream().mapToDouble(Double::doubleValue).sum()
                : Objects.requireNonNullElse(left.remove(names.get(i)), 0.0);
        others |= last && value > 0;
        if (value > 0) {
          String name = last ? OTHERS : names.get(i);
          plot.bar(
              LocalDate.parse(run.date()),
              height,
              height + value,
              0.8,
              "c" + (last ? COLOURS : i),
              name + " " + DatePlot.shown(value));
          height += value;
        }
      }
    }
    return section(title, plot.svg() + (names.equals(List.of(title)) ? "" : key(names, others)));
  }

  private static String key(List<String> names, boolean others) {
    StringBuilder key = new StringBuilder("<div>");
    for (int i = 0; i <= names.size(); i++) {
      boolean last = i == names.size();
      if (!last || others) {
        key.append(
            "<span class='key'><svg viewBox='0 0 10 10'><rect class='c%d' width='10' height='10'/></svg>%s</span>"
                .formatted(last ? COLOURS : i, new HtmlText(last ? OTHERS : names.get(i))));
      }
    }
    return key.append("</div>\n").toString();
  }

  private static List<FieldSummary> fields(RunAccount run) {
    RunChecks checks = run.checks();
    return checks == null ? List.of() : checks.predictions();
  }

  private Set<String> predicted() {
    Set<String> names = new LinkedHashSet<>();
    shown.forEach(run -> fields(run).forEach(field -> names.add(field.field())));
    return names;
  }

  private static Stream<FieldSummary> field(RunAccount run, String name) {
    return fields(run).stream().filter(field -> field.field().equals(name));
  }

  private String distribution(String name) {
    Map<String, Long> texts = new TreeMap<>();
    shown.forEach(
        run ->
            field(run, name)
                .forEach(
                    field ->
                        field
                            .categories()
                            .forEach((text, count) -> texts.merge(text, count, Long::sum))));
    if (!texts.isEmpty()) {
      return stacked("Predictions: " + name + ", %", most(texts), run -> shares(run, name));
    }
    List<RunAccount> numbered =
        shown.stream()
            .filter(run -> field(run, name).anyMatch(field -> !field.quantiles().isEmpty()))
            .toList();
    String nulls = "<p>null or NaN: %s</p>\n".formatted(nulls(name));
    if (numbered.isEmpty()) {
      return section("Predictions: " + name, nulls);
    }
    List<Double> all =
        numbered.stream()
            .flatMap(run -> field(run, name))
            .flatMap(field -> field.quantiles().stream())
            .filter(value -> !value.isInfinite())
            .toList();
    double least = all.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = all.stream().mapToDouble(Double::doubleValue).max().orElse(1);
    double margin = Math.max((most - least) * 0.06, 1e-9);
    DatePlot plot = new DatePlot(name, dates(shown), least - margin, most + margin);
    for (RunAccount run : numbered) {
      LocalDate date = LocalDate.parse(run.date());
      field(run, name)
          .forEach(
              field -> {
                List<Double> at =
                    field.quantiles().stream()
                        .map(value -> Math.max(least, Math.min(most, value)))
                        .toList();
                plot.bar(
                        date,
                        at.get(0),
                        at.get(4),
                        0.7,
                        "faint",
                        "5 % to 95 %: " + range(field, 0, 4))
                    .bar(
                        date,
                        at.get(1),
                        at.get(3),
                        0.7,
                        "c0",
                        "25 % to 75 %: " + range(field, 1, 3))
                    .bar(
                        date,
                        at.get(2) - margin / 9,
                        at.get(2) + margin / 9,
                        0.9,
                        "median",
                        "median " + DatePlot.shown(field.quantiles().get(2)));
              });
    }
    return section(
        "Predictions: " + name,
        plot.svg() + "<p>median; strong: the middle half; faint: all but a tenth</p>\n" + nulls);
  }

  private static String range(FieldSummary field, int from, int to) {
    return "%s to %s"
        .formatted(
            DatePlot.shown(field.quantiles().get(from)), DatePlot.shown(field.quantiles().get(to)));
  }

  private String nulls(String name) {
    long records =
        shown.stream().flatMap(run -> field(run, name)).mapToLong(FieldSummary::records).sum();
    long missing =
        shown.stream().flatMap(run -> field(run, name)).mapToLong(FieldSummary::missing).sum();
    return String.format(Locale.ROOT, "%,d of %,d", missing, records);
  }

  /** In percent of all records. */
  private static Map<String, Double> shares(RunAccount run, String name) {
    Map<String, Double> shares = new LinkedHashMap<>();
    field(run, name)
        .forEach(
            field ->
                field
                    .categories()
                    .forEach((text, count) -> shares.put(text, 100.0 * count / field.records())));
    return shares;
  }

  /** The stability indices of each field, also of runs that were held. */
  private String indices() {
    Set<String> names = new LinkedHashSet<>();
    judged.forEach(
        run ->
            RunTables.outcomes(run)
                .forEach(
                    gate -> {
                      if (gate.psi() != null && gate.field() != null) {
                        names.add(gate.field());
                      }
                    }));
    StringBuilder sections = new StringBuilder();
    for (String name : names) {
      List<RunAccount> with =
          judged.stream()
              .filter(run -> RunTables.outcomes(run).stream().anyMatch(gate -> isOf(gate, name)))
              .toList();
      double most =
          with.stream()
              .flatMap(run -> RunTables.outcomes(run).stream())
              .filter(gate -> isOf(gate, name))
              .mapToDouble(gate -> Objects.requireNonNull(gate.psi()))
              .max()
              .orElse(1);
      DatePlot plot = new DatePlot("psi of " + name, dates(judged), 0, Math.max(0.3, most * 1.05));
      for (RunAccount run : with) {
        RunTables.outcomes(run).stream()
            .filter(gate -> isOf(gate, name))
            .forEach(
                gate ->
                    plot.bar(
                        LocalDate.parse(run.date()),
                        0,
                        Objects.requireNonNull(gate.psi()),
                        0.8,
                        gate.passed() ? "c0" : "bad",
                        gate.toString()));
      }
      sections.append(section("Shift of " + name + " against the date before, psi", plot.svg()));
    }
    return sections.toString();
  }

  private static boolean isOf(GateOutcome gate, String field) {
    return gate.psi() != null && field.equals(gate.field());
  }
}
