package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What docker-compose.yml says; nobody runs it here. */
final class ComposeFileTest {
  private static final Path ROOT = Path.of("../..");

  private final Object compose = read("docker-compose.yml");

  private static Object read(String file) {
    try {
      return new Load(LoadSettings.builder().build())
          .loadFromString(Files.readString(ROOT.resolve(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All texts in lists of this name, wherever they are. */
  private static List<String> listed(Object node, String name) {
    List<String> found = new ArrayList<>();
    if (node instanceof Map<?, ?> fields) {
      fields.forEach(
          (key, value) -> {
            if (key.equals(name) && value instanceof List<?> texts) {
              texts.forEach(text -> found.add(String.valueOf(text)));
            }
            found.addAll(listed(value, name));
          });
    }
    return found;
  }

  private static Object at(Object node, String... path) {
    Object value = node;
    for (String key : path) {
      value = Objects.requireNonNull(((Map<?, ?>) value).get(key), key);
    }
    return value;
  }

  @Test
  void mountsWhatIsThere() {
    List<String> files =
        listed(compose, "volumes").stream()
            .filter(volume -> volume.startsWith("./"))
            .map(volume -> volume.substring(0, volume.indexOf(':')))
            .toList();

    assertThat(files)
        .contains(
            "./docker/prometheus.yml", "./monitoring/alerts.yml", "./monitoring/dashboard.json")
        .allSatisfy(file -> assertThat(ROOT.resolve(file)).isRegularFile());
  }

  @Test
  void everyPortIsOfThisMachineAlone() {
    assertThat(listed(compose, "ports"))
        .hasSizeGreaterThan(3)
        .allMatch(port -> port.startsWith("127.0.0.1:"));
  }

  @Test
  void flinkExportsWherePrometheusLooks() {
    String options =
        at(compose, "services", "jobmanager", "environment", "FLINK_PROPERTIES").toString();

    assertThat(options)
        .contains(
            "metrics.reporter.prometheus.factory.class: org.apache.flink.metrics.prometheus.PrometheusReporterFactory\n",
            "metrics.reporter.prometheus.port: 9249\n",
            "metrics.reporter.prometheus.filterLabelValueCharacters: false\n");
    assertThat(at(compose, "services", "taskmanager", "environment"))
        .isEqualTo(at(compose, "services", "jobmanager", "environment"));
    assertThat(read("docker/prometheus.yml").toString())
        .contains("jobmanager:9249", "taskmanager:9249");
  }

  @Test
  void grafanaAsksThisPrometheusAndFindsTheDashboardWhereItIsMounted() {
    assertThat(read("docker/grafana/datasource.yml").toString())
        .contains("type=prometheus", "url=http://prometheus:9090", "isDefault=true");
    String folder = "/var/lib/grafana/dashboards";
    assertThat(read("docker/grafana/dashboards.yml").toString()).contains("path=" + folder);
    assertThat(listed(at(compose, "services", "grafana"), "volumes"))
        .contains("./monitoring/dashboard.json:" + folder + "/tidemill.json:ro")
        .anyMatch(volume -> volume.contains(":/etc/grafana/provisioning/datasources/"))
        .anyMatch(volume -> volume.contains(":/etc/grafana/provisioning/dashboards/"));
  }
}
