package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.cli.ProcessCluster;
import io.tidemill.pipelines.cli.Tidemill;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

/**
 * Jobs that score numbered records from a topic into topic {@code out}, exactly once, and what they
 * need beside a broker: topics, a store with their model, records, and the command.
 *
 * <p>For use by one thread, but for {@link #send}.
 */
final class ScoringJobs implements AutoCloseable {
  /** So many records differ in what the model is given. */
  private static final int KINDS = 10_007;

  private static final int KEYS = 16;
  private static final String PREDICTIONS = "out";
  static final String DEAD_LETTERS = "dead";

  private final Path directory;
  private final String bootstrapServers;
  private final int partitions;
  private final TopicAdmin topics;
  private final KafkaProducer<byte[], byte[]> producer;
  private final float[] answers;

  /**
   * Creates the topics of predictions and dead letters and these, and publishes the model.
   *
   * @param directory for everything that is written
   */
  ScoringJobs(Path directory, String bootstrapServers, int partitions, String... sources)
      throws IOException {
    this.directory = directory;
    this.bootstrapServers = bootstrapServers;
    this.partitions = partitions;
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("mlp", "1.0.0", SavedModels.mlp(model, 2), model);
    answers = answers(model);
    topics = new TopicAdmin(bootstrapServers);
    topics.create(partitions, PREDICTIONS, DEAD_LETTERS);
    topics.create(partitions, sources);
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                // Longer than any test has no broker.
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                600_000,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                600_000),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Asks the engine itself, in one call. */
  private static float[] answers(Path model) {
    float[] features = new float[KINDS * 2];
    for (int kind = 0; kind < KINDS; kind++) {
      features[kind * 2] = a(kind);
      features[kind * 2 + 1] = b(kind);
    }
    try (SavedModelBundle bundle = SavedModelBundle.load(model.toString(), "serve");
        TFloat32 input = TFloat32.tensorOf(Shape.of(KINDS, 2), DataBuffers.of(features));
        Result result = bundle.function("serving_default").call(Map.of("features", input))) {
      TFloat32 score = (TFloat32) result.get("score").orElseThrow();
      float[] answers = new float[KINDS];
      for (int kind = 0; kind < KINDS; kind++) {
        answers[kind] = score.getFloat(kind, 0);
      }
      return answers;
    }
  }

  private static float a(int id) {
    return id * 7919L % KINDS * 4f / KINDS - 2;
  }

  private static float b(int id) {
    return id * 104_729L % KINDS * 4f / KINDS - 2;
  }

  /** What the model itself answers for a record. */
  float answer(int id) {
    return answers[id % KINDS];
  }

  /** A record that becomes a prediction. */
  static String sound(int id) {
    return "{\"id\": %d, \"a\": %s, \"b\": %s}".formatted(id, a(id), b(id));
  }

  /** A record that becomes a dead letter, as the model wants an {@code a}. */
  static String withoutA(int id) {
    return "{\"id\": %d, \"b\": %s}".formatted(id, b(id));
  }

  /** Writes a record; those of one key keep their order. Does not wait for the broker. */
  void send(String topic, int id, String value) {
    byte[] key = ("key-" + id % KEYS).getBytes(UTF_8);
    var unused = producer.send(new ProducerRecord<>(topic, key, value.getBytes(UTF_8)));
  }

  /** Waits until the broker has all that was sent. */
  void flush() {
    producer.flush();
  }

  TopicAdmin topics() {
    return topics;
  }

  /** Opens an account of what is in the topics of predictions and dead letters. */
  Account account() {
    return new Account(bootstrapServers, partitions, PREDICTIONS, DEAD_LETTERS, this::answer);
  }

  /**
   * Writes a job.
   *
   * @param topic where its records come from
   * @param source more options of its source, each on a line
   * @param flink its options of Flink, as of a YAML map
   */
  Path write(String name, String topic, String source, String flink) throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        """
        name: %1$s
        store: %2$s
        source:
          connector: kafka
          topic: %3$s
          properties.bootstrap.servers: %4$s
          scan.startup.mode: earliest-offset
          format: json
          columns: { id: INT, a: DOUBLE, b: FLOAT }
        %5$s
        steps:
          - id: score
            model: mlp:1.0.0
            input: { features: [a, b] }
            output: { score: score }
            resources: { device: cpu }
        sink:
          connector: kafka
          topic: %6$s
          format: json
          sink.delivery-guarantee: exactly-once
        dead-letter: { connector: kafka, topic: %7$s }
        flink: { %8$s }
        """
            .formatted(
                name,
                new Jobs(directory).store(),
                topic,
                bootstrapServers,
                source.isEmpty() ? "" : source.indent(2).stripTrailing(),
                PREDICTIONS,
                DEAD_LETTERS,
                flink));
  }

  /** A cluster for them, whose class path has all but what a job brings itself. */
  ProcessCluster cluster(String configuration) throws Exception {
    return new ProcessCluster(
        directory, ProcessCluster.classPathWithout(List.of("/pipelines/")), configuration);
  }

  /**
   * Starts {@code tidemill} with these words in a process of its own, in the folder of the jobs; a
   * log has what it says.
   */
  Process command(Path log, Map<String, String> environment, String... words) throws IOException {
    // A build in the background hands on to its children that Ctrl-C is not for them.
    List<String> line = new ArrayList<>(List.of("env", "--default-signal=INT"));
    line.add(ProcessHandle.current().info().command().orElseThrow());
    // The doors that Flink and Arrow need are the test's own.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(line::add);
    line.addAll(
        List.of(
            "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:MetaspaceSize=256m"));
    // What users see is what the script logs.
    line.add(
        "-Dlog4j.configurationFile="
            + Path.of("../cli/conf/log4j2.properties").toAbsolutePath().normalize());
    line.add("-Djava.io.tmpdir=" + Files.createDirectories(directory.resolve("tmp")));
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Tidemill.class.getName()));
    line.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("TIDEMILL_CACHE", directory.resolve("cache").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  @Override
  public void close() {
    producer.close();
    topics.close();
  }
}
