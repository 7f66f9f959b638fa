package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.nightly.Counts;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunState;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The runs of a job as one page that asks for nothing else. Immutable.
 *
 * @param runs by date and number, at least one
 * @param damaged what is said of each account that cannot be read
 */
record RunsReport(
    String job, String place, List<RunAccount> runs, List<String> damaged, Instant now) {
  RunsReport {
    damaged = List.copyOf(damaged);
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
            .formatted(new HtmlText(job), style(), new HtmlText(place), now));
    damaged.forEach(
        account -> page.append("<p class='no'>damaged: %s</p>\n".formatted(new HtmlText(account))));
    if (!shown.isEmpty()) {
      List<RunAccount> judged = newestByDate(run -> !RunTables.outcomes(run).isEmpty());
      page.append("<div class='tiles'>")
          .append(tiles(shown))
          .append("</div>\n<div class='charts'>\n")
          .append(new RunCharts(shown, judged).html())
          .append("</div>\n");
    }
    return page.append(new RunTables(runs, shown).html()).append("</body>\n</html>\n").toString();
  }

  private static String style() {
    try (InputStream css =
        requireNonNull(RunsReport.class.getResourceAsStream("report.css"), "report.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    Counts counts = RunCharts.counts(last);
    return tile("last published", last.date())
        + tile("predictions", "%,d".formatted(counts.recordsOut()))
        + tile("dead letters", "%,d".formatted(counts.allDeadLetters()))
        + tile("seconds", DatePlot.shown(last.seconds()))
        + tile("records per second", DatePlot.shown(RunCharts.rate(last)))
        + tile("dates shown", String.valueOf(shown.size()));
  }

  private static String tile(String name, String value) {
    return "<div class='tile'><b>%s</b><span>%s</span></div>".formatted(new HtmlText(value), name);
  }
}
