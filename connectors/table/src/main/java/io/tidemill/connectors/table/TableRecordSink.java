package io.tidemill.connectors.table;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.ColumnSink;
import io.tidemill.connectors.record.RecordSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsOverwrite;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/** A table sink of Flink as a sink of records. Immutable. */
final class TableRecordSink implements RecordSink {
  /** Publishes its files when a checkpoint completes, and without one never. */
  private final ConnectorOptions options;

  private final SinkTable table;
  private final MapFunction<RowData, RowData> columns;
  private final RowType written;
  private final TableKeys keys;
  private final Optional<ColumnSink> byColumns;

  TableRecordSink(
      ConnectorOptions options,
      SinkTable table,
      MapFunction<RowData, RowData> columns,
      RowType written,
      TableKeys keys,
      Optional<ColumnSink> byColumns) {
    this.options = options;
    this.table = table;
    this.columns = columns;
    this.written = written;
    this.keys = keys;
    this.byColumns = byColumns;
    // Finds what a connector refuses; who replaces rows does it in a batch alone.
    stream(table.sink(), keys.overwrite());
  }

  @Override
  public ConnectorOptions options() {
    return options;
  }

  @Override
  public String guarantee() {
    return "that of Flink's connector '"
        + options.connector()
        + "'"
        + (keys.primaryKey().isEmpty()
            ? ""
            : ", by the key " + String.join(", ", keys.primaryKey()))
        + (keys.overwrite() ? ", which replaces what its partitions hold" : "")
        + "; tombstones are not written, and counted";
  }

  @Override
  public List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    List<Problem<OptionKey>> problems = new ArrayList<>();
    if (options.names(ConnectorOptions.FILESYSTEM)
        && !checkpoints.batch()
        && checkpoints.interval().isEmpty()) {
      problems.add(
          problem(
              ConnectorOptions.CONNECTOR,
              "'filesystem' with checkpoints off (expected: checkpoints, since only they publish"
                  + " files; set execution.checkpointing.interval)"));
    }
    if (keys.overwrite() && !checkpoints.batch()) {
      problems.add(
          problem(
              TableKeys.OVERWRITE,
              "true in a job that has no end (expected: mode: batch, whose predictions replace the"
                  + " old ones at once)"));
    }
    return problems;
  }

  private Problem<OptionKey> problem(String option, String message) {
    return new Problem<>(new OptionKey(options.place(), option), message);
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    return List.of();
  }

  @Override
  public Optional<ColumnSink> columns() {
    return byColumns;
  }

  @Override
  public Optional<String> toBeMade() {
    return table
        .missing()
        .map(
            name ->
                name
                    + " is not there: a run makes it, with the columns of the sink"
                    + (keys.partitionedBy().isEmpty()
                        ? ""
                        : ", partitioned by " + String.join(", ", keys.partitionedBy())));
  }

  @Override
  public void prepare() {
    table.make();
  }

  @Override
  public void attach(DataStream<RowData> rows, String uidPrefix) {
    add(rows, uidPrefix, table.running());
  }

  @Override
  public void outline(DataStream<RowData> rows, String uidPrefix) {
    add(rows, uidPrefix, table.sink());
  }

  private void add(DataStream<RowData> rows, String uidPrefix, DynamicTableSink sink) {
    String tombstones = uidPrefix + "-tombstones";
    String fields = uidPrefix + "-fields";
    DataStream<RowData> chosen =
        rows.filter(new SkipTombstones())
            .name(tombstones)
            .uid(tombstones)
            .setParallelism(rows.getParallelism())
            .map(columns, InternalTypeInfo.of(written))
            .name(fields)
            .uid(fields)
            .setParallelism(rows.getParallelism());
    boolean batch =
        rows.getExecutionEnvironment().getConfiguration().get(ExecutionOptions.RUNTIME_MODE)
            == RuntimeExecutionMode.BATCH;
    stream(sink, batch).attach(chosen, uidPrefix);
  }

  private SinkStream stream(DynamicTableSink sink, boolean batch) {
    if (sink instanceof SupportsOverwrite replacing) {
      replacing.applyOverwrite(keys.overwrite());
    }
    sink.getChangelogMode(ChangelogMode.insertOnly());
    return SinkStream.of(
        sink.getSinkRuntimeProvider(new SinkRuntimeProviderContext(batch)),
        new OptionCheck(options));
  }
}
