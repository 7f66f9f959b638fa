package io.tidemill.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is carried to a machine with a GPU, here without one. */
class GpuITCase {
  private static final Path SCRIPT = Path.of("gpu").toAbsolutePath();
  private static final long FAST_BYTES = 85_000_000;

  @TempDir private Path directory;

  @Test
  void whatIsPackedMeasuresAndProvesOnTheCpu() throws Exception {
    Path archive = directory.resolve("gpu.tar.xz");

    assertThat(run("pack", "--fast", "-o", archive.toString()))
        .endsWith("without the way to a GPU: no --djl-sources\n");
    // Compressed as it is carried, it is three quarters of that.
    assertThat(archive).satisfies(file -> assertThat(Files.size(file)).isLessThan(FAST_BYTES));
    assertThat(run("run", archive.toString(), "--out", directory.toString()))
        .contains("cnn-b16-operator-2", "GPU                                left out: none here");

    JsonNode json = new ObjectMapper().readTree(directory.resolve("gpu.json").toFile());
    assertThat(json.at("/machine/device").asText()).isEqualTo("cpu");
    for (String model : List.of("cnn", "mlp")) {
      for (String way : List.of("djl", "model", "operator-1", "operator-2", "operator-4")) {
        assertThat(json.at("/variants/%s-b16-%s/recordsPerSecond".formatted(model, way)).asDouble())
            .as(model + " " + way)
            .isPositive();
      }
      assertThat(json.at("/figures/%sOperatorRatioToDjl/16-2".formatted(model)).asDouble())
          .isPositive();
    }
    assertThat(json.get("proofs").fieldNames())
        .toIterable()
        .containsExactly("outOfMemory", "subtasksShareADevice", "secondModel", "errorOfTheDevice");
    assertThat(json.get("proofs")).allMatch(proof -> proof.get("holds").asBoolean());
    assertThat(json.get("skipped").fieldNames()).toIterable().contains("GPU");
    assertThat(directory.resolve("gpu.txt")).content().contains("cnnOperatorRatioToDjl");
  }

  @Test
  void runsWithoutACheckoutAroundIt() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("benchmarks"));
    for (String name : List.of("gpu", "built.sh")) {
      Files.copy(SCRIPT.resolveSibling(name), folder.resolve(name));
    }
    Process process =
        new ProcessBuilder("bash", folder.resolve("gpu").toString(), "run", "none.tar.xz")
            .redirectErrorStream(true)
            .start();

    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo(
            "benchmarks/gpu: none.tar.xz: not there (expected: what 'benchmarks/gpu pack' made)\n");
    assertThat(process.waitFor()).isOne();
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", SCRIPT.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    // The build that runs this test has made all of it, and is not to be made anew meanwhile.
    builder.environment().put("MVN", "false");
    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    Process process =
        builder.redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
    try {
      boolean inTime = process.waitFor(5, TimeUnit.MINUTES);
      assertThat(inTime).as(Files.readString(errors)).isTrue();
      assertThat(process.exitValue())
          .as(Files.readString(output) + Files.readString(errors))
          .isZero();
      return Files.readString(output);
    } finally {
      process.destroyForcibly();
    }
  }
}
