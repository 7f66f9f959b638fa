package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The page of a job's runs, read by a parser that takes nothing which is not closed or escaped. */
class RunsReportCommandTest {
  private static final String EVIL = "<script>alert('x')</script> & \\\"\\u0001";

  @TempDir private Path directory;

  @BeforeEach
  void writeAJob() throws IOException {
    Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: nightly-fraud
        mode: batch
        source: { connector: filesystem, path: 'in/dt={{ ds }}', format: json, columns: { a: DOUBLE } }
        steps:
          - { id: score, model: 'fraud:1.0.0', input: { x: a }, output: { y: z }, resources: { device: cpu } }
        sink: { connector: filesystem, path: 'out/dt={{ ds }}', format: json }
        """);
  }

  private void account(String date, int run, String state, String more) throws IOException {
    Path runs = Files.createDirectories(directory.resolve("out/_tidemill/dt=" + date + "/runs"));
    Files.writeString(
        runs.resolve("%08d-abc%d.json".formatted(run, run)),
        """
        { "run": %d, "id": "abc%d", "job": "nightly-fraud", "date": "%s", "state": "%s", "why": "%s",
          "owner": { "host": "h", "process": 1, "started": "", "numbering": "" }, "beat": 1,
          "started": "2026-11-22T01:00:00Z", "finished": "2026-11-22T01:00:08Z", "seconds": 8.0,
          "target": "out/dt=%s", "inputFiles": 1, "inputBytes": 5, "digest": "", "versions": {},
          "models": [ { "step": "score", "model": "fraud:1.0.%d", "digest": "sha256:ab" } ], %s }
        """
            .formatted(run, run, date, state, EVIL, date, run, more));
  }

  private static String counts(long in, long dead) {
    return "\"counts\": { \"recordsIn\": %d, \"recordsOut\": %d, \"deadLetters\": { \"%s\": %d } }"
        .formatted(in, in - dead, EVIL, dead);
  }

  private static String checks(double median, double psi) {
    return """
        , "checks": { "predictions": [
            { "field": "z", "records": 8, "missing": 1, "quantiles": [0.1, 0.2, %s, 0.8, "Infinity"], "categories": {} },
            { "field": "label", "records": 8, "missing": 0, "quantiles": [], "categories": { "%s": 6, "b": 2 } } ],
          "gates": [ { "gate": "psi", "field": "z", "passed": %s, "found": "%s", "limit": "gates.psi: 0.2", "psi": %s } ] }
        """
        .formatted(median, EVIL, psi <= 0.2, EVIL, psi);
  }

  private CommandRun report(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "runs",
                "report",
                directory.resolve("job.yaml").toString(),
                "-f",
                directory.resolve("report.html").toString()));
    words.addAll(List.of(more));
    return CommandRun.of(Map.of(), words.toArray(String[]::new));
  }

  private Document page() throws Exception {
    DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
    parsers.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    return parsers.newDocumentBuilder().parse(directory.resolve("report.html").toFile());
  }

  private static List<String> texts(Document page, String tag) {
    NodeList found = page.getElementsByTagName(tag);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent());
    }
    return texts;
  }

  @Test
  void showsWhatRanAndEscapesAllOfIt() throws Exception {
    account("2026-11-20", 1, "published", counts(10, 2) + checks(0.4, 0.01));
    account("2026-11-23", 1, "published", counts(2_000_000, 1) + checks(0.5, 0.1));
    account("2026-11-23", 2, "held", counts(9, 1) + checks(0.7, 0.5));
    account("2026-11-24", 1, "failed", "\"message\": \"no room\"");

    assertThat(report().out()).endsWith("report.html   4 runs for 3 dates\n");

    Document page = page();
    assertThat(texts(page, "h1")).containsExactly("nightly-fraud");
    assertThat(texts(page, "script")).isEmpty();
    assertThat(texts(page, "h2"))
        .containsExactly(
            "Records",
            "Dead letters by cause",
            "Duration, seconds",
            "Throughput, records per second",
            "Predictions: z",
            "Predictions: label, %",
            "Shift of z against the date before, psi",
            "Models",
            "Runs");
    assertThat(texts(page, "title"))
        .contains(
            "2026-11-20: predictions 8",
            "2026-11-23: predictions 2M",
            "2026-11-20: <script>alert('x')</script> & \"\ufffd 2",
            "2026-11-23: median 0.5",
            "2026-11-20: b 25");
    assertThat(texts(page, "span"))
        .as("names of the one cause, and of a label")
        .filteredOn(text -> text.equals("<script>alert('x')</script> & \"\ufffd"))
        .hasSize(2);
    assertThat(texts(page, "td"))
        .contains("2,000,000", "fraud:1.0.2", "no room", "held", "✓ psi z 0.01")
        .anyMatch(cell -> cell.startsWith("✗ psi of 'z': <script>"));
    assertThat(Files.readString(directory.resolve("report.html")))
        .doesNotContain("<script", "NaN'", "Infinity'")
        .doesNotContainPattern("(?:src|href|url|@import)\\s*[=(]");
    NodeList bars = page.getElementsByTagName("rect");
    for (int i = 0; i < bars.getLength(); i++) {
      assertThat(((Element) bars.item(i)).getAttribute("height")).matches("\\d+(\\.\\d+)?");
    }
  }

  /** A script of the test looks at it there, in a copy of the page that lets it run. */
  @ParameterizedTest
  @ValueSource(ints = {1280, 420})
  void isDrawnWholeByABrowserThatIsAskedForNothing(int width) throws Exception {
    Optional<Browser> browser = Browser.find();
    assumeTrue(
        browser.isPresent(),
        "no 'chromium-headless-shell' or 'chromium' on the PATH (Debian: apt-get install chromium-headless-shell)");
    for (int day = 1; day <= 30; day++) {
      long dead = day % 4 == 0 ? 1 : 300L * day;
      account(
          "2026-11-%02d".formatted(day),
          1,
          day % 11 == 0 ? "held" : "published",
          counts(1_900_000 + 9_000L * day, dead)
              + checks(0.3 + day % 5 * 0.05, day % 7 == 0 ? 0.4 : 0.01 + 0.005 * day));
    }
    report();
    Path page = directory.resolve("report.html");
    String look =
        new String(
            requireNonNull(getClass().getResourceAsStream("look.js"), "look.js").readAllBytes(),
            StandardCharsets.UTF_8);
    Path looked = directory.resolve("looked.html");
    Files.writeString(
        looked,
        Files.readString(page)
            .replace("style-src", "script-src 'unsafe-inline'; style-src")
            .replace("<style>", "<script>" + look + "</script>\n<style>"));

    String dom = browser.orElseThrow().dom(looked, width);

    assertThat(dom).containsPattern("<body data-marks=\"\\d{3,}\" data-wrong=\"\">");
    browser.orElseThrow().draw(page, width, Path.of("target/report-%d.png".formatted(width)));
    assertThat(Path.of("target/report-%d.png".formatted(width))).isNotEmptyFile();
  }

  @Test
  void showsTheNewestDatesAndThoseWithoutFigures() throws Exception {
    account("2026-11-19", 1, "published", counts(10, 2));
    account("2026-11-20", 1, "failed", "\"message\": \"no room\"");

    assertThat(report("--last", "1").out()).endsWith("report.html   1 runs for 1 dates\n");
    assertThat(texts(page(), "h2")).containsExactly("Runs");
    assertThat(report("--last", "2").out()).endsWith("report.html   2 runs for 2 dates\n");
    assertThat(texts(page(), "h2")).contains("Records", "Dead letters by cause");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{ \"run\": 1", "{}", "{ \"state\": \"queued\" }"})
  void tellsOfADamagedAccountAndShowsTheOthers(String damaged) throws Exception {
    account("2026-11-20", 1, "published", counts(10, 2));
    account("2026-11-21", 1, "published", counts(10, 2));
    account("2026-11-21", 2, "failed", "\"message\": \"no room\"");
    String file = "out/_tidemill/dt=2026-11-21/runs/00000002-abc2.json";
    Files.writeString(directory.resolve(file), damaged);

    CommandRun report = report();

    assertThat(report.out()).endsWith("report.html   2 runs for 2 dates\n");
    assertThat(report.err()).contains("damaged: '", file + "': no account of a run: ");
    assertThat(texts(page(), "p")).anyMatch(text -> text.contains(file));
    String job = directory.resolve("job.yaml").toString();
    CommandRun list = CommandRun.of(Map.of(), "runs", "ls", job, "-o", "json");
    assertThat(list.out()).contains("2026-11-20", "2026-11-21");
    assertThat(list.err()).contains("damaged: '", file);
    assertThat(CommandRun.of(Map.of(), "runs", "show", job, "--date", "2026-11-21").out())
        .contains("1 of job 'nightly-fraud' for");
  }

  @Test
  void refusesWhatItCannotShow() throws Exception {
    assertThat(report().err())
        .contains("no runs in ")
        .contains("(expected: those of 'tidemill run ");
    account("2026-11-20", 1, "failed", "\"message\": \"no room\"");
    assertThat(report("--last", "0").err()).contains("--last: 0 (expected: >= 1)");
    assertThat(
            CommandRun.of(
                    Map.of(),
                    "runs",
                    "report",
                    directory.resolve("job.yaml").toString(),
                    "-f",
                    directory.resolve("none/report.html").toString())
                .err())
        .contains("report.html' cannot be written: ");
  }
}
