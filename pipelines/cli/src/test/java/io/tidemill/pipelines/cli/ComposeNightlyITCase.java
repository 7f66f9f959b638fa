package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.store.S3Proxy;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the profile {@code nightly} of docker-compose.yml runs: the commands of its services, with
 * their variables, against a store on this machine.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class ComposeNightlyITCase {
  @TempDir private Path directory;

  private final ComposeFile compose = new ComposeFile();

  ComposeNightlyITCase() throws Exception {}

  /** The lines that a service gives to its shell. */
  private String lines(String service) {
    return String.valueOf(
        ((List<?>) Objects.requireNonNull(compose.service(service).get("command"))).get(2));
  }

  /** Runs what is due, and ends it as Docker does when it begins to wait. */
  private String night(Shell shell) throws Exception {
    assertThat(compose.service("nightly").get("command"))
        .isEqualTo(List.of("bash", "/nightly.sh", "/opt/tidemill/job-configs/nightly-fraud.yaml"));
    Process process =
        shell.start(
            directory,
            "set +e\nsleep() { kill $$; }\nset -- %s\n%s"
                .formatted(
                    Path.of("../../job-configs/nightly-fraud.yaml").toAbsolutePath(),
                    NightlyScriptTest.script(directory)));
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said + shell.errors()).isEqualTo(143);
    return said;
  }

  @Test
  void publishesTheDayFromAndToTheStoreWithTheModelThatIsSeededOnce() throws Exception {
    LocalDate day = LocalDate.now(ZoneId.of("UTC")).minusDays(1);
    try (S3Proxy proxy = S3Proxy.start(directory, "lake")) {
      proxy.put(
          "lake/transactions/dt=" + day + "/a.json",
          """
          {"id": "r1", "amount": 12.5, "hour": 3, "distance_km": 1.0, "merchant_risk": 0.1}
          {"id": "r2", "amount": 99.0, "hour": 4, "distance_km": 2.0, "merchant_risk": 0.2}
          """);
      Shell shell = new Shell(directory, environment(proxy));

      Process failed =
          shell.start(
              directory,
              "tidemill() { [[ $2 != push ]] || exit 9; command tidemill \"$@\"; }\n"
                  + lines("lake-model"));
      failed.getInputStream().transferTo(OutputStream.nullOutputStream());
      // A container that is started again finds what it has left.
      String seeded = shell.run(directory, lines("lake-model"));
      String again = shell.run(directory, "(" + lines("lake-model") + ")\n");
      String night = night(shell);
      String restarted = night(shell);

      assertThat(failed.waitFor()).isEqualTo(9);
      assertThat(seeded).contains("fraud:1.0.0");
      assertThat(again).doesNotContain("fraud:1.0.0");
      assertThat(night).contains(day + "   published s3://lake/scores/dt=" + day, "predictions  2");
      assertThat(restarted).doesNotContain(day.toString());
      assertThat(directory.resolve("well")).exists();
    }
  }

  private Map<String, String> environment(S3Proxy proxy) throws Exception {
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Path plugins = directory.resolve("plugins");
    Path plugin = Files.createDirectories(plugins.resolve("s3-fs-native"));
    String jar = "flink-s3-fs-native-2.3.0.jar";
    Files.copy(Path.of("target", "s3-fs-native", jar), plugin.resolve(jar));
    Map<String, String> options = new HashMap<>(compose.flinkOptions("nightly"));
    assertThat(options).containsEntry("s3.endpoint", "http://s3:9000");
    options.put("s3.endpoint", proxy.endpoint());
    Files.writeString(
        conf.resolve("config.yaml"),
        options.entrySet().stream()
            .map(option -> option.getKey() + ": " + option.getValue() + "\n")
            .collect(Collectors.joining()));
    Map<String, String> environment = new HashMap<>(compose.environment("nightly"));
    // The night of any moment of today, and one day of which nothing is there.
    environment.put("NIGHTLY_AT", "00:00");
    environment.put("NIGHTLY_DAYS", "2");
    environment.put("TMPDIR", directory.toString());
    environment.put("FLINK_CONF_DIR", conf.toString());
    environment.put("FLINK_PLUGINS_DIR", plugins.toString());
    return environment;
  }
}
