package io.tidemill.pipelines.cli;

import static java.util.stream.Collectors.joining;

import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.GateOutcome;
import io.tidemill.pipelines.nightly.ModelUse;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunChecks;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a report lists of runs. Immutable.
 *
 * @param runs by date and number
 * @param shown the newest that was published for each date
 */
record RunTables(List<RunAccount> runs, List<RunAccount> shown) {
  RunTables {
    runs = List.copyOf(runs);
    shown = List.copyOf(shown);
  }

  String html() {
    return models() + table();
  }

  /** Each version of each step, with the dates that it made. */
  private String models() {
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
                        .formatted(new HtmlText(gate.toString()), new HtmlText(named(gate)))
                    : "<span class='no'>✗ %s</span>".formatted(new HtmlText(gate.toString())))
        .collect(joining("<br/>"));
  }

  private static String named(GateOutcome gate) {
    String field = gate.field() == null ? "" : " " + gate.field();
    Double value = gate.psi() == null ? gate.shift() : gate.psi();
    return gate.gate() + field + (value == null ? "" : " " + DatePlot.shown(value));
  }

  /** What its gates said; nothing where there are none. */
  static List<GateOutcome> outcomes(RunAccount run) {
    RunChecks checks = run.checks();
    return checks == null ? List.of() : checks.gates();
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
    return "<td class='%s'>%s</td>".formatted(kind, new HtmlText(text));
  }
}
