package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.FloatValue;
import com.google.protobuf.Timestamp;
import io.tidemill.connectors.kafka.EmbeddedKafka;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of connectors/kafka, whose message classes come with Protobuf itself. */
class ProtobufITCase {
  /** A field that is longer than the bytes. */
  private static final byte[] GARBAGE = {10, 99, 1};

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static EmbeddedKafka kafka;

  @TempDir private Path directory;

  @BeforeAll
  static void startBroker() throws Exception {
    kafka = EmbeddedKafka.start();
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  @Test
  void messagesAreReadAndWrittenAndWhatIsNoneBecomesADeadLetter() throws Exception {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    List.of("moments", "sums", "dead").forEach(topic -> kafka.createTopic(topic, 1));
    kafka.send(
        List.of(
            value(Timestamp.newBuilder().setSeconds(1_000).setNanos(5).build().toByteArray()),
            value(GARBAGE),
            value(Timestamp.newBuilder().setSeconds(-3).build().toByteArray()),
            value(new byte[0])));
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            example().replace("localhost:9092", kafka.bootstrapServers()));

    CommandRun run = CommandRun.of("run", job.toString(), "--store", new Jobs(directory).store());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(kafka.readCommitted("sums"))
        .extracting(sum -> FloatValue.parseFrom(sum.value()).getValue())
        .containsExactly(1_005f, -3f, 0f);
    assertThat(kafka.readCommitted("dead"))
        .singleElement()
        .satisfies(letter -> assertThat(letter.value()).isEqualTo(GARBAGE));
    Files.writeString(
        job, Files.readString(job).replace("protobuf.Timestamp", "protobuf.Timestmp"));
    assertThat(CommandRun.of("plan", job.toString(), "--store", new Jobs(directory).store()).err())
        .contains("source: format: ", "com.google.protobuf.Timestmp");
    Files.writeString(
        job,
        Files.readString(job)
            .replace(
                "protobuf.Timestmp", "protobuf.Timestamp\n  protobuf.ignore-parse-errors: true"));
    assertThat(CommandRun.of("plan", job.toString(), "--store", new Jobs(directory).store()).err())
        .contains("protobuf.ignore-parse-errors");
  }

  private static ProducerRecord<byte[], byte[]> value(byte[] value) {
    return new ProducerRecord<>("moments", 0, 1_000L, "k".getBytes(UTF_8), value);
  }

  private static String example() throws Exception {
    String page = Files.readString(Path.of("../../connectors/kafka/README.md"));
    int begin = page.indexOf("name: moments\n");
    assertThat(begin).as("the example").isPositive();
    return page.substring(begin, page.indexOf("```", begin));
  }
}
