package io.tidemill.connectors.table;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceStreams;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/** A table source of Flink as a source whose records have no origin. Immutable. */
final class TableRecordSource implements RecordSource {
  private final ConnectorOptions options;
  private final ScanStream stream;
  private final RecordSchema schema;
  private final RowType values;
  private final RowType rowType;
  private final boolean bounded;
  private final boolean restores;
  private final Optional<ColumnSource> columns;

  /**
   * A source.
   *
   * @param restores whether a job that failed goes on where its last checkpoint was
   * @param columns the same records
   */
  TableRecordSource(
      ConnectorOptions options,
      ScanStream stream,
      RecordSchema schema,
      boolean bounded,
      boolean restores,
      Optional<ColumnSource> columns) {
    this.options = options;
    this.stream = stream;
    this.schema = schema;
    this.values = schema.rowType();
    this.rowType = Origin.appendTo(values);
    this.bounded = bounded;
    this.restores = restores;
    this.columns = columns;
  }

  @Override
  public RecordSchema schema() {
    return schema;
  }

  @Override
  public RowType rowType() {
    return rowType;
  }

  @Override
  public boolean bounded() {
    return bounded;
  }

  /** Always false: a connector may hand out what it will change, and says nothing about it. */
  @Override
  public boolean freshRecords() {
    return false;
  }

  @Override
  public String guarantee() {
    return "that of Flink's connector '"
        + options.connector()
        + "'; what its format does not decode fails the job";
  }

  @Override
  public List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return restores || checkpoints.batch()
        ? List.of()
        : List.of(
            new Problem<>(
                new OptionKey(options.place(), ConnectorOptions.CONNECTOR),
                "'"
                    + options.connector()
                    + "' in mode streaming (expected: mode batch; a job that failed would read it"
                    + " from its beginning and write every record again)"));
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    return List.of();
  }

  @Override
  public Optional<ColumnSource> columns() {
    return columns;
  }

  @Override
  public SourceStreams<RowData> attach(StreamExecutionEnvironment environment, String uidPrefix) {
    DataStream<RowData> scanned = stream.attach(environment, uidPrefix);
    String origin = uidPrefix + "-origin";
    SingleOutputStreamOperator<RowData> records =
        scanned
            .map(
                new ProjectFields(
                    values,
                    IntStream.range(0, values.getFieldCount()).toArray(),
                    rowType.getFieldCount()),
                InternalTypeInfo.of(rowType))
            .name(origin)
            .uid(origin)
            .setParallelism(scanned.getParallelism());
    return new SourceStreams<>(records, Optional.empty());
  }
}
