package io.tidemill.connectors.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.hadoop.HadoopTables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MiniClusterExtension.class)
class IcebergITCase {
  private static final RecordSchema SCHEMA =
      RecordSchema.ofColumns(
          List.of(
              new RecordSchema.Column("day", "STRING"),
              new RecordSchema.Column("score", "DOUBLE")));

  @TempDir Path folder;

  @Test
  void overwriteReplacesThePartitionsOfTheRowsInOneCommit() throws Exception {
    write(true, row("mon", 1), row("tue", 2));
    write(true, row("tue", 3), row("tue", 4));

    assertThat(read(Map.of())).containsExactlyInAnyOrder("mon 1.0", "tue 3.0", "tue 4.0");
    assertThat(table().snapshots()).hasSize(2);
  }

  @Test
  void withoutOverwriteRowsAreAdded() throws Exception {
    write(false, row("mon", 1));
    write(false, row("mon", 2));

    assertThat(read(Map.of())).containsExactlyInAnyOrder("mon 1.0", "mon 2.0");
  }

  @Test
  void aSnapshotAndABranchAreRead() throws Exception {
    write(true, row("mon", 1));
    Snapshot first = table().currentSnapshot();
    write(true, row("mon", 2));
    table().manageSnapshots().createBranch("audit", first.snapshotId()).commit();

    assertThat(read(Map.of())).containsExactly("mon 2.0");
    assertThat(read(Map.of("snapshot-id", String.valueOf(first.snapshotId()))))
        .containsExactly("mon 1.0");
    assertThat(read(Map.of("branch", "audit"))).containsExactly("mon 1.0");
  }

  @Test
  void everyOperatorHasAUidOfItsOwn() {
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.STREAMING);
    sink(false)
        .attach(
            environment.fromData(
                InternalTypeInfo.of(Origin.appendTo(SCHEMA.rowType())), row("mon", 1)),
            "sink");

    assertThat(environment.getStreamGraph().getStreamNodes())
        .filteredOn(node -> !node.getInEdges().isEmpty())
        .extracting(StreamNode::getTransformationUID)
        .doesNotContainNull()
        .doesNotHaveDuplicates()
        .allMatch(uid -> uid.startsWith("sink"));
  }

  private Table table() {
    return new HadoopTables(new Configuration()).load(folder.resolve("db/scores").toString());
  }

  private ConnectorOptions options(String place, Map<String, String> more) {
    Map<String, String> options = new HashMap<>(more);
    options.putAll(
        Map.of(
            "connector", "iceberg",
            "catalog-name", "lake",
            "catalog-type", "hadoop",
            "warehouse", folder.toUri().toString(),
            "catalog-database", "db",
            "catalog-table", "scores"));
    return new ConnectorOptions("job.yaml: " + place, options);
  }

  private static RowData row(String day, double score) {
    return GenericRowData.of(StringData.fromString(day), score, null);
  }

  private RecordSink sink(boolean overwrite) {
    return new TableConnector()
        .sink(
            new SinkSpec(
                options("sink", Map.of()),
                SCHEMA,
                new TableKeys(List.of(), List.of("day"), overwrite),
                Origin.appendTo(SCHEMA.rowType()),
                options("source", Map.of()),
                "job",
                List.of()));
  }

  private void write(boolean overwrite, RowData... rows) throws Exception {
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    sink(overwrite)
        .attach(
            environment.fromData(InternalTypeInfo.of(Origin.appendTo(SCHEMA.rowType())), rows),
            "sink");
    environment.execute();
  }

  private List<String> read(Map<String, String> more) throws Exception {
    StreamExecutionEnvironment environment = environment(RuntimeExecutionMode.BATCH);
    var source =
        new TableConnector()
            .source(new SourceSpec(options("source", more), SCHEMA, TableKeys.NONE, false));
    assertThat(source.bounded()).isTrue();
    List<String> rows = new ArrayList<>();
    try (CloseableIterator<RowData> read =
        source.attach(environment, "source").records().executeAndCollect()) {
      read.forEachRemaining(row -> rows.add(row.getString(0) + " " + row.getDouble(1)));
    }
    return rows;
  }

  private static StreamExecutionEnvironment environment(RuntimeExecutionMode mode) {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setRuntimeMode(mode);
    environment.setParallelism(1);
    return environment;
  }
}
