package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each line of shell in docs/kubernetes.md, and then the pod of a night. What {@code kubectl}
 * is given is kept, and read strictly; the volume {@code /lake} is a folder.
 */
class KubernetesPageITCase {
  @TempDir private Path directory;
  private Path kept;
  private Shell shell;

  @BeforeEach
  void standIn() throws IOException {
    kept = Files.createDirectories(directory.resolve("kept"));
    shell = new Shell(directory, Map.of());
    shell.keep("kubectl", kept);
    shell.keep("docker", kept);
  }

  private KubernetesObjects given(String file) throws IOException {
    return KubernetesObjects.strict(Files.readString(kept.resolve(file)));
  }

  @Test
  @Timeout(value = 900, unit = TimeUnit.SECONDS)
  void goesFromAJobToItsObjectsAndToARunOfANight() throws Exception {
    String page = Files.readString(Path.of("../../docs/kubernetes.md"));
    Path lake = directory.resolve("lake");

    String lines = String.join("", Shell.blocks(page)).replace("/lake", lake.toString());
    shell.run(directory, lines.replace("s3:/" + lake, "s3://lake"));

    assertThat(kept.resolve("calls"))
        .content()
        .contains(
            "kubectl apply -f fraud-kafka.yaml",
            "kubectl apply -k .",
            "kubectl create job nightly-fraud-2026-11-21 --from=cronjob/nightly-fraud",
            "docker push registry.example.org/nightly:1");
    KubernetesObjects streaming = given("fraud-kafka.yaml");
    assertThat(
            streaming
                .at("FlinkDeployment", "/spec/podTemplate/metadata/annotations/tidemill.io~1models")
                .asText())
        .contains("fraud:1.1.0");
    streaming.patch(Files.readString(directory.resolve("scoring/kustomization.yaml")));
    assertThat(streaming.at("FlinkDeployment", "/spec/podTemplate/spec/tolerations/0/key").asText())
        .isEqualTo("scoring");
    assertThat(streaming.at("FlinkDeployment", "/spec/podTemplate/spec/securityContext"))
        .isNotEmpty();
    assertThat(given("stdin.yaml").at("FlinkStateSnapshot", "/spec/jobReference/name"))
        .isEqualTo(streaming.at("FlinkDeployment", "/metadata/name"));
    // Whose command another test runs.
    assertThat(kept.resolve("Dockerfile.nightly"))
        .content()
        .contains("/tidemill-%s.tar.gz ".formatted(Version.tidemill()), "/opt/tidemill/bin:$PATH");
    publishesItsDate(given("nightly-fraud.yaml"), lake);
  }

  /** As the pod of the Job that a person has made on the page. */
  private void publishesItsDate(KubernetesObjects nightly, Path lake) throws Exception {
    Path scoring = directory.resolve("scoring");
    FileUtils.copyDirectory(scoring.resolve("models").toFile(), lake.resolve("models").toFile());
    Path input = Files.createDirectories(lake.resolve("transactions/dt=2026-11-21"));
    Files.writeString(
        input.resolve("a.json"),
        "{\"id\":\"a\",\"amount\":1,\"hour\":2,\"distance_km\":3,\"merchant_risk\":0.4}\n");
    Path files = Files.createDirectories(directory.resolve("pod"));
    String container = "/spec/jobTemplate/spec/template/spec/containers/0";
    for (String file : List.of("job.yaml", "run.sh")) {
      Files.writeString(files.resolve(file), nightly.at("ConfigMap", "/data/" + file).asText());
    }
    List<String> words = new ArrayList<>();
    nightly.at("CronJob", container + "/command").forEach(word -> words.add(word.asText()));
    nightly.at("CronJob", container + "/args").forEach(word -> words.add(word.asText()));
    JsonNode options = nightly.at("CronJob", container + "/env/1");
    assertThat(options.path("name").asText()).isEqualTo("TIDEMILL_JAVA_OPTS");

    String out =
        shell.run(
            directory,
            "export RUN_NAME=nightly-fraud-2026-11-21\n"
                + String.join(" ", words).replace("/opt/tidemill/job", files.toString())
                + "\n");

    assertThat(out).contains("\"outcome\" : \"published\"", "\"date\" : \"2026-11-21\"");
    assertThat(lake.resolve("scores/dt=2026-11-21/_SUCCESS")).exists();
  }
}
