package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.Connectors;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What jobs leave behind in a process that outlives them, as a TaskManager does. */
class KafkaClientsITCase {
  private static final int JOBS = 3;
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("text", "STRING")));

  @Test
  void jobsOneAfterTheOtherLeaveNoClientOfKafka() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
      kafka.createTopic("in", 1);
      kafka.createTopic("out", 1);
      kafka.createTopic("dead", 1);
      kafka.send(List.of(new ProducerRecord<>("in", "{\"text\":\"a\"}".getBytes(UTF_8))));
      Set<String> before = clients();

      for (int i = 1; i <= JOBS; i++) {
        run(kafka);
        assertThat(kafka.readCommitted("out")).hasSize(i);
      }

      Set<String> left = clients();
      left.removeAll(before);
      assertThat(left).as("threads of Kafka's clients after %d jobs", JOBS).isEmpty();
    }
  }

  private static Set<String> clients() {
    Set<String> names = new TreeSet<>();
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      String name = thread.getKey().getName();
      if (name.startsWith("kafka-admin-client-thread")
          || name.startsWith("kafka-producer-network-thread")) {
        names.add(name + " #" + thread.getKey().getId());
      }
    }
    return names;
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
    Connectors connectors = new Connectors();
    RecordSource source = connectors.source(new SourceSpec(sourceOptions, SCHEMA, true));
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    SourceStreams streams = source.attach(environment, "source");
    connectors
        .sink(new SinkSpec(sinkOptions, SCHEMA, source.rowType(), sourceOptions, "job", List.of()))
        .attach(streams.records(), "sink");
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
}
