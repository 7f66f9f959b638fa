package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The doctor at places that are old, half made, or no Flink at all. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DoctorPlacesTest {
  private static final String ENVIRONMENT =
      """
      {"jvm": {"version": "OpenJDK 64-Bit Server VM - Eclipse Adoptium - 17/17.0.9+9",
               "options": ["--add-opens=java.base/java.nio=ALL-UNNAMED"]},
       "classpath": ["/opt/flink/lib/flink-dist-2.3.0.jar"]}
      """;
  private static final List<String> SHARED =
      List.of("tidemill-model", "tidemill-store", "arrow-vector", "arrow-memory-netty");
  private static final List<String> OWN =
      List.of(
          "tidemill-job",
          "tidemill-flink-inference-operator",
          "tidemill-connectors",
          "tidemill-connector-record",
          "tidemill-connector-kafka",
          "tidemill-connector-files",
          "tidemill-connector-table");

  @TempDir private Path directory;
  private final Map<String, String> answers = new HashMap<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private String address = "";
  private String authorization = "";
  private Path home = Path.of("");

  DoctorPlacesTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @BeforeEach
  void start() throws IOException {
    answers.put("/jobmanager/environment", ENVIRONMENT);
    answers.put("/jobmanager/config", "[]");
    answers.put("/taskmanagers", "{\"taskmanagers\": []}");
    server.createContext(
        "/",
        exchange -> {
          String given = exchange.getRequestHeaders().getFirst("Authorization");
          authorization = given == null ? "" : given;
          String path = exchange.getRequestURI().getPath().replaceFirst("^/proxied", "");
          String answer = answers.getOrDefault(path, "<!doctype html><title>a page</title>");
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream body = exchange.getResponseBody()) {
            if (answer.equals("endless")) {
              byte[] some = new byte[1 << 20];
              Arrays.fill(some, (byte) ' ');
              while (over.getCount() > 0) {
                body.write(some);
              }
            } else if (answer.equals("hangs")) {
              body.write('{');
              body.flush();
              over.await();
            }
            body.write(answer.getBytes(UTF_8));
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        });
    server.setExecutor(threads);
    server.start();
    address = "http://127.0.0.1:" + server.getAddress().getPort();
    home = directory.resolve("flink");
    Files.createDirectories(home.resolve("lib"));
    configure("taskmanager.memory.process.size: 1728m\njobmanager.memory.process.size: 1600m\n");
    lib("flink-dist-2.3.0.jar");
    Stream.concat(SHARED.stream(), OWN.stream()).forEach(name -> lib(name + "-1.0.0.jar"));
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void configure(String text) throws IOException {
    Files.writeString(Files.createDirectories(home.resolve("conf")).resolve("config.yaml"), text);
  }

  private Path lib(String jar) {
    try {
      Path file = home.resolve("lib").resolve(jar);
      Files.createDirectories(file.getParent());
      return Files.createFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CommandRun rest(String url) {
    return CommandRun.of("doctor", "--rest", url);
  }

  private CommandRun ofHome() {
    return CommandRun.of("doctor", "--flink-home", home.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "//", "/#/overview", "/proxied", "/proxied/", "/?x=y#/job/list"})
  void theAddressMayBeThatOfThePageInABrowser(String rest) {
    CommandRun run = rest(address + rest);

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("ok     java               Java 17\n");
  }

  @Test
  void whatAnswersAPageOrAnythingElseIsNoFlink() {
    for (String answer : List.of("<!doctype html>", "", "[]", "{}", "{\"jvm\": 3}")) {
      answers.put("/jobmanager/environment", answer);

      CommandRun run = rest(address);

      assertThat(run.exitCode()).as(answer).isEqualTo(ExitCode.USAGE);
      assertThat(run.err())
          .contains("--rest: '" + address + "': ", "/jobmanager/environment", "not as Flink does")
          .doesNotContain("Unexpected character", "\tat ")
          .hasLineCount(1);
    }
    answers.put("/jobmanager/environment", ENVIRONMENT);
    answers.put("/jobmanager/config", "{}");
    assertThat(rest(address).err()).contains("/jobmanager/config", "not as Flink does");
  }

  @ParameterizedTest
  @ValueSource(strings = {"endless", "hangs"})
  void noAnswerTakesAllMemoryOrAllTime(String answer) {
    answers.put("/jobmanager/environment", answer);

    CommandRun run = rest(address);

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("--rest: '" + address + "': /jobmanager/environment");
  }

  @Test
  void aPasswordInTheAddressIsSentAndNotPrinted() {
    String url = address.replace("http://", "http://me:hush@");

    CommandRun good = rest(url);
    answers.put("/jobmanager/environment", "[]");
    CommandRun bad = rest(url);

    assertThat(authorization)
        .isEqualTo("Basic " + Base64.getEncoder().encodeToString("me:hush".getBytes(UTF_8)));
    assertThat(good.out()).contains("high-availability", "config.yaml of http");
    assertThat(good.out() + good.err() + bad.out() + bad.err()).doesNotContain("hush");
  }

  @Test
  void aClusterThatStartsItsTaskManagersWhenTheyAreWantedHasTheirMemory() throws IOException {
    String folder = directory.resolve("job").toString();
    for (String line :
        List.of(
            "init " + folder,
            "model push %s/fraud.onnx fraud:1.0.0 --store %s/models".formatted(folder, folder),
            "model alias fraud:1.0.0 production --store %s/models".formatted(folder))) {
      assertThat(CommandRun.of(line.split(" ", -1)).exitCode()).isEqualTo(ExitCode.DONE);
    }
    answers.put(
        "/jobmanager/config",
        "[{\"key\": \"taskmanager.memory.process.size\", \"value\": \"1728m\"}]");

    assertThat(CommandRun.of("doctor", "--rest", address, folder + "/job.yaml").out())
        .contains("ok     memory             taskmanager.memory.task.off-heap.size is 0 B");
  }

  @Test
  void javaNioIsOpenWhereTaskManagersAreToldSo() {
    String given =
        "[{\"key\": \"env.java.opts.%s\", \"value\": \"--add-opens java.base/java.nio=ALL-UNNAMED\"}]";

    answers.put("/jobmanager/config", given.formatted("jobmanager"));
    assertThat(rest(address).out()).contains("wrong  add-opens");
    answers.put("/jobmanager/config", given.formatted("all"));
    assertThat(rest(address).out()).contains("ok     add-opens");
  }

  @Test
  void highAvailabilityWantsZooKeeperAndAFolderThatCanBeWritten() throws IOException {
    String type = "high-availability.type: zookeeper\nhigh-availability.storageDir: ";
    String quorum = "\nhigh-availability.zookeeper.quorum: localhost:2181\n";
    Path file = Files.createFile(directory.resolve("file"));

    configure(type + directory + "/ha");
    assertThat(ofHome().out())
        .contains("wrong  high-availability  zookeeper, but no high-availability.zookeeper.quorum")
        .contains("-> set high-availability.zookeeper.quorum to HOST:PORT of each ZooKeeper in ");
    configure(type + file + "/ha" + quorum);
    assertThat(ofHome().out())
        .contains(
            "wrong  high-availability  zookeeper, in %s/ha cannot be written".formatted(file));
    configure(type + directory + "/ha" + quorum);
    assertThat(ofHome().out())
        .contains("ok     high-availability  zookeeper, in %s/ha can be".formatted(directory));
  }

  @Test
  void aConfigurationOfFlink1IsToldFromNone() throws IOException {
    Files.move(home.resolve("conf/config.yaml"), home.resolve("conf/flink-conf.yaml"));

    CommandRun run = ofHome();

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("flink-conf.yaml", "Flink 2 reads", "bin/migrate-config-file.sh")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing\n",
        "high-availability:\n  type: kubernetes\n  storageDir: file:///tmp\nenv: {java: {opts: {all: --add-opens=java.base/java.nio=ALL-UNNAMED}}}\n",
        "high-availability.type: kubernetes\nhigh-availability.storageDir: file:///tmp\nenv.java.opts.all: --add-opens=java.base/java.nio=ALL-UNNAMED\n"
      })
  void configurationsMayBeFlatOrNestedOrEmpty(String yaml) throws IOException {
    configure(yaml);

    CommandRun run = ofHome();

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains(
            yaml.contains("kubernetes")
                ? "ok     high-availability  kubernetes, in file:///tmp"
                : "warn   high-availability  none");
    assertThat(run.out().contains("ok     add-opens")).isEqualTo(yaml.contains("kubernetes"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: b: c\n",
        "- one\n",
        "taskmanager.memory.process.size: 2g\ntaskmanager.numberOfTaskSlots: many\n"
      })
  void aConfigurationThatFlinkDoesNotReadIsSaidInALine(String yaml) throws IOException {
    configure(yaml);

    CommandRun run = ofHome();

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .startsWith("tidemill: --flink-home: '" + home)
        .contains("config.yaml")
        .doesNotContain("unexpected", "\tat ");
  }

  @Test
  void jarsInFoldersOfLibAreThereAndLinksToNothingAreNot() throws IOException {
    Files.delete(home.resolve("lib/arrow-vector-1.0.0.jar"));
    lib("more/arrow-vector-1.0.0.jar");
    Files.delete(home.resolve("lib/tidemill-store-1.0.0.jar"));
    Files.createSymbolicLink(
        home.resolve("lib/tidemill-store-1.0.0.jar"), directory.resolve("gone.jar"));

    assertThat(ofHome().out()).contains("wrong  jars               missing: tidemill-store\n");
  }

  @Test
  void artifactsOfTwoVersionsOfTidemillDoNotGoTogether() throws IOException {
    Files.move(
        home.resolve("lib/tidemill-job-1.0.0.jar"), home.resolve("lib/tidemill-job-1.1.0.jar"));

    assertThat(ofHome().out())
        .contains(
            "wrong  jars               Tidemill of more than one version: 1.0.0 (tidemill-connector-files, tidemill-connector-kafka, tidemill-connector-record, tidemill-connector-table, tidemill-connectors, tidemill-flink-inference-operator, tidemill-model, tidemill-store), 1.1.0 (tidemill-job)\n")
        .contains("-> keep those of one version in " + home.resolve("lib"));
  }

  @Test
  void modelsInSqlNeedNotBeThereButWantOperatorAndEngineOfTheirVersion() throws IOException {
    assertThat(ofHome().out())
        .contains("ok     jars               12 jars, none missing, none twice\n");

    Path sql = lib("tidemill-sql-1.0.0.jar");
    assertThat(ofHome().out())
        .contains("wrong  jars               missing for tidemill-sql: tidemill-engine-…\n")
        .contains("-> copy engine-… of ");

    lib("tidemill-engine-onnx-1.0.0.jar");
    assertThat(ofHome().out())
        .contains("14 jars, none missing, none twice; tidemill-sql for models in SQL\n");

    Files.move(sql, sql.resolveSibling("tidemill-sql-1.1.0.jar"));
    Files.delete(home.resolve("lib/tidemill-flink-inference-operator-1.0.0.jar"));
    assertThat(ofHome().out())
        .contains(", 1.1.0 (tidemill-sql)\n")
        .contains(", or copy core, engine-onnx, sql of ")
        .contains(
            "wrong  jars               missing for tidemill-sql: tidemill-flink-inference-operator\n")
        .contains("-> copy core of ")
        .doesNotContain("nothing if the job's own jar has them");
  }

  @ParameterizedTest
  @ValueSource(strings = {"flink-dist-1.20.1.jar", "flink-dist_2.12-1.14.6.jar"})
  void flink1IsWrong(String jar) throws IOException {
    Files.move(home.resolve("lib/flink-dist-2.3.0.jar"), home.resolve("lib").resolve(jar));

    assertThat(ofHome().out())
        .contains("wrong  jars               " + jar + ": Tidemill is made for Flink 2.3");
  }

  @Test
  void aFolderWithoutFlinkIsToldSo() throws IOException {
    Files.delete(home.resolve("lib/flink-dist-2.3.0.jar"));

    assertThat(ofHome().out()).contains("warn   jars               no flink-dist");
  }
}
