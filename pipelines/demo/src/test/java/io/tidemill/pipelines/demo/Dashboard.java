package io.tidemill.pipelines.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The dashboard that is shipped for Grafana. */
record Dashboard(JsonNode json) {
  private static final Path FILE = Path.of("..", "..", "monitoring", "dashboard.json");

  static Dashboard shipped() throws IOException {
    return new Dashboard(new ObjectMapper().readTree(FILE.toFile()));
  }

  List<JsonNode> panels() {
    return all(json.path("panels"));
  }

  /** What its panels ask, with variables at what they begin with. */
  List<String> expressions() {
    return expressions(panels());
  }

  /** What the panels of this title ask. */
  List<String> expressions(String title) {
    return expressions(
        panels().stream().filter(panel -> panel.path("title").asText().equals(title)).toList());
  }

  private static List<String> expressions(List<JsonNode> panels) {
    return panels.stream()
        .flatMap(panel -> all(panel.path("targets")).stream())
        .map(target -> target.path("expr").asText())
        .map(
            expression ->
                expression
                    .replace("$__rate_interval", "30s")
                    .replace("$job", ".+")
                    .replace("$price", "1.00"))
        .toList();
  }

  private static List<JsonNode> all(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }
}
