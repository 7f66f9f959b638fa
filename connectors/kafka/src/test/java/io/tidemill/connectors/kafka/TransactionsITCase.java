package io.tidemill.connectors.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.SinkSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionListing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a broker keeps of the transactions of an exactly-once sink: docs/scale.md. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class TransactionsITCase {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(List.of(new RecordSchema.Column("text", "STRING")));
  private static final int SUBTASKS = 2;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(SUBTASKS)
              .build());

  private static final int RECORDS = 500;
  private static final int RECORDS_PER_SECOND = 100;

  /** Checkpoints that each subtask saw complete, added up. */
  private static final AtomicInteger COMPLETED = new AtomicInteger();

  private static final class CountsCheckpoints
      implements MapFunction<RowData, RowData>, CheckpointListener {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData map(RowData row) {
      return row;
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
      COMPLETED.incrementAndGet();
    }
  }

  @Test
  void aBrokerRemembersATransactionalIdForEachSubtaskAndCheckpoint() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
      kafka.createTopic("out", SUBTASKS);
      run(kafka);

      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
        Collection<TransactionListing> kept = admin.listTransactions().all().get();
        // The one that is open when the job ends, and what ends before it is told of.
        assertThat(kept)
            .hasSizeBetween(COMPLETED.get(), COMPLETED.get() + 3 * SUBTASKS)
            .hasSizeGreaterThan(SUBTASKS)
            .allSatisfy(one -> assertThat(one.transactionalId()).startsWith("job-predictions-"));
      }
    }
  }

  private static void run(EmbeddedKafka kafka) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(SUBTASKS);
    InternalTypeInfo<RowData> type = InternalTypeInfo.of(SCHEMA.rowType());
    DataGeneratorSource<RowData> source =
        new DataGeneratorSource<>(
            number -> GenericRowData.of(StringData.fromString("record " + number)),
            RECORDS,
            RateLimiterStrategy.perSecond(RECORDS_PER_SECOND),
            type);
    ConnectorOptions options =
        new ConnectorOptions(
            "sink",
            Map.of(
                "connector", "kafka",
                "topic", "out",
                "format", "json",
                "properties.bootstrap.servers", kafka.bootstrapServers()));
    new KafkaConnector()
        .sink(
            new SinkSpec(
                options,
                SCHEMA,
                SCHEMA.rowType(),
                new ConnectorOptions("source", Map.of()),
                "job",
                List.of()))
        .attach(
            environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), "source")
                .map(new CountsCheckpoints())
                .returns(type),
            "sink");
    environment.execute();
  }
}
