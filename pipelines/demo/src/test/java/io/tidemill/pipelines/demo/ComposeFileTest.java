package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.tidemill.pipelines.cli.ComposeFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What docker-compose.yml says, by the schema of the Compose Specification and by rules of our own;
 * nobody runs it here.
 */
final class ComposeFileTest {
  private static final Path ROOT = Path.of("../..");

  /** With a tag that has a number. */
  private static final String FIXED =
      "([\\w.-]+(:\\d+)?/)?[\\w./-]+:[\\w.-]*\\d[\\w.-]*(@sha256:\\w+)?";

  private final ComposeFile file;
  private final Object compose;

  ComposeFileTest() throws IOException {
    file = new ComposeFile();
    compose = file.content();
  }

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

  /** As the schema says it, where a field that there is not is an error. */
  private static List<Error> problems(String composition) throws IOException {
    try (InputStream schema =
        Objects.requireNonNull(ComposeFileTest.class.getResourceAsStream("compose-spec.json"))) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
          .getSchema(
              new String(schema.readAllBytes(), StandardCharsets.UTF_8)
                  // An id is absolute, and a dialect's name is not https, for who reads it here.
                  .replace("compose_spec.json", "https://compose-spec.io/compose_spec.json")
                  .replace("https://json-schema.org/draft-07", "http://json-schema.org/draft-07"))
          .validate(composition, InputFormat.JSON);
    }
  }

  private static String json(Object content) throws IOException {
    return new ObjectMapper().writeValueAsString(content);
  }

  @Test
  void isAsTheSpecificationWantsIt() throws IOException {
    assertThat(problems(json(compose))).isEmpty();
    assertThat(problems(json(read("docker-compose.gpu.yml")))).isEmpty();
    assertThat(problems(json(compose).replace("\"mem_limit\"", "\"memory-limit\""))).isNotEmpty();
  }

  @Test
  void everyServiceIsConfinedWatchedAndOfAFixedImage() {
    file.services()
        .forEach(
            (name, service) -> {
              assertThat(service.get("cap_drop")).as(name).isEqualTo(List.of("ALL"));
              assertThat(listed(service, "security_opt"))
                  .as(name)
                  .contains("no-new-privileges:true");
              assertThat(service.get("mem_limit")).as(name).asString().matches("\\d+[mg]");
              assertThat(service.get("image")).as(name).asString().matches(FIXED);
              assertThat(service.keySet().contains("privileged")).as(name).isFalse();
              Object health = service.get("healthcheck");
              assertThat(health).as(name).isInstanceOf(Map.class);
              // What ends by itself is waited for, and has no health.
              boolean ends = Set.of("topics", "model", "lake-model").contains(name);
              assertThat(((Map<?, ?>) Objects.requireNonNull(health)).containsKey("disable"))
                  .as(name)
                  .isEqualTo(ends);
              // 'on-failure' starts nothing when the machine is started again; the other begins a
              // JobManager again and again whose job was cancelled.
              assertThat(service.get("restart"))
                  .as(name)
                  .isEqualTo(ends || name.equals("jobmanager") ? "on-failure" : "unless-stopped");
            });
  }

  @Test
  void anImageIsFixedByItsVersionOrByItsDigestInAnyRegistry() {
    assertThat(List.of("zookeeper:3.8.4", "r.example:5000/a/b:v3", "a/b:1@sha256:0af1"))
        .allMatch(image -> image.matches(FIXED));
    assertThat(List.of("zookeeper", "a/b:latest", "r.example:5000/a/b"))
        .noneMatch(image -> image.matches(FIXED));
  }

  @Test
  void whatAServiceWaitsForComesToBe() {
    file.services()
        .forEach(
            (name, service) -> {
              if (service.get("depends_on") instanceof Map<?, ?> others) {
                others.forEach(
                    (other, how) -> {
                      Map<?, ?> awaited = file.service(String.valueOf(other));
                      boolean ends = at(awaited, "healthcheck").toString().contains("disable");
                      assertThat(at(how, "condition"))
                          .as("%s of %s", other, name)
                          .isEqualTo(ends ? "service_completed_successfully" : "service_healthy");
                    });
              }
            });
  }

  /** But for places, and that Flink's image takes blanks out of values. */
  @Test
  void itsClusterHasTheSettingsWithWhichProcessesAreKilled() {
    Map<String, String> options = file.flinkOptions("jobmanager");

    assertThat(Site.CONFIGURATION.lines())
        .hasSizeGreaterThan(8)
        .allSatisfy(
            line -> {
              String[] option = line.split(": ", 2);
              assertThat(options).containsKey(option[0]);
              if (!option[1].contains("%")) {
                assertThat(options).containsEntry(option[0], option[1].replace(" ", ""));
              }
            });
  }

  /** As Flink's scripts compute it before they start a JVM: what does not add up starts none. */
  @Test
  void itsProcessesHaveMemoryThatAddsUpAndFitsTheirContainers() {
    TaskExecutorProcessSpec tasks =
        TaskExecutorProcessUtils.processSpecFromConfig(
            Configuration.fromMap(file.flinkOptions("taskmanager")));
    JobManagerProcessSpec jobs =
        JobManagerProcessUtils.processSpecFromConfig(
            Configuration.fromMap(file.flinkOptions("jobmanager")));

    assertThat(tasks.getTaskHeapSize()).isGreaterThan(MemorySize.ofMebiBytes(512));
    assertThat(tasks.getTaskOffHeapSize()).isGreaterThan(MemorySize.ofMebiBytes(512));
    assertThat(tasks.getTotalProcessMemorySize()).isLessThan(limit("taskmanager"));
    assertThat(jobs.getJvmHeapMemorySize()).isGreaterThan(MemorySize.ofMebiBytes(512));
    assertThat(jobs.getTotalProcessMemorySize()).isLessThan(limit("jobmanager"));
  }

  private MemorySize limit(String service) {
    return MemorySize.parse(String.valueOf(file.service(service).get("mem_limit")));
  }

  @Test
  void onlyTheNightIsAProfile() {
    assertThat(
            file.services().entrySet().stream()
                .filter(service -> service.getValue().containsKey("profiles"))
                .map(Map.Entry::getKey))
        .containsExactlyInAnyOrder("s3", "lake-model", "nightly");
    assertThat(listed(compose, "profiles")).containsOnly("nightly");
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

  /** A volume that is mounted where the image has no folder is root's. */
  @Test
  void theImageHasTheFolderOfEachVolumeThatItsUserWrites() throws IOException {
    List<String> folders =
        file.services().values().stream()
            .filter(service -> service.containsKey("build"))
            .flatMap(service -> listed(service, "volumes").stream())
            .filter(volume -> !volume.endsWith(":ro"))
            .map(volume -> volume.substring(volume.lastIndexOf(":/") + 1))
            .distinct()
            .toList();

    assertThat(folders).containsExactlyInAnyOrder("/models", "/checkpoints");
    assertThat(Files.readString(ROOT.resolve("docker/Dockerfile")))
        .contains(
            folders.stream()
                .map(
                    folder ->
                        "COPY --chown=9999:9999 dist/target/image%1$s/ %1$s/\n".formatted(folder))
                .toList());
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
    assertThat(file.flinkOptions("taskmanager")).isEqualTo(file.flinkOptions("jobmanager"));
    assertThat(read("docker/prometheus.yml").toString())
        .contains("dns_sd_configs=[{names=[jobmanager, taskmanager], type=A, port=9249");
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
