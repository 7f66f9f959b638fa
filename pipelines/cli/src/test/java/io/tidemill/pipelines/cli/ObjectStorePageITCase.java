package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.store.S3Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each line of shell in docs/object-stores.md, against an endpoint on this machine. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class ObjectStorePageITCase {
  private static final String PLUGIN = "flink-s3-fs-native-2.3.0.jar";
  private static final String SECRET = "the-secret-of-the-lake";

  @TempDir private Path directory;
  private S3Proxy proxy;
  private Shell shell;
  private String page;

  @BeforeEach
  void start() throws Exception {
    proxy = S3Proxy.start(directory, "lake");
    proxy.put(
        "lake/transactions/dt=2026-11-20/a.json",
        """
        {"id": "r1", "amount": 12.5, "hour": 3, "distance_km": 1.0, "merchant_risk": 0.1}
        {"id": "r2", "amount": 99.0, "hour": 4, "distance_km": 2.0, "merchant_risk": 0.2}
        {"id": "r3", "amount":
        """);
    shell = new Shell(directory, Map.of());
    Files.copy(Path.of("target", "s3-fs-native", PLUGIN), directory.resolve(PLUGIN));
    String text = Files.readString(Path.of("..", "..", "docs", "object-stores.md"));
    assertThat(text).contains("s3.region: eu-central-1\n", SECRET);
    page =
        String.join("", Shell.blocks(text)).replace("s3.region: eu-central-1\n", settingsOfProxy());
  }

  /** All but the credentials, which the page has in variables. */
  private String settingsOfProxy() {
    return proxy.configuration().toMap().entrySet().stream()
        .filter(setting -> !setting.getKey().endsWith("-key"))
        .map(setting -> setting.getKey() + ": " + setting.getValue() + "\n")
        .collect(Collectors.joining());
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
  }

  @Test
  void publishesADateAndPrintsNoSecret() throws Exception {
    String out = shell.run(directory, page);

    assertThat(out)
        .contains(
            "store        s3://lake/models",
            "2026-11-20   published s3://lake/scores/dt=2026-11-20 (run 1: nothing is published for the date)",
            "records in   3",
            "predictions  2",
            "2026-11-20   nothing to do: run 1 has published s3://lake/scores/dt=2026-11-20",
            "undecodable",
            "2026-11-21   not there yet")
        .doesNotContain(SECRET);
    assertThat(shell.errors())
        .contains("input 's3://lake/transactions/dt=2026-11-21' is not there yet")
        .doesNotContain(SECRET, "\tat ", "unexpected");
  }

  @Test
  void namesABucketThatIsNotThere() throws Exception {
    String lines =
        page.replace("s3://lake/transactions", "s3://nowhere/transactions")
                .replaceFirst("(?s)(tidemill plan [^\n]*\n).*", "$1")
            + "tidemill run nightly.yaml --date 2026-11-20 || test $? -eq 1\n";

    shell.run(directory, lines);

    assertThat(shell.errors())
        .contains("tidemill: input 's3://nowhere/transactions/dt=2026-11-20' cannot be listed: ")
        .contains("bucket does not exist")
        .doesNotContain("unexpected");
  }

  @Test
  void refusesAPathWithCredentials() throws Exception {
    String lines =
        page.replace("path: s3://lake/", "path: s3://reader:hush/hush@lake/")
            .replaceFirst("(?s)(tidemill plan [^\n]*)\n.*", "$1 || test \\$? -eq 2\n");

    shell.run(directory, lines);

    assertThat(shell.errors())
        .contains("nightly.yaml:6:", "source: path: with credentials (expected: none; ")
        .doesNotContain("hush");
  }
}
