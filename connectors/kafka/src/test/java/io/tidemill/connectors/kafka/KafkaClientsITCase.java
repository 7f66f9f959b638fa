package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.internal.FlinkKafkaInternalProducer;
import org.apache.flink.connector.kafka.sink.internal.KafkaCommitter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What jobs leave behind in a process that outlives them, as a TaskManager does. */
class KafkaClientsITCase {
  private static final int WARM = 2;
  private static final int JOBS = 6;
  private static final long POLL_NANOS = 100_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** What a job's first task may leave for a while, such as a connection that is kept alive. */
  private static final int SPARE_FILES = 8;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(1)
              .build());

  private static final List<WeakReference<ClassLoader>> LOADERS =
      Collections.synchronizedList(new ArrayList<>());

  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("text", "STRING")));

  @Test
  void jobsOneAfterTheOtherLeaveNothingInAProcessThatOutlivesThem() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
      kafka.createTopic("in", 1);
      kafka.createTopic("out", 1);
      kafka.createTopic("dead", 1);
      kafka.send(List.of(new ProducerRecord<>("in", "{\"text\":\"a\"}".getBytes(UTF_8))));
      for (int i = 0; i < WARM; i++) {
        run(kafka);
      }
      Set<String> clients = clients();
      long files = openFiles();

      for (int i = WARM; i < JOBS; i++) {
        run(kafka);
      }

      assertThat(kafka.readCommitted("out")).hasSize(JOBS);
      // Flink closes the coordinator of a source, and its client, after the job has ended.
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!(clients.containsAll(clients())
              && openFiles() < files + SPARE_FILES
              && alive() <= WARM)
          && System.nanoTime() < deadline) {
        LockSupport.parkNanos(POLL_NANOS);
      }
      Set<String> left = clients();
      left.removeAll(clients);
      assertThat(left).as("threads of Kafka's clients after %d jobs", JOBS).isEmpty();
      assertThat(openFiles()).as("open files").isLessThan(files + SPARE_FILES);
      assertThat(LOADERS).hasSize(JOBS);
      assertThat(alive()).as("class loaders of %d jobs", JOBS).isLessThanOrEqualTo(WARM);
    }
  }

  private static long openFiles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  /** Class loaders of jobs that are still reached. */
  private static long alive() {
    System.gc();
    return LOADERS.stream().filter(loader -> loader.get() != null).count();
  }

  private static RecordSink sink(EmbeddedKafka kafka) {
    return sink(kafka.bootstrapServers());
  }

  private static RecordSink sink(String servers) {
    return sink(servers, "incrementing");
  }

  private static RecordSink sink(String servers, String naming) {
    ConnectorOptions options =
        new ConnectorOptions(
            "sink",
            Map.of(
                "connector", "kafka",
                "topic", "out",
                "format", "json",
                "sink.transaction-naming-strategy", naming,
                "properties.bootstrap.servers", servers));
    return new KafkaConnector()
        .sink(
            new SinkSpec(
                options,
                SCHEMA,
                SCHEMA.rowType(),
                new ConnectorOptions("source", Map.of()),
                "job",
                List.of()));
  }

  @Test
  void transactionsLongerThanTheBrokerAllowsAreToldBeforeTheStart() throws Exception {
    try (EmbeddedKafka kafka =
        EmbeddedKafka.start(Map.of("transaction.max.timeout.ms", "420000"))) {
      assertThat(sink(kafka).obstacles(Duration.ofSeconds(20)))
          .extracting(String::valueOf)
          .containsExactly(
              "sink: properties.transaction.timeout.ms: 600000 (expected: <= 420000, transaction.max.timeout.ms of the broker at %s; raise it in the broker's server.properties, or lower this)"
                  .formatted(kafka.bootstrapServers()));
    }
  }

  @Test
  void aTopicThatTheBrokerDoesNotMakeIsMissedBeforeTheStart() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(Map.of("auto.create.topics.enable", "false"))) {
      RecordSink sink = sink(kafka);

      assertThat(sink.obstacles(Duration.ofSeconds(20)))
          .singleElement()
          .asString()
          .startsWith("sink: topic: 'out' is not on the broker at " + kafka.bootstrapServers());

      kafka.createTopic("out", 1);
      assertThat(sink.obstacles(Duration.ofSeconds(20))).isEmpty();
    }
  }

  /** A broker that listens, and answers nobody until the first who asks has gone. */
  private static void answerLate(ServerSocket front, String broker) {
    String[] address = broker.split(":");
    try (Socket first = front.accept()) {
      first.getInputStream().transferTo(OutputStream.nullOutputStream());
      while (true) {
        Socket client = front.accept();
        Socket server = new Socket(address[0], Integer.parseInt(address[1]));
        new Thread(() -> pass(client, server)).start();
        new Thread(() -> pass(server, client)).start();
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException closed) {
      // By the other end.
    }
  }

  @Test
  void aBrokerThatAnswersLateIsNoObstacle() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start();
        ServerSocket front = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      kafka.createTopic("out", 1);
      new Thread(() -> answerLate(front, kafka.bootstrapServers())).start();

      assertThat(sink("localhost:" + front.getLocalPort()).obstacles(Duration.ofSeconds(1)))
          .isEmpty();
    }
  }

  @Test
  void aSinkSeesTheTransactionsThatAnotherRunOfItsJobHasOpen() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start();
        KafkaProducer<byte[], byte[]> other = transactional(kafka, "job-predictions-0-1");
        KafkaProducer<byte[], byte[]> ofAnotherJob =
            transactional(kafka, "job-predictions-2-0-1")) {
      kafka.createTopic("out", 1);
      RecordSink sink = sink(kafka);
      ofAnotherJob.initTransactions();
      ofAnotherJob.beginTransaction();
      ofAnotherJob.send(new ProducerRecord<>("out", "c".getBytes(UTF_8))).get();
      other.initTransactions();
      other.beginTransaction();
      other.send(new ProducerRecord<>("out", "a".getBytes(UTF_8))).get();

      assertThat(sink.openElsewhere(Duration.ofSeconds(10), false))
          .singleElement()
          .asString()
          .startsWith("sink: sink.transactional-id-prefix: 'job-predictions' has 1 open");
      assertThat(sink.openElsewhere(Duration.ofSeconds(10), true))
          .as("as one is that a killed run has left")
          .isEmpty();
      CompletableFuture<List<Problem<OptionKey>>> look =
          CompletableFuture.supplyAsync(() -> sink.openElsewhere(Duration.ofSeconds(10), true));
      while (!look.isDone()) {
        other.send(new ProducerRecord<>("out", "b".getBytes(UTF_8))).get();
      }
      assertThat(look.get())
          .singleElement()
          .asString()
          .contains("'job-predictions' has 1 transactions that another process writes now");
      other.abortTransaction();
      assertThat(sink.openElsewhere(Duration.ofSeconds(10), false)).isEmpty();
      assertThat(
              sink(kafka.bootstrapServers(), "pooling").openElsewhere(Duration.ofSeconds(10), true))
          .singleElement()
          .asString()
          .contains(
              "'job-predictions' begins 'job-predictions-2-0-1', of another that writes topic 'out' now");
    }
  }

  private static KafkaCommittable prepared(
      Properties client, String id, Consumer<FlinkKafkaInternalProducer<byte[], byte[]>> then)
      throws Exception {
    try (FlinkKafkaInternalProducer<byte[], byte[]> producer =
        new FlinkKafkaInternalProducer<>(client, id)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("out", id.getBytes(UTF_8))).get();
      producer.precommitTransaction();
      // As a checkpoint has it.
      KafkaCommittable transaction =
          new KafkaCommittable(producer.getProducerId(), producer.getEpoch(), id, null);
      then.accept(producer);
      return transaction;
    }
  }

  /** As Flink's own does. */
  private record Asked(KafkaCommittable getCommittable)
      implements Committer.CommitRequest<KafkaCommittable> {
    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable why) {}

    @Override
    public void signalFailedWithUnknownReason(Throwable why) {
      throw new IllegalStateException("Failed to commit " + getCommittable, why);
    }

    @Override
    public void retryLater() {
      throw new AssertionError("later");
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable other) {
      throw new AssertionError("later");
    }

    @Override
    public void signalAlreadyCommitted() {}
  }

  /** Flink's own sink goes on without what was in it. */
  @Test
  void aTransactionThatTheBrokerHasAbortedFailsWhoeverIsToCommitIt() throws Exception {
    try (EmbeddedKafka kafka =
        EmbeddedKafka.start(
            Map.of("transaction.abort.timed.out.transaction.cleanup.interval.ms", "200"))) {
      kafka.createTopic("out", 1);
      Properties client = new Properties();
      client.put("bootstrap.servers", kafka.bootstrapServers());
      client.put("key.serializer", ByteArraySerializer.class);
      client.put("value.serializer", ByteArraySerializer.class);
      KafkaCommittable done =
          prepared(client, "job-0-1", FlinkKafkaInternalProducer::commitTransaction);
      KafkaCommittable next = prepared(client, "job-0-2", open -> {});
      client.put("transaction.timeout.ms", "1000");
      KafkaCommittable late = prepared(client, "job-0-3", open -> {});
      Broker broker =
          new Broker(
              new KafkaOptions(
                  new ConnectorOptions(
                      "sink", Map.of("properties.bootstrap.servers", kafka.bootstrapServers()))));
      while (broker.openTransactions("job", Duration.ofSeconds(30)) > 1) {
        Thread.onSpinWait();
      }

      // As a job that goes on commits again what it may have committed before.
      commit(client, broker, done);
      commit(client, broker, next);
      commit(client, broker, next);
      for (int start = 0; start < 2; start++) {
        assertThatThrownBy(() -> commit(client, broker, late))
            .cause()
            .hasMessageContaining("topic 'out': transaction 'job-0-3' of a complete checkpoint")
            .hasMessageContaining("properties.transaction.timeout.ms, 60000")
            .hasMessageContaining("a checkpoint or savepoint before this one");
      }
      assertThat(kafka.readCommitted("out")).hasSize(2);
    }
  }

  private static void commit(Properties client, Broker broker, KafkaCommittable transaction)
      throws Exception {
    try (var committer =
        new StrictKafkaSink.StrictCommitter(
            new KafkaCommitter(client, "job", 0, 0, false, FlinkKafkaInternalProducer::new),
            broker,
            "out",
            60_000)) {
      committer.commit(List.of(new Asked(transaction)));
    }
  }

  private static KafkaProducer<byte[], byte[]> transactional(EmbeddedKafka kafka, String id) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", id),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static Set<String> clients() {
    Set<String> names = new TreeSet<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("kafka-admin-client-thread")
          || thread.getName().startsWith("kafka-producer-network-thread")) {
        names.add(thread.getName() + " #" + thread.getId());
      }
    }
    return names;
  }

  /** Remembers the class loader of its job. */
  private static final class Remembers extends RichMapFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public void open(OpenContext context) {
      LOADERS.add(new WeakReference<>(getRuntimeContext().getUserCodeClassLoader()));
    }

    @Override
    public RowData map(RowData row) {
      return row;
    }
  }

  private static void run(EmbeddedKafka kafka) throws Exception {
    ConnectorOptions sourceOptions =
        new ConnectorOptions(
            "source",
            Map.of(
                "connector", "kafka",
                "topic", "in",
                "format", "json",
                "properties.bootstrap.servers", kafka.bootstrapServers(),
                "scan.startup.mode", "earliest-offset",
                "scan.bounded.mode", "latest-offset"));
    ConnectorOptions sinkOptions =
        new ConnectorOptions(
            "sink", Map.of("connector", "kafka", "topic", "out", "format", "json"));
    KafkaConnector connectors = new KafkaConnector();
    RecordSource source = connectors.source(new SourceSpec(sourceOptions, SCHEMA, true));
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    // Without a jar a job has the class loader of the process.
    configuration.set(PipelineOptions.JARS, List.of(emptyJar().toUri().toString()));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    SourceStreams<RowData> streams = source.attach(environment, "source");
    connectors
        .sink(new SinkSpec(sinkOptions, SCHEMA, source.rowType(), sourceOptions, "job", List.of()))
        .attach(
            streams
                .records()
                .map(new Remembers())
                .returns(streams.records().getType())
                .uid("remembers"),
            "sink");
    connectors
        .deadLetters(
            new DeadLetterSpec(
                new ConnectorOptions("dead-letter", Map.of("connector", "kafka", "topic", "dead")),
                sourceOptions,
                sinkOptions,
                "job",
                List.of()))
        .attach(streams.deadLetters().orElseThrow(), "dead-letters");
    environment.execute();
  }

  private static Path emptyJar() throws IOException {
    Path jar = Path.of("target", "empty.jar").toAbsolutePath();
    new JarOutputStream(Files.newOutputStream(jar), new Manifest()).close();
    return jar;
  }
}
