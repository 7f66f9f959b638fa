package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the script starts a JVM, in a checkout whose command is the one that was built. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the script is proved where it is used most")
class ScriptArchiveITCase {
  private static final Path CHECKOUT = Path.of("../..").toAbsolutePath().normalize();
  private static final String COMMAND = "io.tidemill.pipelines.cli.Tidemill source: ";

  private static final List<String> OPTIONS =
      List.of(
          "JDK_JAVA_OPTIONS",
          "JAVA_TOOL_OPTIONS",
          "_JAVA_OPTIONS",
          "TIDEMILL_LIB",
          "TIDEMILL_JAVA_OPTS");

  @TempDir Path directory;
  private Path archives = Path.of("");

  @BeforeEach
  void layOut() throws IOException {
    for (String module :
        List.of("bom", "model-loader", "flink-inference-operator", "connectors", "pipelines/cli")) {
      Files.createDirectories(directory.resolve(module));
    }
    for (String file :
        List.of("pom.xml", "pipelines/cli/bin", "pipelines/cli/conf", "job-configs")) {
      Files.createSymbolicLink(directory.resolve(file), CHECKOUT.resolve(file));
    }
    // No link: the script looks for the rest where it lies itself.
    Files.copy(CHECKOUT.resolve("tidemill"), directory.resolve("tidemill"));
    Path built = Files.createDirectories(directory.resolve("pipelines/cli/target/tidemill"));
    for (String jars : List.of("lib", "cluster-lib")) {
      Files.createSymbolicLink(
          built.resolve(jars), CHECKOUT.resolve("pipelines/cli/target/tidemill").resolve(jars));
    }
    archives = directory.resolve("pipelines/demo/target");
    Files.createDirectories(archives.resolve("tidemill/lib"));
    Files.createFile(archives.resolve("built"));
    jdk("17.0.1");
  }

  /** A JDK of a version, whose JVM is the test's own. */
  private void jdk(String version) throws IOException {
    String own = ProcessHandle.current().info().command().orElseThrow();
    jdk(version, "exec '" + own + "' \"$@\"\n");
  }

  private void jdk(String version, String does) throws IOException {
    Path home = directory.resolve("jdk");
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\n" + does);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  /** Validates a job, and answers what the JVM says of where its classes are from. */
  private List<String> classesOfValidate(boolean logged) throws Exception {
    File log = directory.resolve("classes.log").toFile();
    String printed =
        start(
            List.of("./tidemill", "validate", "job-configs/fraud-scoring.yaml"),
            Map.of("TIDEMILL_JAVA_OPTS", logged ? "-Xlog:class+load=info:file=" + log : ""));
    assertThat(printed)
        .isEqualTo("job-configs/fraud-scoring.yaml: valid (fraud-scoring, streaming, 1 step)\n");
    return logged ? Files.readAllLines(log.toPath()) : List.of();
  }

  /** Runs the script, which succeeds, and answers what it prints. */
  private String start(List<String> command, Map<String, String> variables) throws Exception {
    return start(command, variables, 0);
  }

  private String start(List<String> command, Map<String, String> variables, int code)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    OPTIONS.forEach(environment::remove);
    environment.put("JAVA_HOME", directory.resolve("jdk").toString());
    environment.putAll(variables);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isEqualTo(code);
    return printed;
  }

  private List<Path> made() throws IOException {
    try (Stream<Path> files = Files.list(archives)) {
      return files.filter(file -> file.toString().contains(".jsa")).sorted().toList();
    }
  }

  @Test
  void theFirstCallMakesAnArchiveFromWhichLaterOnesStart() throws Exception {
    assertThat(classesOfValidate(true)).anyMatch(line -> line.contains(COMMAND + "file:"));
    assertThat(made()).isEmpty();

    assertThat(classesOfValidate(false)).isEmpty();
    assertThat(made()).singleElement().asString().matches(".*/validate-17-[0-9-]+\\.jsa");

    assertThat(classesOfValidate(true))
        .anyMatch(line -> line.contains(COMMAND + "shared objects file (top)"));
  }

