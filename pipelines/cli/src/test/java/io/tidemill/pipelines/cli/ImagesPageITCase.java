package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each line of shell in docs/images.md. There is no Docker here, and no registry: {@code
 * docker} keeps what it is given and runs what a container of ours would run, and {@code mvn} keeps
 * what it is given. What they are given is compared with the files that it is about.
 */
class ImagesPageITCase {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

  /** With the folder that is mounted as {@code /mine} where it is. */
  private static final String CONTAINER =
      """
      #!/bin/sh
      echo "docker $*" >> '%s/calls'
      while [ $# -gt 0 ] && [ "$1" != tidemill ]; do
        shift
      done
      [ $# -gt 0 ] || exit 0
      shift
      exec tidemill $(printf '%%s\\n' "$@" | sed "s:^/mine/:$PWD/:")
      """;

  /** Of each command of Compose that the page has: its options, and whether they take a word. */
  private static final Map<String, Map<String, Boolean>> COMPOSE =
      Map.of(
          "up", Map.of("--build", false, "-d", false, "--force-recreate", false),
          "run", Map.of("--rm", false, "-v", true),
          "exec", Map.of(),
          "config", Map.of("--lock-image-digests", false),
          "down", Map.of());

  @TempDir private Path directory;
  private String page;
  private ComposeFile compose;

  @BeforeEach
  void read() throws IOException {
    page = Files.readString(ROOT.resolve("docs/images.md"));
    compose = new ComposeFile();
  }

  @Test
  @Timeout(value = 600, unit = TimeUnit.SECONDS)
  void runsWhatThePageSays() throws Exception {
    Path store = directory.resolve("models");
    Shell shell = new Shell(directory, Map.of("TIDEMILL_STORE", store.toString()));
    shell.keep("mvn", directory);
    shell.executable("docker", CONTAINER.formatted(directory));
    Path here = Files.createDirectories(directory.resolve("here"));
    Path seed = directory.resolve("seed");
    assertThat(CommandRun.of("init", seed.toString()).exitCode()).isEqualTo(ExitCode.DONE);
    Files.move(seed.resolve("fraud.onnx"), here.resolve("model.onnx"));

    shell.run(here, String.join("", Shell.blocks(page)));

    assertThat(
            CommandRun.of("model", "inspect", "fraud@production", "--store", store.toString())
                .out())
        .contains("fraud:1.1.0");
    List<String> calls = Files.readAllLines(directory.resolve("calls"));
    assertThat(calls)
        .filteredOn(call -> call.startsWith("mvn "))
        .hasSize(3)
        .allSatisfy(this::isOfOurMaven);
    assertThat(calls)
        .filteredOn(call -> call.startsWith("docker build "))
        .hasSize(1)
        .allSatisfy(this::isOurBuild);
    assertThat(calls)
        .filteredOn(call -> call.startsWith("docker compose "))
        .hasSize(7)
        .allSatisfy(this::isOfOurCompose);
    assertThat(calls).hasSize(11);
  }

  @Test
  void theTextNamesWhatThereIs() throws IOException {
    List<String> words = found("`([^`\n]+)`");
    assertThat(words)
        .filteredOn(word -> word.startsWith("docker compose "))
        .hasSizeGreaterThan(2)
        .allSatisfy(this::isOfOurCompose);
    assertThat(words)
        .filteredOn(word -> word.matches("(docker|job-configs)[-\\w]*[./].*|monitoring/.*"))
        .isNotEmpty()
        .allSatisfy(file -> assertThat(ROOT.resolve(file)).exists());
    String pom = Files.readString(ROOT.resolve("dist/pom.xml"));
    assertThat(words)
        .filteredOn(word -> word.matches("image\\.\\w+"))
        .hasSize(3)
        .allSatisfy(property -> assertThat(pom).contains("<" + property + ">"));
    Properties variables = new Properties();
    try (var lines = Files.newBufferedReader(ROOT.resolve(".env"))) {
      variables.load(lines);
    }
    assertThat(words)
        .filteredOn(word -> word.matches("[A-Z]+_[A-Z]+(=.*)?"))
        .isNotEmpty()
        .allSatisfy(
            name ->
                assertThat(
                        variables.containsKey(name.replaceFirst("=.*", ""))
                            || name.equals("FLINK_PROPERTIES"))
                    .as(name)
                    .isTrue());
    assertThat(page)
        .contains(
            "`NIGHTLY_DAYS` (%s)".formatted(variables.get("NIGHTLY_DAYS")),
            "`NIGHTLY_WAIT` (%s)".formatted(variables.get("NIGHTLY_WAIT")));
    assertThat(found("(?m)^\\| (`[a-z0-9`, -]+) \\|").stream().flatMap(ImagesPageITCase::services))
        .containsExactlyInAnyOrderElementsOf(compose.services().keySet());
    for (String tag : found("(tidemill[:-][\\w.]+-SNAPSHOT-onnx)")) {
      assertThat(variables.getProperty("TIDEMILL_IMAGE"))
          .isEqualTo(tag.replaceFirst("^tidemill-", "tidemill:"));
    }
  }

  private static Stream<String> services(String cell) {
    return Stream.of(cell.replace("`", "").split(", ", -1)).filter(name -> !name.contains("."));
  }

  private List<String> found(String pattern) {
    return Pattern.compile(pattern).matcher(page).results().map(one -> one.group(1)).toList();
  }

  private void isOfOurMaven(String call) throws IOException {
    String pom = Files.readString(ROOT.resolve("dist/pom.xml"));
    for (String word : call.split(" ", -1)) {
      if (word.startsWith("-P")) {
        assertThat(pom).contains("<id>" + word.substring(2) + "</id>");
      } else if (word.startsWith("-Dimage.")) {
        assertThat(pom).contains("<" + word.substring(2).replaceFirst("=.*", ">"));
      } else {
        assertThat(word).isIn("mvn", "-DskipTests", "package");
      }
    }
  }

  private void isOurBuild(String call) {
    Map<?, ?> service = compose.service("model");
    Map<?, ?> build = (Map<?, ?>) Objects.requireNonNull(service.get("build"));
    String file = String.valueOf(build.get("dockerfile"));
    assertThat(call)
        .isEqualTo(
            "docker build --platform "
                + service.get("platform")
                + " -f "
                + file
                + " -t "
                + service.get("image")
                + " "
                + build.get("context"));
    assertThat(ROOT.resolve(file)).exists();
  }

  /** With files, profiles, options and services that there are. */
  private void isOfOurCompose(String call) {
    List<String> words =
        new ArrayList<>(Arrays.asList(call.split(" ", -1)).subList(2, call.split(" ", -1).length));
    while (words.get(0).startsWith("-")) {
      String option = words.remove(0);
      String value = words.remove(0);
      switch (option) {
        case "-f" -> assertThat(ROOT.resolve(value)).exists();
        case "--profile" ->
            assertThat(compose.services().values())
                .anySatisfy(
                    service -> assertThat(String.valueOf(service.get("profiles"))).contains(value));
        default -> throw new AssertionError(call + ": " + option);
      }
    }
    assertThat(COMPOSE).containsKey(words.get(0));
    Map<String, Boolean> options = COMPOSE.getOrDefault(words.remove(0), Map.of());
    while (!words.isEmpty() && words.get(0).startsWith("-")) {
      assertThat(options).containsKey(words.get(0));
      if (options.getOrDefault(words.remove(0), false)) {
        words.remove(0);
      }
    }
    List<String> services =
        words.stream().takeWhile(word -> !List.of("tidemill", "find").contains(word)).toList();
    assertThat(compose.services().keySet()).containsAll(services);
  }
}
