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
  private static final long FAST_BYTES = 350_000_000;

  @TempDir private Path directory;

  @Test
  void whatIsPackedMeasuresAndProvesOnTheCpu() throws Exception {
    Path archive = directory.resolve("gpu.tar.xz");

    assertThat(
            run("pack", "--fast", "--djl-sources", bridge().toString(), "-o", archive.toString()))
        .endsWith(" MB (at most 60)\n");
    // Compressed as it is carried, it is a sixth of that.
    assertThat(archive).satisfies(file -> assertThat(Files.size(file)).isLessThan(FAST_BYTES));
    assertThat(command("tar", "-tf", archive.toString()))
        .contains(
            "tidemill-gpu/bridge/ai_djl_pytorch_jni_PyTorchLibrary.h\n",
            "tidemill-gpu/bridge/ai_djl_pytorch_jni_PyTorchLibrary_torch.cc\n",
            "tidemill-gpu/bridge/djl/utils.h\n",
            "tidemill-gpu/bridge/LICENSE\n",
            "tidemill-gpu/measure.sh\n");
    assertThat(run("run", archive.toString(), "--out", directory.toString()))
        .contains("cnn-b16-operator-2", "GPU                                left out: none here");

    JsonNode json = new ObjectMapper().readTree(directory.resolve("gpu.json").toFile());
    assertThat(json.at("/machine/device").asText()).isEqualTo("cpu");
    assertThat(json.get("finished").asBoolean()).isTrue();
    assertThat(json.get("holds").asBoolean()).isTrue();
    assertThat(json.get("failed")).isEmpty();
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
        .containsExactly(
            "memoryIsKnown",
            "outOfMemory",
            "subtasksShareADevice",
            "secondModel",
            "errorOfTheDevice");
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

  @Test
  void sourcesOfABridgeWithoutTheTagAreRefusedBeforeAnythingIsBuilt() throws Exception {
    Process process = start("bash", SCRIPT.toString(), "pack", "--djl-sources", "/");

    assertThat(process.waitFor()).isOne();
    assertThat(errors())
        .matches(
            "benchmarks/gpu: --djl-sources: '/' has no tag v[0-9.]+ \\(expected: a git clone of github.com/deepjavalibrary/djl with its tags\\)\n");
  }

  @Test
  void noTimeLeftIsNothingMeasured() throws Exception {
    List<String> arguments =
        List.of("--device", "cpu", "--out", directory.toString(), "--seconds", "1");
    Process process =
        start(new JavaProgram(GpuRun.class, arguments).command(List.of()).toArray(String[]::new));

    assertThat(process.waitFor()).isOne();
    JsonNode json = new ObjectMapper().readTree(directory.resolve("gpu.json").toFile());
    assertThat(json.get("finished").asBoolean()).isTrue();
    assertThat(json.get("holds").asBoolean()).isFalse();
    assertThat(json.get("variants")).isEmpty();
    assertThat(json.at("/skipped/cnn-b16").asText()).isEqualTo("no time was left");
    assertThat(directory.resolve("gpu.txt")).content().contains("NOTHING WAS MEASURED");
  }

  /** What is taken of DJL's repository, of which only names matter. */
  private Path bridge() throws Exception {
    Path repository = Files.createDirectory(directory.resolve("djl"));
    String pytorch = "engines/pytorch/pytorch-engine/src/main/java/ai/djl/pytorch/jni/";
    String bridge = "engines/pytorch/pytorch-native/src/main/native/";
    for (String file :
        List.of(
            "LICENSE",
            "api/src/main/native/djl/utils.h",
            bridge + "ai_djl_pytorch_jni_PyTorchLibrary_torch.cc",
            pytorch + "PyTorchLibrary.java")) {
      Files.createDirectories(repository.resolve(file).getParent());
      Files.writeString(
          repository.resolve(file),
          "package ai.djl.pytorch.jni; final class PyTorchLibrary { native int torchGetNumThreads(); }");
    }
    String pom = Files.readString(SCRIPT.resolveSibling("../pom.xml"));
    String version = pom.replaceAll("(?s).*<djl.pytorch.version>([^<]*)<.*", "$1");
    List<String> git =
        List.of("git", "-C", repository.toString(), "-c", "user.name=a", "-c", "user.email=a");
    for (List<String> words :
        List.of(
            List.of("init", "-q"),
            List.of("add", "."),
            List.of("commit", "-q", "-m", "bridge"),
            List.of("tag", "v" + version))) {
      List<String> command = new ArrayList<>(git);
      command.addAll(words);
      command(command.toArray(String[]::new));
    }
    return repository;
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", SCRIPT.toString()));
    command.addAll(List.of(arguments));
    return command(command.toArray(String[]::new));
  }

  /** What a command prints that ends well, and in time. */
  private String command(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    try {
      boolean inTime = process.waitFor(3, TimeUnit.MINUTES);
      assertThat(inTime).as(errors()).isTrue();
      assertThat(process.exitValue()).as(output() + errors()).isZero();
      return output();
    } finally {
      // The last first, so that a shell removes its folder when what it waits for is gone.
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private Process start(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    // The build that runs this test has made all of it, and is not to be made anew meanwhile.
    builder.environment().put("MVN", "false");
    return builder
        .redirectOutput(directory.resolve("output").toFile())
        .redirectError(directory.resolve("errors").toFile())
        .start();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  private String errors() throws IOException {
    return Files.readString(directory.resolve("errors"));
  }
}