  /** The JVM itself says it, whatever has become of the command. */
  @Test
  void aHeapThatIsFullIsSaidWithItsRemedyAndNotOnStdout() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("./tidemill", "run", "job-configs/fraud-scoring.yaml")
            .directory(directory.toFile())
            .redirectError(directory.resolve("err.log").toFile());
    builder.environment().put("TIDEMILL_JAVA_OPTS", "-Xmx20m");

    Process process = builder.start();

    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(process.waitFor()).isNotZero();
    assertThat(Files.readString(directory.resolve("err.log")))
        .contains("\ntidemill: the heap is full (expected: ", "TIDEMILL_JAVA_OPTS=-Xmx8g");
  }

  /** A JVM takes a quarter of this machine unasked, and the batches of this job half of it. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void aJobThatTakesMoreThanAJvmTakesUnaskedHasItInTheSameProcess() throws Exception {
    Path job = newJob();
    Files.writeString(
        job,
        Files.readString(job)
                .replace("mode: batch", "mode: streaming")
                .replace(
                    "format: json\n  columns",
                    "format: json\n  source.monitor-interval: 1s\n  columns")
                .replace(
                    "    resources:",
                    "    batching: { max-size: 1000000, max-in-flight: %d }\n    resources:"
                        .formatted(Math.max(1, halfOfMachine() / 1_000_000 - 1)))
            + "flink: { execution.checkpointing.interval: 300ms }\n");
    Path log = directory.resolve("err.log");
    ProcessBuilder builder =
        new ProcessBuilder("./tidemill", "run", job.toString())
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("out.log").toFile())
            .redirectError(log.toFile());
    OPTIONS.forEach(builder.environment()::remove);

    Process run = builder.start();
    awaitSaid("runs with", run, log);
    List<ProcessHandle> children = run.children().toList();
    run.destroy();

    assertThat(run.waitFor()).isNotEqualTo(1);
    assertThat(children).isEmpty();
    assertThat(Files.readString(log))
        .containsOnlyOnce("starts again with -Xmx")
        .doesNotContain("(expected: ")
        .contains("fraud-files has stopped; the next run begins ");
  }

  /** It has its columns from the file that it waits for. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void aJobForADateHasItsMemoryThoughItWaitedForItsInput() throws Exception {
    Path job = newJob();
    Path folder = directory.resolve("job");
    String written = Files.readString(job);
    Path files = Files.createDirectories(folder.resolve("rows")).resolve("dt=2026-11-21");
    Files.move(folder.resolve("transactions"), files);
    Path first = folder.resolve("first.yaml");
    Files.writeString(
        first,
        written
            .replace("path: transactions", "path: rows/dt={{ ds }}")
            .replace("path: predictions, format: json", "path: 'made/dt={{ ds }}', format: avro")
            .replace("path: dead-letters", "path: 'dead/dt={{ ds }}'"));
    start(List.of("./tidemill", "run", first.toString(), "--date", "2026-11-21"), Map.of());
    String columns = written.substring(written.indexOf("  format"), written.indexOf("steps:"));
    Files.writeString(
        job,
        written
            .replace("path: transactions", "path: awaited/dt={{ ds }}")
            .replace(columns, "  format: avro\n")
            .replace("score: fraud_score", "score: again")
            .replace("path: predictions", "path: 'out/dt={{ ds }}'")
            .replace("path: dead-letters", "path: 'dead-again/dt={{ ds }}'")
            .replace(
                "    resources:",
                "    batching: { max-size: 1000000, max-in-flight: %d }\n    resources:"
                    .formatted(Math.max(1, halfOfMachine() / 1_000_000))));
    Path log = directory.resolve("err.log");
    ProcessBuilder builder =
        new ProcessBuilder(
                "./tidemill", "run", job.toString(), "--date", "2026-11-21", "--wait", "10s")
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("out.log").toFile())
            .redirectError(log.toFile());
    OPTIONS.forEach(builder.environment()::remove);

    Process run = builder.start();
    awaitSaid("waits for its input", run, log);
    Files.createDirectories(folder.resolve("awaited"));
    Files.move(folder.resolve("made/dt=2026-11-21"), folder.resolve("awaited/dt=2026-11-21"));

    assertThat(run.waitFor()).as(Files.readString(log)).isZero();
    assertThat(Files.readString(log)).containsOnlyOnce("starts again with -Xmx");
  }

  /** Waits until a process that goes on has said something in its log. */
  private static void awaitSaid(String words, Process process, Path log) throws Exception {
    while (!Files.readString(log).contains(words)) {
      boolean ended = process.waitFor(20, TimeUnit.MILLISECONDS);
      assertThat(ended).as(Files.readString(log)).isFalse();
    }
  }

  /** Whose model is in the store beside it. */
  private Path newJob() throws Exception {
    start(List.of("./tidemill", "init", "job"), Map.of());
    String store = directory.resolve("job/models").toString();
    start(
        List.of("./tidemill", "model", "push", "job/fraud.onnx", "fraud:1.0.0", "--store", store),
        Map.of());
    Path job = directory.resolve("job/job.yaml");
    return Files.writeString(job, Files.readString(job).replace("@production", ":1.0.0"));
  }

  /** Records that are taken for half of the machine's memory; one is of some kilobyte. */
  private static long halfOfMachine() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getTotalMemorySize()
        / 2
        / 1_024;
  }

  @Test
  void anotherJdkMakesItsOwn() throws Exception {
    classesOfValidate(false);
    jdk("17.0.2");

    classesOfValidate(false);

    assertThat(made()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "run job.yaml --date 2026-11-21, run-date",
    "run job.yaml --date=2026-11-21 --force, run-date",
    "run job.yaml --from 2026-11-20 --to 2026-11-21, run-date",
    "run job.yaml,",
    "run dated--date.yaml,",
  })
  void runThatEndsByItselfMakesAnArchive(String command, @Nullable String name) throws Exception {
    // A JVM that only makes the archive that it is told to.
    jdk(
        "17.0.1",
        """
        for option in "$@"; do
          case "$option" in
            -XX:ArchiveClassesAtExit=*) echo classes > "${option#*=}" ;;
          esac
        done
        """);

    start(Stream.concat(Stream.of("./tidemill"), Stream.of(command.split(" "))).toList(), Map.of());

    assertThat(made())
        .extracting(file -> file.getFileName().toString().replaceFirst("-17-.*", ""))
        .isEqualTo(name == null ? List.of() : List.of(name));
  }

  @Test
  void jarsThatAreAddedMakeAnotherArchive() throws Exception {
    Path added = Files.createDirectories(directory.resolve("added"));
    List<String> validate = List.of("./tidemill", "validate", "job-configs/fraud-scoring.yaml");
    Map<String, String> library = Map.of("TIDEMILL_LIB", added.toString());
    start(validate, Map.of());
    start(validate, library);
    start(validate, library);
    assertThat(made()).hasSize(2);

    try (OutputStream jar = Files.newOutputStream(added.resolve("more.jar"))) {
      new JarOutputStream(jar, new Manifest()).close();
    }
    start(validate, library);

    assertThat(made()).hasSize(3);
  }

  @Test
  void folderOfAddedJarsThatIsNotThereIsSaid() throws Exception {
    Path absent = directory.resolve("absent");

    String printed =
        start(List.of("./tidemill", "validate"), Map.of("TIDEMILL_LIB", absent.toString()), 1);

    assertThat(printed)
        .isEqualTo("tidemill: TIDEMILL_LIB: '" + absent + "' (expected: a folder of jars)\n");
  }

  @Test
  void addedJarThatIsALinkToNothingIsLeftAside() throws Exception {
    Path added = Files.createDirectories(directory.resolve("added"));
    Files.createSymbolicLink(added.resolve("gone.jar"), directory.resolve("absent"));
    jdk("17.0.1", "echo started\n");

    assertThat(start(List.of("./tidemill", "version"), Map.of("TIDEMILL_LIB", added.toString())))
        .isEqualTo("started\n");
  }
}
