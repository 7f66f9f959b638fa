package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.connectors.kafka.EmbeddedKafka;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemill dead-letters}, over what runs of jobs have left. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class DeadLettersITCase {
  private static final int GOOD = 20;
  private static final long POLL_NANOS = 200_000_000;
  private static final long FIRST = Instant.parse("2026-11-28T10:00:00Z").toEpochMilli();

  @TempDir private static Path directory;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static EmbeddedKafka kafka;

  @BeforeAll
  static void startBrokerAndPublishAModel() throws IOException {
    kafka = EmbeddedKafka.start(Map.of("auto.create.topics.enable", "false"));
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  /** A job whose timestamps have another format than those of some records. */
  private static Path kafkaJob(String name) throws IOException {
    return kafkaJob(name, Map.of());
  }

  private static Path kafkaJob(String name, Map<String, String> outConfig) throws IOException {
    kafka.createTopic(name + "-in", 2);
    kafka.createTopic(new NewTopic(name + "-out", 2, (short) 1).configs(outConfig));
    kafka.createTopic(name + "-dead", 2);
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        """
        name: %1$s
        source:
          connector: kafka
          topic: %1$s-in
          properties.bootstrap.servers: %2$s
          properties.group.id: %1$s
          scan.startup.mode: earliest-offset
          format: json
          json.timestamp-format.standard: SQL
          columns: { id: INT, at: TIMESTAMP(3), a: DOUBLE, b: FLOAT }
        steps:
          - id: add
            model: adder:1.0.0
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink: { connector: kafka, topic: %1$s-out, format: json }
        dead-letter: { connector: kafka, topic: %1$s-dead }
        flink: { execution.checkpointing.interval: 200ms }
        """
            .formatted(name, kafka.bootstrapServers()));
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int id, String at, String b) {
    var record =
        new ProducerRecord<>(
            topic,
            id % 2,
            FIRST + id * 1_000L,
            ("k" + id).getBytes(UTF_8),
            "{\"id\": %1$d, \"at\": \"%2$s\", \"a\": %1$d, \"b\": %3$s}"
                .formatted(id, at, b)
                .getBytes(UTF_8));
    record.headers().add("trace", ("\u001b" + id).getBytes(UTF_8));
    record.headers().add("authorization", "Bearer abc".getBytes(UTF_8));
    return record;
  }

  /** {@value #GOOD} good ones, three of another format, two without an input. */
  private static void send(String topic) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int id = 0; id < GOOD; id++) {
      records.add(record(topic, id, "2026-11-28 10:00:00", "2"));
    }
    for (int id = GOOD; id < GOOD + 3; id++) {
      records.add(record(topic, id, "2026-11-28T10:00:00", "2"));
    }
    for (int id = GOOD + 3; id < GOOD + 5; id++) {
      records.add(record(topic, id, "2026-11-28 10:00:00", "null"));
    }
    kafka.send(records);
  }

  private static CommandRun tidemill(String... arguments) {
    return CommandRun.of(
        Map.of("ROOT", directory.toString(), "TIDEMILL_STORE", new Jobs(directory).store()),
        arguments);
  }

  /** Runs a job until its topics hold so many records, and stops it. */
  private static CommandRun run(Path job, int predictions, int deadLetters) {
    String dead = job.getFileName().toString().replace(".yaml", "-dead");
    return run(job, predictions, () -> kafka.readCommitted(dead).size() < deadLetters);
  }

  private static CommandRun run(Path job, int predictions, BooleanSupplier deadLettersLack) {
    String out = job.getFileName().toString().replace(".yaml", "-out");
    CompletableFuture<CommandRun> run =
        CompletableFuture.supplyAsync(() -> tidemill("run", job.toString()));
    while (!run.isDone()
        && (kafka.readCommitted(out).size() < predictions || deadLettersLack.getAsBoolean())) {
      // A look makes clients of its own, which take the processor that the run needs.
      LockSupport.parkNanos(POLL_NANOS);
    }
    tidemill("stop", job.toString());
    return run.join();
  }

  private static JsonNode json(CommandRun run) throws IOException {
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void countsListsAndShowsWhatARunHasLeft() throws Exception {
    Path job = kafkaJob("look");
    send("look-in");
    CommandRun run = run(job, GOOD, 5);
    kafka.send(List.of(new ProducerRecord<>("look-dead", 0, null, "foreign".getBytes(UTF_8))));

    assertThat(run.err())
        .contains("the dead letters are in kafka look-dead: 'tidemill dead-letters stats " + job);
    CommandRun stats = tidemill("dead-letters", "stats", job.toString());
    assertThat(stats.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(stats.out().lines().map(line -> line.replaceAll(" +", " ")))
        .satisfiesExactly(
            heading -> assertThat(heading).isEqualTo("CAUSE STEP MODEL LETTERS FIRST LAST EXAMPLE"),
            undecodable ->
                assertThat(undecodable)
                    .matches(
                        "undecodable source - 3 2026-11-28T10:00:20Z 2026-11-28T10:00:22Z look-dead/\\d/\\d .+"),
            nullInput ->
                assertThat(nullInput)
                    .matches(
                        "null-input add adder:1.0.0 2 2026-11-28T10:00:23Z 2026-11-28T10:00:24Z look-dead/\\d/\\d .+"),
            sum ->
                assertThat(sum)
                    .isEqualTo(
                        "5 dead letters of job 'look' in topic 'look-dead' at "
                            + kafka.bootstrapServers()),
            others ->
                assertThat(others)
                    .isEqualTo("1 other records there: no dead letters, or those of another job"));
    JsonNode counted = json(tidemill("dead-letters", "stats", job.toString(), "-o", "json"));
    assertThat(counted.at("/letters").asInt()).isEqualTo(5);
    assertThat(counted.at("/others").asInt()).isEqualTo(1);
    assertThat(counted.at("/groups/0/letters").asInt()).isEqualTo(3);

    CommandRun list = tidemill("dead-letters", "ls", job.toString(), "--limit", "1");
    assertThat(list.out().lines().skip(1).map(line -> line.replaceAll(" +", " ")))
        .satisfiesExactly(
            newest ->
                assertThat(newest)
                    .matches(
                        "look-dead/\\d/\\d 2026-11-28T10:00:24Z null-input add adder:1.0.0 look-in/0/12 .+"),
            rest -> assertThat(rest).isEqualTo("the 1 newest; --limit shows more"),
            sum -> assertThat(sum).startsWith("5 dead letters of job 'look'"),
            others -> assertThat(others).startsWith("1 other records"));
    JsonNode undecodable =
        json(
            tidemill(
                "dead-letters",
                "ls",
                job.toString(),
                "--cause",
                "undecodable",
                "--since",
                "2026-11-28T10:00:21Z",
                "--oldest",
                "-o",
                "json"));
    assertThat(undecodable.at("/listed").findValuesAsText("record"))
        .containsExactly("look-in/1/10", "look-in/0/11");
    JsonNode ofStep =
        json(tidemill("dead-letters", "ls", job.toString(), "--step", "add", "-o", "json"));
    assertThat(ofStep.at("/listed").findValuesAsText("record"))
        .containsExactly("look-in/0/12", "look-in/1/11");

    for (String command : List.of("ls", "stats", "replay")) {
      CommandRun slip =
          tidemill("dead-letters", command, job.toString(), "--cause", "nul-input", "--step", "ad");
      assertThat(slip.exitCode()).isEqualTo(ExitCode.DONE);
      assertThat(slip.err())
          .isEqualTo(
              "--cause: 'nul-input': no dead letter has it (did you mean 'null-input'? there: null-input, undecodable)%n"
                      .formatted()
                  + "--step: 'ad': no dead letter has it (did you mean 'add'? there: add, source)%n"
                      .formatted());
    }

    String decoded = ofStep.at("/listed/0/address").asText();
    CommandRun shown = tidemill("dead-letters", "show", job.toString(), decoded);
    assertThat(shown.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(shown.out())
        .contains("address           " + decoded)
        .contains("cause             null-input")
        .contains("tidemill.digest   sha256:")
        .contains("header            trace: \\u001b24")
        .contains("header            authorization: ******")
        .contains("key               k24 (3 bytes)")
        .contains(
            "value             {\"id\":24,\"at\":\"2026-11-28T10:00:00\",\"a\":24.0,\"b\":null}");
    CommandRun text =
        tidemill(
            "dead-letters", "show", job.toString(), undecodable.at("/listed/0/address").asText());
    assertThat(text.out())
        .contains("decoded           no: ")
        .contains("value             {\"id\": 21, \"at\": \"2026-11-28T10:00:00\"")
        .contains("value             7b 22 69 64 22 3a 20 32 31");
    CommandRun nothing = tidemill("dead-letters", "show", job.toString(), "look-dead/0/99");
    assertThat(nothing.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(nothing.err())
        .contains("address: 'look-dead/0/99' is no dead letter of job 'look' in topic 'look-dead'");
  }

  private static List<Integer> ids(String topic) throws IOException {
    List<Integer> ids = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : kafka.readCommitted(topic)) {
      ids.add(new ObjectMapper().readTree(record.value()).get("id").asInt());
    }
    return ids;
  }

  @Test
  void predictionThatItsTopicDoesNotTakeIsADeadLetterOfTheSink() throws Exception {
    Path job = kafkaJob("heavy", Map.of("max.message.bytes", "1500"));
    send("heavy-in");
    ProducerRecord<byte[], byte[]> usual = record("heavy-in", GOOD, "2026-11-28 10:00:00", "2");
    kafka.send(List.of(new ProducerRecord<>("heavy-in", 0, new byte[2_000], usual.value())));

    CommandRun run = run(job, GOOD, 6);

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out().replaceAll(" +", " "))
        .contains("predictions " + GOOD)
        .contains("6, null-input 2, undecodable 3, unwritable 1");
    assertThat(kafka.readCommitted("heavy-out")).hasSize(GOOD);
    assertThat(
            tidemill(
                    "dead-letters", "ls", job.toString(), "--cause", "unwritable", "--step", "sink")
                .out()
                .replaceAll(" +", " "))
        .contains(" sink adder:1.0.0 ")
        .contains("its prediction of 2")
        .contains("1 dead letter");
  }

  @Test
  void replaysEachRecordOnceAndTheCorrectedJobScoresIt() throws Exception {
    Path job = kafkaJob("mend");
    send("mend-in");
    run(job, GOOD, 5);
    String place =
        "topic 'mend-in' at %s, and marked in topic 'mend-replayed'%n"
            .formatted(kafka.bootstrapServers());
    String[] undecodable = {"dead-letters", "replay", job.toString(), "--cause", "undecodable"};

    CommandRun unasked = tidemill(undecodable);
    assertThat(unasked.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unasked.err()).contains("to write 3 records back to topic 'mend-in'", "-y");
    assertThat(tidemill("dead-letters", "replay", job.toString(), "--dry-run").out())
        .isEqualTo("dry run: would write 5 records back to " + place);
    assertThat(ids("mend-in")).hasSize(GOOD + 5);

    Files.writeString(job, Files.readString(job).replace("standard: SQL", "standard: ISO-8601"));
    FakeTerminal person = new FakeTerminal(true, "y");
    assertThat(CommandRun.of(Map.of(), person, undecodable).out())
        .isEqualTo("wrote 3 records back to " + place);
    assertThat(person.questions()).singleElement().asString().contains("write 3 records back");
    assertThat(CommandRun.of(Map.of(), person, undecodable).out())
        .isEqualTo("wrote 0 records back to %s3 were written back before%n", place);
    assertThat(person.questions()).hasSize(1);

    JsonNode nullInput =
        json(tidemill("dead-letters", "ls", job.toString(), "--cause", "null-input", "-o", "json"));
    String address = nullInput.at("/listed/0/address").asText();
    JsonNode one =
        json(tidemill("dead-letters", "replay", job.toString(), address, "-y", "-o", "json"));
    assertThat(one.at("/replayed").asInt()).isEqualTo(1);
    assertThat(tidemill("dead-letters", "replay", job.toString(), "mend-dead/0/99", "-y").err())
        .contains("'mend-dead/0/99' is no dead letter of job 'mend'");

    run(job, GOOD + 3, 6);
    assertThat(ids("mend-out")).hasSize(GOOD + 3).doesNotHaveDuplicates();
    assertThat(kafka.readCommitted("mend-out"))
        .filteredOn(record -> new String(record.value(), UTF_8).contains("\"id\":21,"))
        .singleElement()
        .satisfies(
            prediction -> {
              assertThat(new String(prediction.value(), UTF_8)).contains("\"total\":23.0");
              assertThat(prediction.key()).asString().isEqualTo("k21");
              assertThat(prediction.timestamp()).isEqualTo(FIRST + 21_000);
              assertThat(prediction.headers().headers("trace")).hasSize(1);
              assertThat(prediction.headers().lastHeader("__connect.errors.stage")).isNull();
            });
    // The one that died again is another letter, and may be replayed again.
    JsonNode left =
        json(tidemill("dead-letters", "replay", job.toString(), "--dry-run", "-o", "json"));
    assertThat(left.at("/replayed").asInt()).isEqualTo(2);
    assertThat(left.at("/before").asInt()).isEqualTo(4);

    kafka.send(List.of(letterOfAnArray("mend")));
    String[] arrays = {"dead-letters", "replay", job.toString(), "--dry-run"};
    assertThat(tidemill(arrays).out())
        .isEqualTo(
            "dry run: would write 2 records back to %s4 were written back before%n1 were left out: their values are arrays, whose other records would come back too (--whole-arrays writes them back)%n",
            place);
    CommandRun whole =
        tidemill(
            "dead-letters", "replay", job.toString(), "--dry-run", "--whole-arrays", "-o", "json");
    assertThat(json(whole).at("/replayed").asInt()).isEqualTo(3);
    assertThat(json(whole).at("/shared").asInt()).isZero();
  }

  private static ProducerRecord<byte[], byte[]> letterOfAnArray(String job) {
    var letter =
        new ProducerRecord<byte[], byte[]>(
            job + "-dead", null, "[{\"id\": 90}, {\"id\": 91}]".getBytes(UTF_8));
    for (String header :
        List.of(
            "__connect.errors.topic:" + job + "-in",
            "__connect.errors.partition:0",
            "__connect.errors.offset:0",
            "__connect.errors.stage:add",
            "tidemill.job:" + job)) {
      String[] parts = header.split(":", -1);
      letter.headers().add(parts[0], parts[1].getBytes(UTF_8));
    }
    return letter;
  }

  /** In their order, with addresses that are there. */
  @Test
  void runsEachLineOfItsPage() throws Exception {
    Path job = kafkaJob("page");
    send("page-in");
    run(job, GOOD, 5);
    JsonNode letters = json(tidemill("dead-letters", "ls", job.toString(), "-o", "json"));
    List<String> lines =
        Files.readAllLines(Path.of("../../docs/dead-letters.md")).stream()
            .filter(line -> line.startsWith("./tidemill "))
            .toList();

    List<String> said = new ArrayList<>();
    for (String line : lines) {
      String words =
          line.replaceAll("^\\./tidemill | +#.*", "")
              .replace("job.yaml", job.toString())
              .replace("fraud-dead-letters/0/42", letters.at("/listed/0/address").asText())
              .replace("fraud-dead-letters/1/7", letters.at("/listed/1/address").asText());
      CommandRun done = CommandRun.of(Map.of(), new FakeTerminal(true, "y"), words.split(" ", -1));
      assertThat(done.exitCode()).as("%s: %s", line, done.err()).isEqualTo(ExitCode.DONE);
      said.add(done.out());
    }

    assertThat(said).hasSize(8);
    assertThat(said.get(0)).contains("5 dead letters of job 'page'");
    assertThat(said.get(4)).startsWith("dry run: would write 5 records");
    assertThat(said.get(5)).startsWith("wrote 3 records");
    assertThat(said.get(6)).startsWith("wrote 2 records");
    assertThat(said.get(7)).startsWith("wrote 0 records");
  }

  @Test
  void replaysWhatIsInAFolderToo() throws Exception {
    Path job = kafkaJob("mixed");
    Files.writeString(
        job,
        Files.readString(job)
            .replaceFirst(
                "dead-letter: .*",
                "dead-letter: { connector: filesystem, path: '\\${ROOT}/mixed', format: json, sink.rolling-policy.rollover-interval: 200ms, sink.rolling-policy.check-interval: 100ms }"));
    send("mixed-in");
    String[] stats = {"dead-letters", "stats", job.toString()};
    run(job, GOOD, () -> !tidemill(stats).out().contains("\n5 dead letters"));

    String[] replay = {"dead-letters", "replay", job.toString(), "-y"};
    assertThat(tidemill(replay).out()).startsWith("wrote 5 records back to topic 'mixed-in'");
    assertThat(tidemill(replay).out()).contains("wrote 0 records", "5 were written back before");
    assertThat(ids("mixed-in")).hasSize(GOOD + 10);
  }

  @Test
  void readsTheFilesOfAFolder() throws Exception {
    Files.write(
        Files.createDirectories(directory.resolve("in")).resolve("a.json"),
        List.of("{\"id\": \"a\", \"a\": 1}", "{\"id\": \"b\", \"a\": 1, \"b\": 2}"));
    Path job =
        Files.writeString(
            directory.resolve("files.yaml"),
            """
            name: files
            mode: batch
            source:
              connector: filesystem
              path: ${ROOT}/in
              format: json
              columns: { id: STRING, a: DOUBLE, b: FLOAT }
            steps:
              - id: add
                model: adder:1.0.0
                input: { left: a, right: b }
                output: { sum: total }
                resources: { device: cpu }
            sink: { connector: filesystem, path: '${ROOT}/scored', format: json }
            dead-letter: { connector: filesystem, path: '${ROOT}/dead', format: json }
            """);
    CommandRun before = tidemill("dead-letters", "stats", job.toString());
    tidemill("run", job.toString());

    assertThat(before.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(before.err()).contains("dead-letter: path: '").contains("is not there");
    JsonNode list = json(tidemill("dead-letters", "ls", job.toString(), "-o", "json"));
    assertThat(list.at("/letters").asInt()).isEqualTo(1);
    String address = list.at("/listed/0/address").asText();
    assertThat(address).matches("part-.*:1");
    assertThat(tidemill("dead-letters", "show", job.toString(), address).out())
        .contains("record            file:" + directory + "/in/a.json/0")
        .contains("value             {\"id\":\"a\",\"a\":1.0,\"b\":null}");
    CommandRun replay = tidemill("dead-letters", "replay", job.toString(), "-y");
    assertThat(replay.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(replay.err())
        .contains("job 'files' reads no topic (expected: a source of connector kafka");
    assertThat(tidemill("dead-letters", "stats", job.toString(), "--step", "other").out())
        .isEqualTo("No dead letters of job 'files' in folder %s/dead%n".formatted(directory));
  }

  @Test
  void saysWhatIsNotThere() throws Exception {
    Path job = kafkaJob("absent");
    String yaml = Files.readString(job);
    Files.writeString(job, yaml.replace("topic: absent-dead", "topic: nowhere"));
    Path without = directory.resolve("without.yaml");
    Files.writeString(without, yaml.replaceFirst("dead-letter: .*\n", ""));
    Path away = directory.resolve("away.yaml");
    Files.writeString(away, yaml.replace(kafka.bootstrapServers(), "localhost:1"));

    assertThat(tidemill("dead-letters", "stats", job.toString()).err())
        .contains("dead-letter: topic: 'nowhere' is not on the broker at ");
    assertThat(tidemill("dead-letters", "ls", without.toString()).err())
        .contains("dead-letter: missing (expected: a dead-letter sink");
    CommandRun noBroker = tidemill("dead-letters", "ls", away.toString());
    assertThat(noBroker.err()).contains("no Kafka broker answers at localhost:1");
    assertThat(noBroker.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(tidemill("dead-letters", "ls", away.toString(), "--limit", "0").err())
        .contains("--limit: 0 (expected: >= 1)");
    assertThat(tidemill("dead-letters").err()).contains("no command (expected: one of ");
  }
}
