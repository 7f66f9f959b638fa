package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said where a cluster is not as it should be; a stand-in answers for it. */
class JobsCommandTest {
  private static final String RUNS = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
  private static final String TWIN = "1a1b2c3d4e5f60718293a4b5c6d7e8f9";
  private static final String JOB =
      "{\"jid\": \"%s\", \"name\": \"%s\", \"state\": \"%s\", \"start-time\": 1795000000000}";

  @TempDir private Path directory;
  private final Map<String, String> answers = new HashMap<>();

  /** What is answered from the second time on. */
  private final Map<String, String> later = new HashMap<>();

  private final List<String> asked = new ArrayList<>();
  private HttpServer server;
  private String address = "";

  JobsCommandTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @BeforeEach
  void start() {
    answers.put("GET /jobmanager/config", "[]");
    answers.put("GET /jobmanager/environment", "{\"jvm\": {\"options\": []}}");
    answers.put("GET /taskmanagers", "{\"taskmanagers\": []}");
    answers.put(
        "GET /config",
        "{\"flink-version\": \"%s\"}".formatted(EnvironmentInformation.getVersion()));
    server.createContext(
        "/",
        exchange -> {
          String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
          asked.add(request);
          String answer = answers.getOrDefault(request, "404 {\"errors\": [\"Not found\"]}");
          if (later.containsKey(request)) {
            answers.put(request, later.get(request));
          }
          int status = answer.matches("\\d{3} .*") ? Integer.parseInt(answer.substring(0, 3)) : 200;
          exchange.getRequestBody().readAllBytes();
          if (status / 100 == 3) {
            exchange.getResponseHeaders().add("Location", answer.substring(4));
          }
          exchange.sendResponseHeaders(status, 0);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(answer.replaceFirst("^\\d{3} ", "").getBytes(UTF_8));
          }
        });
    server.start();
    address = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void jobs(String... jobs) {
    answers.put("GET /jobs/overview", "{\"jobs\": [" + String.join(", ", jobs) + "]}");
  }

  private String refused(ExitCode code, String... words) {
    CommandRun run = CommandRun.of(Map.of("TIDEMILL_REST", address), words);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(code);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).doesNotContain("\tat ").startsWith("tidemill: ");
    return run.err();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:1", "http://no-such-host.invalid:8081", "ftp://x"})
  void whereNothingAnswersTheAddressIsAskedFor(String url) {
    assertThat(refused(ExitCode.USAGE, "jobs", "list", "--rest", url))
        .contains(url + ": ")
        .contains("(expected: the address of a JobManager, as in http://localhost:8081, by --rest");
  }

  @Test
  void aPageThatIsNotFlinksIsTold() {
    answers.put("GET /jobs/overview", "<!doctype html><title>a page</title>");

    assertThat(refused(ExitCode.USAGE, "jobs", "list"))
        .contains(address + ": /jobs/overview is answered, but not as Flink does (expected: ");
  }

  @Test
  void aPasswordFollowsNoRedirect() {
    answers.put("GET /jobs/overview", "307 " + address + "/elsewhere");

    String url = address.replace("http://", "http://me:hush@");
    assertThat(refused(ExitCode.USAGE, "jobs", "list", "--rest", url))
        .contains("/jobs/overview: a redirect to %s/elsewhere, which is not".formatted(address))
        .doesNotContain("hush");
    assertThat(asked).doesNotContain("GET /elsewhere");
  }

  @Test
  void aJobThatIsNotThereIsToldWithThoseThatAre() {
    jobs();
    assertThat(refused(ExitCode.USAGE, "jobs", "stop", "fraud"))
        .contains("job 'fraud': there is none on " + address + ", nor any other (expected: one");

    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    assertThat(refused(ExitCode.USAGE, "jobs", "stop", "farud"))
        .contains("job 'farud': there is none on " + address + " (did you mean 'fraud'? allowed:");
  }

  @Test
  void aNameOfTwoThatRunIsNoName() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"), JOB.formatted(TWIN, "fraud", "RESTARTING"));

