package io.tidemill.pipelines.cli;

import static java.util.stream.Collectors.joining;

import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.FieldSummary;
import io.tidemill.pipelines.nightly.GateOutcome;
import io.tidemill.pipelines.nightly.ModelUse;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunChecks;
import io.tidemill.pipelines.nightly.RunState;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The runs of a job as one page that asks for nothing else. Immutable.
 *
 * @param runs by date and number, at least one
 */
record RunsReport(String job, String place, List<RunAccount> runs, Instant now) {
  private static final int COLOURS = 6;
  private static final String OTHERS = "others";
  private static final String STYLE =
      """
      :root { --back: #fcfcfb; --card: #fff; --ink: #1d1d1b; --soft: #686763; --line: #e4e3df;
        --c0: #2a78d6; --c1: #eb6834; --c2: #1baf7a; --c3: #eda100; --c4: #e87ba4; --c5: #008300; --c6: #9b9a95;
        --bad: #c22f2f; --good: #1c7f3f; color-scheme: light dark; }
      @media (prefers-color-scheme: dark) { :root { --back: #1a1a19; --card: #232322; --ink: #f0efec;
        --soft: #a5a49e; --line: #3a3a37; --c0: #3987e5; --c1: #d95926; --c2: #199e70; --c3: #c98500;
        --c4: #d55181; --c5: #3fa13f; --c6: #7b7a75; --bad: #f07a7a; --good: #5fc486; } }
      body { margin: 0 auto; padding: 24px 16px 48px; max-width: 1120px; background: var(--back);
        color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
      h1 { margin: 0; font-size: 24px; } h2 { margin: 0 0 6px; font-size: 15px; }
      p { margin: 4px 0; color: var(--soft); overflow-wrap: anywhere; }
      .tiles, .charts { display: grid; gap: 12px; margin: 16px 0; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); }
      .charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
      .tile, section { padding: 12px 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); min-width: 0; }
      .tile b { display: block; font-size: 22px; } .tile span { color: var(--soft); }
      svg { display: block; width: 100%; height: auto; } .tick { fill: var(--soft); font-size: 12px; }
      .grid { stroke: var(--line); } .axis { stroke: var(--soft); }
      .c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); }
      .c4 { fill: var(--c4); } .c5 { fill: var(--c5); } .c6 { fill: var(--c6); } .bad { fill: var(--bad); }
      .faint { fill: var(--c0); opacity: .3; } .median { fill: var(--ink); }
      .key { display: inline-flex; align-items: center; gap: 5px; margin-right: 12px; color: var(--soft); font-size: 13px; }
      .key svg { width: 10px; height: 10px; }
      .wide { overflow-x: auto; margin: 12px 0; } table { border-collapse: collapse; width: 100%; font-size: 13px; }
      th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
      th { color: var(--soft); font-weight: 600; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
      td { overflow-wrap: break-word; } .date, .state { white-space: nowrap; } .no { color: var(--bad); } .yes { color: var(--good); }
      """;

  RunsReport {
    runs = List.copyOf(runs);
  }

