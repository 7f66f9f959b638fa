package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.pipelines.compose.Jobs;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.InjectClusterRESTAddress;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class DoctorITCase {
  /** Of a distribution, as far as a job needs it. */
  private static final String CONFIGURATION =
      """
      jobmanager.memory.process.size: 1600m
      taskmanager.memory.process.size: 1728m
      taskmanager.numberOfTaskSlots: 2
      """;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setConfiguration(new Configuration())
              .setNumberTaskManagers(1)
              .build());

  @TempDir private Path directory;
  private Path home = Path.of("");

  /** A distribution whose jars are the test's own: all but those of Tidemill. */
  @BeforeEach
  void install() throws IOException {
    home = directory.resolve("flink");
    Files.createDirectories(home.resolve("lib"));
    configure(CONFIGURATION);
    link("flink-runtime");
  }

  private void configure(String configuration) throws IOException {
    Files.writeString(
        Files.createDirectories(home.resolve("conf")).resolve("config.yaml"), configuration);
  }

  /** Puts jars of the class path into Flink's lib folder. */
  private void link(String... artifacts) throws IOException {
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path jar = Path.of(entry);
      for (String artifact : artifacts) {
        if (jar.getFileName().toString().matches(artifact + "-\\d(?!.*tests).*\\.jar")) {
          Files.createSymbolicLink(home.resolve("lib").resolve(jar.getFileName()), jar);
        }
      }
    }
  }

  private void linkAll() throws IOException {
    link(
        "tidemill-model",
        "tidemill-store",
        "tidemill-job",
        "tidemill-connectors",
        "tidemill-connector-record",
        "tidemill-connector-kafka",
        "tidemill-connector-files",
        "tidemill-connector-table",
        "tidemill-flink-inference-operator",
        "tidemill-engine-onnx",
        "arrow-vector",
        "arrow-memory-netty");
  }

  private String filesJob() {
    String folder = directory.resolve("job").toString();
    for (String line :
        List.of(
            "init " + folder,
            "model push %s/fraud.onnx fraud:1.0.0 --store %s/models".formatted(folder, folder),
            "model alias fraud:1.0.0 production --store %s/models".formatted(folder))) {
      CommandRun run = CommandRun.of(line.split(" ", -1));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    }
    return folder + "/job.yaml";
  }

  private String kafkaJob() throws IOException {
    new Jobs(directory).publish("fraud", "1.4.2");
    return Files.writeString(
            directory.resolve("kafka.yaml"), Jobs.KAFKA + "store: " + directory + "/store\n")
        .toString();
  }

  private CommandRun ofHome(String... more) {
    String[] arguments = new String[more.length + 3];
    System.arraycopy(new String[] {"doctor", "--flink-home", home.toString()}, 0, arguments, 0, 3);
    System.arraycopy(more, 0, arguments, 3, more.length);
    return CommandRun.of(arguments);
  }

  @Test
  void aDistributionAsItIsDownloadedIsToldWhatItLacksAndWhere() throws IOException {
    CommandRun run = ofHome(filesJob());

    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out())
        .contains("ok     java               Java " + Runtime.version().feature() + " on ")
        .contains(
            "wrong  jars               missing: tidemill-model, tidemill-store, arrow-vector, arrow-memory-netty, tidemill-engine-onnx\n")
        .contains(
            "-> copy core, engine-onnx of cluster-lib in Tidemill's archive into "
                + home.resolve("lib")
                + "\n")
        .contains("wrong  add-opens          java.nio is not open to Arrow")
        .contains(
            "-> add --add-opens=java.base/java.nio=ALL-UNNAMED to env.java.opts.all in "
                + home.resolve("conf/config.yaml")
                + "\n")
        .contains("ok     memory             taskmanager.memory.task.off-heap.size is 0 B")
        .contains("ok     checkpoints        the job makes none")
        .contains("ok     store              fraud:1.0.0 in ")
        .contains("ok     natives            fraud:1.0.0 with onnx on cpu loads")
        .contains("ok     disk               ");
  }

  @Test
  void whatItSaysMakesTheDistributionFit() throws IOException {
    linkAll();
    configure(
        CONFIGURATION
            + """
            env.java.opts.all: --add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED
            taskmanager.memory.task.off-heap.size: 64m
            """);

    CommandRun run = ofHome(filesJob());

    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).doesNotContain("warn ", "wrong ").contains("13 jars, none missing");
  }

  @Test
  void batchesThatFlinkHasNoMemoryForAreWrong() throws IOException {
    String job = filesJob();
    Files.writeString(
        Path.of(job),
        Files.readString(Path.of(job))
            .replace(
                "device: cpu }",
                "device: cpu }\n    batching: { max-size: 1000000, max-in-flight: 8 }"));

    assertThat(ofHome(job).out())
        .containsPattern(
            "wrong  memory .*off-heap.size is 0 B; the job takes [\\d.]+ MiB of Arrow's")
        .containsPattern("-> set taskmanager.memory.task.off-heap.size: \\d{3,}m in ");
  }

  @Test
  void aGpuThatAStepWantsAndTheMachineLacksIsWrong() throws IOException {
    assumeThat(Path.of("/proc/driver/nvidia/version")).doesNotExist();
    String job = filesJob();
    Files.writeString(
        Path.of(job), Files.readString(Path.of(job)).replace("device: cpu", "device: 'gpu:auto'"));

    assertThat(ofHome(job).out()).contains("wrong  gpu                no driver: ");
  }

  @Test
  void theGpuThatFlinkGivesIsTheJobsOwnInThisProcessAndTheClustersElsewhere() throws IOException {
    String job = filesJob();
    String auto = Files.readString(Path.of(job)).replace("device: cpu", "device: 'gpu:auto'");
    String none = "wrong  gpu                gpu:auto takes what Flink gives, which has none";

    Files.writeString(Path.of(job), auto);
    assertThat(CommandRun.of("doctor", job).out()).contains(none);
    Files.writeString(Path.of(job), auto + "flink: { external-resources: gpu }\n");
    assertThat(CommandRun.of("doctor", job).out()).doesNotContain(none);
    assertThat(ofHome(job).out()).contains(none);
  }

  @Test
  void theFilesOfModelsAreOfTheMemory() throws IOException {
    String small = ofHome(kafkaJob()).out();
    FileUtils.deleteDirectory(directory.resolve("store").toFile());
    try (RandomAccessFile weights =
        new RandomAccessFile(directory.resolve("model/weights").toFile(), "rw")) {
      weights.setLength(64 << 20);
    }

    String large = ofHome(kafkaJob()).out();

    assertThat(recommended(large)).isEqualTo(recommended(small) + 64);
  }

  private static int recommended(String out) {
    Matcher size = Pattern.compile("-> set \\S+off-heap.size: (\\d+)m in ").matcher(out);
    assertThat(size.find()).as(out).isTrue();
    return Integer.parseInt(size.group(1));
  }

  @Test
  void jarsOfTwoVersionsAndAnotherFlinkAreNamed() throws IOException {
    linkAll();
    Files.createFile(home.resolve("lib/arrow-vector-15.0.2.jar"));
    Files.createFile(home.resolve("lib/flink-dist-1.20.1.jar"));
    // Of two authors.
    Files.createFile(home.resolve("lib/metrics-core-2.2.0.jar"));
    Files.createFile(home.resolve("lib/metrics-core-3.2.5.jar"));

    assertThat(ofHome().out())
        .containsPattern(
            "wrong  jars +arrow-vector is there more than once: arrow-vector-15.0.2.jar, arrow-vector-\\d")
        .contains(
            "wrong  jars               flink-dist-1.20.1.jar: Tidemill is made for Flink 2.3");
  }

  @Test
  void aJobThatPublishesAsItGoesNeedsAClusterThatKeepsIt() throws IOException {
    String file = directory.resolve("a-file").toString();
    Files.writeString(Path.of(file), "");
    configure(CONFIGURATION + "execution.checkpointing.dir: file://" + file + "/checkpoints\n");

    CommandRun run = ofHome(kafkaJob(), "-o", "json");

    JsonNode answer = new ObjectMapper().readTree(run.out());
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(answer.path("fit").asBoolean(true)).isFalse();
    assertThat(found(answer, "high-availability"))
        .startsWith("wrong none: if the JobManager dies, the job begins anew")
        .contains("set high-availability.type to zookeeper or kubernetes")
        .endsWith(home.resolve("conf/config.yaml").toString());
    assertThat(found(answer, "checkpoints"))
        .startsWith("wrong file://" + file + "/checkpoints cannot be written: ");
    assertThat(found(answer, "connectors"))
        .startsWith("wrong no Kafka broker answers at localhost:1")
        .contains("properties.bootstrap.servers of source");

    configure(CONFIGURATION + "execution.checkpointing.dir: s3://bucket/checkpoints\n");
    assertThat(found(new ObjectMapper().readTree(ofHome("-o", "json").out()), "checkpoints"))
        .startsWith("warn s3://bucket/checkpoints is not looked at, as this command has no plugin");

    configure(CONFIGURATION + "high-availability.type: zookeeper\n");
    assertThat(found(new ObjectMapper().readTree(ofHome("-o", "json").out()), "high-availability"))
        .startsWith("wrong zookeeper, but no high-availability.storageDir");
  }

  private static String found(JsonNode answer, String check) {
    for (JsonNode line : answer.path("findings")) {
      if (line.path("check").asText().equals(check)) {
        return "%s %s %s"
            .formatted(
                line.path("status").asText(),
                line.path("found").asText(),
                line.path("change").asText());
      }
    }
    return "none";
  }

  @Test
  void aClusterThatRunsIsAskedForItsOwn(@InjectClusterRESTAddress URI rest) throws IOException {
    CommandRun run = CommandRun.of("doctor", "--rest", rest.toString(), filesJob());

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("ok     java               Java " + Runtime.version().feature() + "\n")
        .contains("ok     add-opens          ")
        .contains("ok     memory             ")
        .contains("warn   store              fraud:1.0.0 in ")
        .doesNotContain("natives", "disk");
  }

  @Test
  void theCommandsOwnPlaceIsLookedAtWhereNoOtherIsNamed() {
    CommandRun run = CommandRun.of("doctor", filesJob());

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("ok     java  ", "ok     natives  ")
        .doesNotContain("high-availability");
  }

  @Test
  void aJobThatIsWrongIsToldWithItsPlace() throws IOException {
    String job = kafkaJob();
    Files.writeString(
        Path.of(job), Files.readString(Path.of(job)).replace("topic: out", "tpic: x"));

    CommandRun run = CommandRun.of(Map.of(), "doctor", job);

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).contains("wrong  job  ", "-> see " + job + ":", "ok     java  ");
  }

  @Test
  void aPlaceThatIsNotThereIsWrongUsage() {
    CommandRun absent = CommandRun.of("doctor", "--flink-home", "no-such");
    CommandRun silent = CommandRun.of("doctor", "--rest", "http://localhost:1");
    CommandRun both = CommandRun.of("doctor", "--rest", "http://x", "--flink-home", "y");

    assertThat(List.of(absent.exitCode(), silent.exitCode(), both.exitCode()))
        .containsOnly(ExitCode.USAGE);
    assertThat(absent.err()).contains("--flink-home: 'no-such': ", "a distribution of Flink");
    assertThat(silent.err()).contains("--rest: 'http://localhost:1': ", "http://localhost:8081");
    assertThat(both.err()).contains("mutually exclusive");
  }
}
