package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The dashboard against Grafana's own types: its schema is made of those in the package {@code
 * @grafana/schema} 13.2.3 (dashboard, panels 'timeseries', 'stat' and 'table'), each of them closed.
 */
final class DashboardTest {
  private static final int COLUMNS = 24;

  private final Dashboard dashboard = read();

  private static Dashboard read() {
    try {
      return Dashboard.shipped();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> problems(JsonNode json) throws IOException {
    try (InputStream schema =
        Objects.requireNonNull(
            DashboardTest.class.getResourceAsStream("grafana-dashboard.schema.json"))) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
          .getSchema(new String(schema.readAllBytes(), StandardCharsets.UTF_8))
          .validate(json.toString(), InputFormat.JSON)
          .stream()
          .map(Error::toString)
          .toList();
    }
  }

  @Test
  void hasOnlyWhatGrafanaKnows() throws IOException {
    assertThat(problems(dashboard.json())).isEmpty();
  }

  @Test
  void aFieldThatGrafanaDoesNotKnowIsFound() throws IOException {
    JsonNode json = dashboard.json().deepCopy();
    ((ObjectNode) json.at("/panels/0/options/reduceOptions")).put("calc", "last");

    assertThat(problems(json)).isNotEmpty();
  }

  @Test
  void everyPanelHasAPlaceOfItsOwnAndSaysWhatItShows() {
    Set<String> taken = new HashSet<>();
    Set<String> ids = new HashSet<>();
    for (JsonNode panel : dashboard.panels()) {
      String title = panel.path("title").asText();
      assertThat(title).isNotEmpty();
      assertThat(panel.path("description").asText()).as(title).isNotEmpty();
      assertThat(ids.add(panel.path("id").asText())).as(title).isTrue();
      JsonNode place = panel.path("gridPos");
      for (int x = 0; x < place.path("w").asInt(); x++) {
        for (int y = 0; y < place.path("h").asInt(); y++) {
          int column = place.path("x").asInt() + x;
          assertThat(column).as(title).isLessThan(COLUMNS);
          assertThat(taken.add(column + "/" + (place.path("y").asInt() + y))).as(title).isTrue();
        }
      }
    }
  }

  /** With the median and the 99th percentile, as the quantiles that are asked for. */
  @Test
  void asksForNothingThatThePageOfScaleDrops() throws IOException {
    Path root = Path.of("..", "..");
    String page = Files.readString(root.resolve("docs/scale.md"));
    String asked =
        String.join("\n", dashboard.expressions())
            + Files.readString(root.resolve("monitoring/alerts.yml"));
    Matcher rule =
        Pattern.compile("source_labels: \\[(__name__(?:, quantile)?)], regex: '([^']*)'")
            .matcher(page);
    int rules = 0;
    while (rule.find()) {
      rules++;
      boolean ofQuantiles = rule.group(1).contains("quantile");
      Matcher metric =
          Pattern.compile("(flink_\\w+)(?:\\{[^}]*?(?:quantile=\"([^\"]*)\")?})?").matcher(asked);
      while (metric.find()) {
        String sample = metric.group(1) + (ofQuantiles ? ";" + metric.group(2) : "");
        assertThat(sample).doesNotMatch("(?s)" + rule.group(2));
      }
    }

    assertThat(rules).isEqualTo(2);
    assertThat(asked).contains("_queueWaitMicros{", "quantile=\"0.99\"");
  }

  /** No job on a GPU is scraped by any test, so that a name that is not there would stay. */
  @Test
  void asksOfGpusWhatStepsOnThemRegister() throws IOException {
    Path root = Path.of("..", "..");
    String page = Files.readString(root.resolve("docs/metrics.md"));
    String asked =
        String.join("\n", dashboard.expressions())
            + Files.readString(root.resolve("monitoring/alerts.yml"))
            + page.substring(page.indexOf("## Questions"));

    assertThat(Pattern.compile("_(gpu_\\w+)").matcher(asked).results().map(name -> name.group(1)))
        .hasSizeGreaterThan(9)
        .allMatch(name -> page.contains("| `" + name + "` |"));
  }

  @Test
  void asksTheSourceAndTheJobsThatItsReaderChooses() {
    assertThat(dashboard.json().findValuesAsText("uid")).containsOnly("tidemill", "${datasource}");
    for (JsonNode panel : dashboard.panels()) {
      assertThat(panel.path("targets").findValuesAsText("expr"))
          .as(panel.path("title").asText())
          .isNotEmpty()
          .allMatch(expression -> expression.contains("{job_name=~\"$job\""));
    }
  }
}