  /** The whole page, which is well-formed XML too. */
  String html() {
    List<RunAccount> shown = newestByDate(this::isPublished);
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
        <title>%1$s: runs</title>
        <style>
        %2$s</style>
        </head>
        <body>
        <h1>%1$s</h1>
        <p>Runs for dates in %3$s; written by tidemill at %4$s</p>
        """
            .formatted(escaped(job), STYLE, escaped(place), now));
    if (!shown.isEmpty()) {
      page.append("<div class='tiles'>")
          .append(tiles(shown))
          .append("</div>\n<div class='charts'>\n");
      page.append(counts(shown)).append(causes(shown));
      page.append(bars("Duration, seconds", shown, RunAccount::seconds));
      page.append(bars("Throughput, records per second", shown, RunsReport::rate));
      predicted(shown).forEach(field -> page.append(distribution(field, shown)));
      page.append(indices(newestByDate(run -> !outcomes(run).isEmpty()))).append("</div>\n");
    }
    return page.append(models(shown)).append(table()).append("</body>\n</html>\n").toString();
  }

  private boolean isPublished(RunAccount run) {
    return run.state() == RunState.PUBLISHED && run.counts() != null;
  }

  private List<RunAccount> newestByDate(Predicate<RunAccount> wanted) {
    Map<String, RunAccount> newest = new TreeMap<>();
    runs.stream().filter(wanted).forEach(run -> newest.put(run.date(), run));
    return List.copyOf(newest.values());
  }

  private static String tiles(List<RunAccount> shown) {
    RunAccount last = shown.get(shown.size() - 1);
    Counts counts = counts(last);
    return tile("last published", last.date())
        + tile("predictions", "%,d".formatted(counts.recordsOut()))
        + tile("dead letters", "%,d".formatted(counts.allDeadLetters()))
        + tile("seconds", DatePlot.shown(last.seconds()))
        + tile("records per second", DatePlot.shown(rate(last)))
        + tile("dates shown", String.valueOf(shown.size()));
  }

  private static String tile(String name, String value) {
    return "<div class='tile'><b>%s</b><span>%s</span></div>".formatted(escaped(value), name);
  }

  private static Counts counts(RunAccount run) {
    return Objects.requireNonNull(run.counts());
  }

  private static double rate(RunAccount run) {
    return run.seconds() > 0 ? counts(run).recordsIn() / run.seconds() : 0;
  }

  private static List<LocalDate> dates(List<RunAccount> shown) {
    return shown.stream().map(run -> LocalDate.parse(run.date())).toList();
  }

  private static String section(String title, String content) {
    return "<section><h2>%s</h2>\n%s</section>\n".formatted(escaped(title), content);
  }

  private static String bars(
      String title, List<RunAccount> shown, ToDoubleFunction<RunAccount> value) {
    return stacked(title, shown, List.of(title), run -> Map.of(title, value.applyAsDouble(run)));
  }

  private static String counts(List<RunAccount> shown) {
    return stacked(
        "Records",
        shown,
        List.of("predictions", "dead letters"),
        run ->
            Map.of(
                "predictions", (double) counts(run).recordsOut(),
                "dead letters", (double) counts(run).allDeadLetters()));
  }

  private static String causes(List<RunAccount> shown) {
    Map<String, Long> sums = new TreeMap<>();
    shown.forEach(
        run ->
            counts(run)
                .deadLetters()
                .forEach((cause, count) -> sums.merge(cause, count, Long::sum)));
    if (sums.isEmpty()) {
      return section("Dead letters by cause", "<p>none</p>\n");
    }
    return stacked(
        "Dead letters by cause", shown, most(sums), run -> doubles(counts(run).deadLetters()));
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
  private static String stacked(
      String title,
      List<RunAccount> shown,
      List<String> names,
      Function<RunAccount, Map<String, Double>> values) {
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
    return section(title, plot.svg() + (names.size() > 1 || others ? key(names, others) : ""));
  }

  private static String key(List<String> names, boolean others) {
    StringBuilder key = new StringBuilder("<div>");
    for (int i = 0; i <= names.size(); i++) {
      boolean last = i == names.size();
      if (!last || others) {
        key.append(
            "<span class='key'><svg viewBox='0 0 10 10'><rect class='c%d' width='10' height='10'/></svg>%s</span>"
                .formatted(last ? COLOURS : i, escaped(last ? OTHERS : names.get(i))));
      }
    }
    return key.append("</div>\n").toString();
  }

  private static List<FieldSummary> fields(RunAccount run) {
    RunChecks checks = run.checks();
    return checks == null ? List.of() : checks.predictions();
  }

  private static Set<String> predicted(List<RunAccount> shown) {
    Set<String> names = new LinkedHashSet<>();
    shown.forEach(run -> fields(run).forEach(field -> names.add(field.field())));
    return names;
  }

  private static Stream<FieldSummary> field(RunAccount run, String name) {
    return fields(run).stream().filter(field -> field.field().equals(name));
  }

  private static String distribution(String name, List<RunAccount> shown) {
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
      return stacked("Predictions: " + name + ", %", shown, most(texts), run -> shares(run, name));
    }
    List<RunAccount> numbered =
        shown.stream()
            .filter(run -> field(run, name).anyMatch(field -> !field.quantiles().isEmpty()))
            .toList();
    String nulls = "<p>null or NaN: %s</p>\n".formatted(nulls(name, shown));
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

  private static String nulls(String name, List<RunAccount> shown) {
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

  private static List<GateOutcome> outcomes(RunAccount run) {
    RunChecks checks = run.checks();
    return checks == null ? List.of() : checks.gates();
  }

  /** The stability indices of each field, also of runs that were held. */
  private static String indices(List<RunAccount> judged) {
    Set<String> names = new LinkedHashSet<>();
    judged.forEach(
        run ->
            outcomes(run)
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
              .filter(run -> outcomes(run).stream().anyMatch(gate -> isOf(gate, name)))
              .toList();
      double most =
          with.stream()
              .flatMap(run -> outcomes(run).stream())
              .filter(gate -> isOf(gate, name))
              .mapToDouble(gate -> Objects.requireNonNull(gate.psi()))
              .max()
              .orElse(1);
      DatePlot plot = new DatePlot("psi of " + name, dates(judged), 0, Math.max(0.3, most * 1.05));
      for (RunAccount run : with) {
        outcomes(run).stream()
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

  /** Each version of each step, with the dates that it made. */
  private static String models(List<RunAccount> shown) {
    Map<ModelUse, List<String>> dates = new LinkedHashMap<>();
    for (RunAccount run : shown) {
      run.models()
          .forEach(
              model -> dates.computeIfAbsent(model, first -> new ArrayList<>()).add(run.date()));
    }
    if (dates.isEmpty()) {
      return "";
    }
    String rows =
        dates.entrySet().stream()
            .map(
                entry -> {
                  List<String> of = entry.getValue();
                  return row(
                      cell("", entry.getKey().step()),
                      cell("", entry.getKey().model()),
                      cell("date", of.get(0)),
                      cell("date", of.get(of.size() - 1)),
                      cell("n", String.valueOf(of.size())),
                      cell("", entry.getKey().digest()));
                })
            .collect(joining());
    return wide("Models", "Step|Model|First date|Last date|#Dates|Digest", rows);
  }

  private String table() {
    List<RunAccount> newestFirst = new ArrayList<>(runs);
    Collections.reverse(newestFirst);
    String rows =
        newestFirst.stream()
            .map(
                run -> {
                  Counts counts = run.counts();
                  String state = RunsListCommand.state(run);
                  return row(
                      cell("date", run.date()),
                      cell("n", String.valueOf(run.run())),
                      cell(state.equals("published") ? "state" : "state no", state),
                      cell("n", counts == null ? "" : "%,d".formatted(counts.recordsIn())),
                      cell("n", counts == null ? "" : "%,d".formatted(counts.recordsOut())),
                      cell("n", counts == null ? "" : "%,d".formatted(counts.allDeadLetters())),
                      cell("n", String.format(Locale.ROOT, "%.1f", run.seconds())),
                      cell("", run.models().stream().map(ModelUse::model).collect(joining(", "))),
                      "<td>" + gates(run) + "</td>",
                      cell("", RunsListCommand.why(run)));
                })
            .collect(joining());
    return wide("Runs", "Date|#Run|State|#In|#Out|#Dead letters|#Seconds|Models|Gates|Why", rows);
  }

  /** All that a gate says where it let nothing through; else, where a mouse rests. */
  private static String gates(RunAccount run) {
    return outcomes(run).stream()
        .map(
            gate ->
                gate.passed()
                    ? "<span class='yes' title='%s'>✓ %s</span>"
                        .formatted(escaped(gate.toString()), escaped(named(gate)))
                    : "<span class='no'>✗ %s</span>".formatted(escaped(gate.toString())))
        .collect(joining("<br/>"));
  }

  private static String named(GateOutcome gate) {
    String field = gate.field() == null ? "" : " " + gate.field();
    Double psi = gate.psi();
    return gate.gate() + field + (psi == null ? "" : " " + DatePlot.shown(psi));
  }

  private static String wide(String title, String heading, String rows) {
    String head =
        Stream.of(heading.split("\\|"))
            .map(
                name ->
                    name.startsWith("#")
                        ? "<th class='n'>" + name.substring(1) + "</th>"
                        : "<th>" + name + "</th>")
            .collect(joining());
    return "<section class='wide'><h2>%s</h2>\n<table><thead><tr>%s</tr></thead><tbody>\n%s</tbody></table></section>\n"
        .formatted(title, head, rows);
  }

  private static String row(String... cells) {
    return "<tr>" + String.join("", cells) + "</tr>\n";
  }

  private static String cell(String kind, String text) {
    return "<td class='%s'>%s</td>".formatted(kind, escaped(text));
  }

  /** Text that is none of the page's own. */
  static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            letter -> {
              switch (letter) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> {
                  boolean none =
                      (letter < ' ' && letter != '\n' && letter != '\t')
                          || Character.getType(letter) == Character.SURROGATE
                          || letter == 0xfffe
                          || letter == 0xffff;
                  escaped.appendCodePoint(none ? 0xfffd : letter);
                }
              }
            });
    return escaped.toString();
  }
}