    assertThat(refused(ExitCode.USAGE, "jobs", "stop", "fraud"))
        .contains("job 'fraud': 2 of them run (expected: the id of one: ", RUNS, TWIN);
    assertThat(refused(ExitCode.USAGE, "jobs", "stop", TWIN.substring(0, 6)))
        .contains("no folder for its savepoint");
  }

  @Test
  void aClusterWithoutAFolderForSavepointsIsNotToldToStop() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));

    assertThat(refused(ExitCode.USAGE, "jobs", "stop", "fraud"))
        .contains("job 'fraud': no folder for its savepoint (expected: --savepoint-dir, or ")
        .contains("execution.checkpointing.savepoint-dir in Flink's configuration");
    assertThat(asked).noneMatch(request -> request.startsWith("POST"));
  }

  @Test
  void aSavepointThatFailsIsToldWithItsCause() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "202 {\"request-id\": \"1\"}");
    answers.put(
        "GET /jobs/%s/savepoints/1".formatted(RUNS),
        "{\"status\": {\"id\": \"COMPLETED\"}, \"operation\": {\"failure-cause\": {\"stack-trace\": \"a.B: no\\n\\tat x\\nCaused by: java.io.IOException: the disk is full\\n\"}}}");

    assertThat(refused(ExitCode.FAILED, "jobs", "stop", "fraud", "--savepoint-dir", "/full"))
        .contains(
            "job 'fraud': it was not stopped with a savepoint: the disk is full (expected: a folder that all",
            "'tidemill jobs show " + RUNS);
  }

  @Test
  void aSavepointThatIsLateIsTold() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "202 {\"request-id\": \"1\"}");
    answers.put(
        "GET /jobs/%s/savepoints/1".formatted(RUNS), "{\"status\": {\"id\": \"IN_PROGRESS\"}}");

    assertThat(
            refused(
                ExitCode.FAILED,
                List.of("jobs stop fraud --savepoint-dir /slow --timeout 1ms".split(" ", -1))
                    .toArray(new String[0])))
        .contains(
            "job 'fraud': no savepoint in 0 s, and Flink may still make it, and stop the job with it (expected: more time,",
            "'tidemill jobs show " + RUNS);
  }

  @Test
  void aJobThatWasToldToStopIsNotCalledUntouchedWhereTheAnswerIsLost() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "202 {\"request-id\": \"1\"}");
    answers.put("GET /jobs/%s/savepoints/1".formatted(RUNS), "502 <title>a proxy</title>");

    assertThat(
            refused(
                ExitCode.FAILED,
                List.of("jobs stop fraud --savepoint-dir /s --timeout 1ms".split(" ", -1))
                    .toArray(new String[0])))
        .contains(
            "job 'fraud' was told to stop with a savepoint; 'tidemill jobs show " + RUNS, address);
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "502 <title>a proxy</title>");
    assertThat(refused(ExitCode.FAILED, "jobs", "stop", "fraud", "--savepoint-dir", "/s"))
        .contains("job 'fraud' was told to stop with a savepoint; 'tidemill jobs show " + RUNS);
    answers.put("PATCH /jobs/" + RUNS, "502 <title>a proxy</title>");
    assertThat(refused(ExitCode.FAILED, "jobs", "stop", "fraud", "--cancel"))
        .contains("job 'fraud' was told to end; 'tidemill jobs show " + RUNS);
  }

  @Test
  void aSavepointOfWhichTheNextJobManagerKnowsNothingIsToldWithWhatToDo() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "202 {\"request-id\": \"1\"}");

    assertThat(refused(ExitCode.FAILED, "jobs", "stop", "fraud", "--savepoint-dir", "/s"))
        .contains(
            "job 'fraud' was told to stop with a savepoint, and another JobManager leads now,",
            "'tidemill jobs show " + RUNS);
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 409})
  void aJobThatEndsBeforeItIsCancelledHasEnded(int status) {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("PATCH /jobs/" + RUNS, status + " {\"errors\": [\"has ended\"]}");
    answers.put("GET /jobs/" + RUNS, "{\"state\": \"FINISHED\", \"vertices\": []}");

    CommandRun run =
        CommandRun.of(Map.of("TIDEMILL_REST", address), "jobs", "stop", "fraud", "--cancel");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jobs show fraud", "jobs show fraud -o json", "jobs logs"})
  void whatFlinkTellsIsPrintedWithoutSecrets(String words) {
    jobs(JOB.formatted(RUNS, "fraud", "FAILED"));
    String path = "GET /jobs/" + RUNS;
    answers.put(path, "{\"state\": \"FAILED\", \"vertices\": []}");
    answers.put(path + "/config", "{\"execution-config\": {}}");
    answers.put(
        path + "/exceptions",
        "{\"exceptionHistory\": {\"entries\": [{\"stacktrace\": \"a.B: no table, password=hush\"}]}}");
    answers.put(
        path + "/checkpoints",
        "{\"latest\": {\"completed\": {\"external_path\": \"s3://me:hush@b/1\"}, \"restored\": {\"external_path\": \"s3://me:hush@b/2\"}}}");
    answers.put("GET /jobmanager/log", "sasl.password=hush\nWARN all is said");

    CommandRun run = CommandRun.of(Map.of("TIDEMILL_REST", address), words.split(" ", -1));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("******").doesNotContain("hush");
    assertThat(run.out().contains("no table")).isEqualTo(words.contains("show"));
  }

  @Test
  void aSavepointIsPrintedWithoutSecrets() {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put("POST /jobs/%s/stop".formatted(RUNS), "202 {\"request-id\": \"1\"}");
    answers.put(
        "GET /jobs/%s/savepoints/1".formatted(RUNS),
        "{\"status\": {\"id\": \"COMPLETED\"}, \"operation\": {\"location\": \"s3://me:hush@b/1\"}}");
    answers.put("GET /jobs/" + RUNS, "{\"state\": \"FINISHED\", \"vertices\": []}");

    CommandRun run =
        CommandRun.of(
            Map.of("TIDEMILL_REST", address),
            "jobs stop fraud --savepoint-dir s3://b".split(" ", -1));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("--from-savepoint s3://******@b/1").doesNotContain("hush");
  }

  @Test
  void aJobThatItsTaskManagersHaveNoMemoryForIsRefused() throws IOException {
    jobs();
    answers.put("POST /jobs", "400 {\"errors\": [\"no files\"]}");
    String manager =
        "{\"taskmanagers\": [{\"slotsNumber\": 1, \"hardware\": {\"physicalMemory\": %d}, \"memoryConfiguration\": {\"taskOffHeap\": %d, \"jvmOverhead\": 1000000, \"totalProcessMemory\": 2000000000}}]}";
    String job = job(Jobs.KAFKA);

    answers.put("GET /taskmanagers", manager.formatted(64_000_000_000L, 0));
    assertThat(refused(ExitCode.USAGE, "submit", job, "--allow-doubles"))
        .contains(
            "job 'fraud': taskmanager.memory.task.off-heap.size is 0 B; the job takes ",
            "(expected: to set taskmanager.memory.task.off-heap.size: ",
            "m in config.yaml of " + address);
    answers.put("GET /taskmanagers", manager.formatted(2_000_000_000L, 100_000_000));
    assertThat(refused(ExitCode.USAGE, "submit", job, "--allow-doubles"))
        .contains("for its engines and models (expected: to set taskmanager.memory.task.off");
    answers.put("GET /taskmanagers", manager.formatted(64_000_000_000L, 100_000_000));
    assertThat(refused(ExitCode.FAILED, "submit", job, "--allow-doubles")).contains("no files");
    assertThat(asked).filteredOn("GET /taskmanagers"::equals).hasSize(3);
  }

  @Test
  void aJobIsNotUpgradedToTheNameOfAnother() throws IOException {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"), JOB.formatted(TWIN, "other", "RUNNING"));
    answers.put("POST /jobs", "400 {\"errors\": [\"no files\"]}");

    assertThat(
            refused(
                ExitCode.USAGE,
                "jobs",
                "upgrade",
                job(Jobs.KAFKA),
                "--job",
                "other",
                "--no-way-back"))
        .contains("job 'fraud' runs already on %s, as %s (expected:".formatted(address, RUNS));
    assertThat(asked).doesNotContain("POST /jobs/%s/stop".formatted(TWIN));
  }

  @Test
  void aJobOfFlinkRunHasNoWayBackFromAnUpgrade() throws IOException {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    answers.put(
        "GET /jobs/%s/config".formatted(RUNS), "{\"execution-config\": {\"user-config\": {}}}");

    assertThat(refused(ExitCode.USAGE, "jobs", "upgrade", job(Jobs.KAFKA)))
        .contains("job 'fraud' was not started by 'tidemill submit'", "--no-way-back");
  }

  @Test
  void whatAJobWasStartedWithIsAskedAgainAsLongAsFlinkDoesNotTell() throws IOException {
    jobs(JOB.formatted(RUNS, "fraud", "RUNNING"));
    String config = "GET /jobs/%s/config".formatted(RUNS);
    answers.put(config, "{\"jid\": \"" + RUNS + "\"}");
    later.put(config, "{\"execution-config\": {\"user-config\": {}}}");

    assertThat(refused(ExitCode.USAGE, "jobs", "upgrade", job(Jobs.KAFKA)))
        .contains("job 'fraud' was not started by 'tidemill submit'");
    assertThat(asked).filteredOn(config::equals).hasSize(2);

    // As of a job that waits for slots: nothing is known of who has started it.
    answers.put(config, "{\"jid\": \"" + RUNS + "\"}");
    later.clear();
    assertThat(refused(ExitCode.FAILED, "jobs", "upgrade", job(Jobs.KAFKA), "--timeout", "1ms"))
        .contains("job 'fraud': Flink does not tell what it was started with")
        .doesNotContain("not started by");
  }

  private String job(String yaml) throws IOException {
    new Jobs(directory).publish("fraud", "1.4.2");
    return Files.writeString(
            directory.resolve("job.yaml"), yaml + "store: " + directory + "/store\n")
        .toString();
  }

  @Test
  void aClusterOfAnotherFlinkOrOfOneApplicationTakesNoJobs() throws IOException {
    jobs();
    String job = job(Jobs.KAFKA);

    assertThat(refused(ExitCode.USAGE, "submit", job))
        .contains(address + ": takes no jobs, as it is one of a single application (expected:");
    answers.put("GET /config", "{\"flink-version\": \"1.20.1\"}");
    assertThat(refused(ExitCode.USAGE, "submit", job))
        .contains(address + ": Flink 1.20.1 (expected: Flink 2.3, which Tidemill is made for)");
  }

  @Test
  void aClusterWithoutTidemillIsTold() throws IOException {
    jobs();
    answers.put(
        "POST /jobs",
        "500 {\"errors\": [\"Internal\", \"a.B: no\\n\\tat x\\nCaused by: java.lang.ClassNotFoundException: io.tidemill.X\\n\"]}");

    assertThat(refused(ExitCode.USAGE, "submit", job(Jobs.KAFKA), "--allow-doubles"))
        .contains(
            address + " cannot read the job: ",
            "ClassNotFoundException: io.tidemill.X (expected: this version's cluster-lib/core",
            "'tidemill doctor --rest " + address);
  }

  @Test
  void whatIsPublishedTwiceOnAClusterThatForgetsIsRefused() throws IOException {
    jobs();
    answers.put("POST /jobs", "400 {\"errors\": [\"no files\"]}");

    CommandRun run = CommandRun.of(Map.of("TIDEMILL_REST", address), "submit", job(Jobs.KAFKA));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("exactly-once on a cluster without high availability");
  }

  @Test
  void aPasswordInTheFileOrAFileElsewhereDoesNotTravel() throws IOException {
    jobs();
    String password =
        Jobs.KAFKA.replace(
            "properties.group.id: g",
            "properties.group.id: g\n  properties.sasl.jaas.config: 'x required password=\"p\";'");
    Path elsewhere = directory.resolveSibling("elsewhere.avsc");
    Files.writeString(
        elsewhere,
        "{\"type\": \"record\", \"name\": \"r\", \"fields\": [{\"name\": \"amount\", \"type\": \"double\"}, {\"name\": \"hour\", \"type\": \"int\"}]}");
    String schema = Jobs.KAFKA.replaceFirst("columns: .*\\n", "schema: " + elsewhere + "\n");

    CommandRun written = CommandRun.of("submit", job(password), "--rest", address);
    CommandRun commented =
        CommandRun.of(
            "submit",
            job(
                "# the password: is none\n# - sasl.password: ${P}\n# 'sasl.password': hunter2\n"
                    + Jobs.KAFKA),
            "--rest",
            address);
    CommandRun away = CommandRun.of("submit", job(schema), "--rest", address);

    assertThat(written.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(written.err())
        .contains("a secret that is written out (expected: a variable as in ${NAME}, whose value");
    assertThat(commented.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(commented.err())
        .doesNotContain("job.yaml:1:", "job.yaml:2:")
        .contains("job.yaml:3:1: sasl.password: a secret in a comment, which goes along")
        .doesNotContain("hunter2");
    assertThat(away.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(away.err()).contains("(expected: a file in the folder of the job's, or below");
    Files.delete(elsewhere);
  }

  @Test
  void processesThatLogIntoNoFileAreTold() {
    answers.put("GET /taskmanagers", "{\"taskmanagers\": []}");

    assertThat(refused(ExitCode.FAILED, "jobs", "logs"))
        .contains(
            address + ": its processes log into no file that Flink knows (expected: log.file");
  }
}
