package io.tidemill.connectors.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Has as many slots as readers, which then read at once. */
class FileOrderITCase {
  private static final int READERS = 2;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(READERS)
              .build());

  @TempDir private Path folder;

  /** It is longer than a range. */
  @Test
  void recordsOfALargeFileThatIsReadWholeKeepTheirOrder() throws Exception {
    String noise = "x".repeat(4_000);
    int count = 26_000;
    try (BufferedWriter file = Files.newBufferedWriter(folder.resolve("a.json"))) {
      for (int i = 0; i < count; i++) {
        file.write("{\"id\":%d,\"noise\":\"%s\"}\n".formatted(i, noise));
      }
    }
    RecordSource source =
        new TableConnector()
            .source(
                new SourceSpec(
                    new ConnectorOptions(
                        "source",
                        Map.of(
                            "connector",
                            "filesystem",
                            "path",
                            folder.toUri().toString(),
                            "format",
                            "json")),
                    RecordSchema.ofColumns(List.of(new RecordSchema.Column("id", "INT"))),
                    TableKeys.NONE,
                    false,
                    new FileReading(false, true)));
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(READERS);
    int next = 0;

    assertThat(source.guarantee()).endsWith("; each file is read by one reader, in its order");
    try (CloseableIterator<RowData> rows =
        source.attach(environment, "source").records().executeAndCollect()) {
      while (rows.hasNext()) {
        assertThat(rows.next().getInt(0)).isEqualTo(next++);
      }
    }

    assertThat(next).isEqualTo(count);
  }
}
