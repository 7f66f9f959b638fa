package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MiniClusterExtension.class)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EndingSourceITCase {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("id", "INT")));

  @Test
  void boundedTopicThatGoesOnFromASavepointEndsWithEachRecordOnce(@TempDir Path savepoints)
      throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
      kafka.createTopic("in", 2);
      kafka.createTopic("out", 1);
      // The end lies behind what is there, so that the first run does not reach it.
      send(kafka, 0, 6);
      JobClient first = start(kafka, null);
      while (kafka.readCommitted("out").size() < 6) {
        LockSupport.parkNanos(100_000_000);
      }
      String savepoint =
          first
              .stopWithSavepoint(
                  false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
              .get();
      send(kafka, 6, 20);

      start(kafka, savepoint).getJobExecutionResult().get();

      assertThat(
              kafka.readCommitted("out").stream().map(record -> new String(record.value(), UTF_8)))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, 20).mapToObj("{\"id\":%d}"::formatted).toList());
    }
  }

  private static void send(EmbeddedKafka kafka, int from, int to) {
    kafka.send(
        IntStream.range(from, to)
            .mapToObj(
                id ->
                    new ProducerRecord<byte[], byte[]>(
                        "in", id % 2, null, "{\"id\":%d}".formatted(id).getBytes(UTF_8)))
            .toList());
  }

  private static JobClient start(EmbeddedKafka kafka, @Nullable String savepoint) throws Exception {
    ConnectorOptions options =
        options(
            "in",
            Map.of(
                "properties.bootstrap.servers", kafka.bootstrapServers(),
                "scan.startup.mode", "earliest-offset",
                "scan.bounded.mode", "specific-offsets",
                "scan.bounded.specific-offsets", "partition:0,offset:10;partition:1,offset:10"));
    RecordSource source = new KafkaConnector().source(new SourceSpec(options, SCHEMA, false));
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
    if (savepoint != null) {
      configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
    }
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    new KafkaConnector()
        .sink(
            new SinkSpec(
                options("out", Map.of()), SCHEMA, source.rowType(), options, "ending", List.of()))
        .attach(source.attach(environment, "source").records(), "sink");
    return environment.executeAsync();
  }

  private static ConnectorOptions options(String topic, Map<String, String> more) {
    Map<String, String> values = new LinkedHashMap<>(more);
    values.put("connector", "kafka");
    values.put("topic", topic);
    values.put("format", "json");
    return new ConnectorOptions("job.yaml", values);
  }
}
