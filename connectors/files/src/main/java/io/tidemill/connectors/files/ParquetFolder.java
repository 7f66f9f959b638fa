package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.ColumnSink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.file.table.EmptyMetaStoreFactory;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.connector.file.table.FileSystemOutputFormat;
import org.apache.flink.connector.file.table.PartitionCommitPolicyFactory;
import org.apache.flink.connector.file.table.PartitionComputer;
import org.apache.flink.formats.parquet.utils.SerializableConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Writes Parquet files of columns, staged, named and moved into their folder as Flink's {@code
 * filesystem} does it at the end of a batch job.
 */
public final class ParquetFolder implements ColumnSink {
  private static final int DIGITS_OF_MICROS = 6;

  private final ParquetOptions options;
  private final int[] positions;
  private final RowType written;
  private final boolean overwrite;

  private ParquetFolder(
      ParquetOptions options, int[] positions, RowType written, boolean overwrite) {
    this.overwrite = overwrite;
    this.options = options;
    this.positions = positions;
    this.written = written;
  }

  /**
   * The folder; empty where its files are others, or it is told of in ways that are not here.
   *
   * @param options that Flink's factory has taken
   * @param positions of the columns that are written among those that come
   */
  public static Optional<ColumnSink> of(
      ConnectorOptions options, int[] positions, RowType written, TableKeys keys) {
    ParquetOptions parquet = new ParquetOptions(options);
    return parquet.areKnown() && !parquet.areEncrypted() && keys.partitionedBy().isEmpty()
        ? Optional.of(new ParquetFolder(parquet, positions, written, keys.overwrite()))
        : Optional.empty();
  }

  /**
   * The options with which such columns are written so that every reader has their values. Flink's
   * usual form of timestamps is days and what is left of one, in which those before 1970 that are
   * no whole seconds are others, or none.
   */
  public static ConnectorOptions writing(ConnectorOptions options, RowType columns) {
    if (timestamps(columns).findAny().isEmpty()) {
      return options;
    }
    int digits = timestamps(columns).mapToInt(LogicalTypeChecks::getPrecision).max().orElse(0);
    Map<String, String> values = new LinkedHashMap<>(options.values());
    if (values.putIfAbsent(ParquetOptions.AS_COUNTS, "true") == null && digits > DIGITS_OF_MICROS) {
      values.putIfAbsent(ParquetOptions.UNIT, "nanos");
    }
    return new ConnectorOptions(options.place(), values);
  }

  /** Those of columns and of what is in them, all of which Flink writes in one form. */
  private static Stream<LogicalType> timestamps(LogicalType type) {
    return type.is(LogicalTypeFamily.TIMESTAMP)
        ? Stream.of(type)
        : type.getChildren().stream().flatMap(ParquetFolder::timestamps);
  }

  @Override
  public RowType written() {
    return written;
  }

  @Override
  @SuppressWarnings(
      "deprecation") // Of writeUsingOutputFormat: Flink's own sink knows no other way.
  public void attach(
      DataStream<VectorizedColumnBatch> rows,
      String uidPrefix,
      TypeInformation<VectorizedColumnBatch> type) {
    String columns = uidPrefix + "-columns";
    var sink =
        rows.flatMap(new ProjectColumns(positions))
            .returns(type)
            .name(columns)
            .uid(columns)
            .setParallelism(rows.getParallelism())
            .writeUsingOutputFormat(new StagedFiles<>(format(), options.path().toString()));
    sink.getTransformation().setParallelism(rows.getParallelism());
    sink.name(uidPrefix).uid(uidPrefix);
  }

  private FileSystemOutputFormat<VectorizedColumnBatch> format() {
    RowType type = written;
    SerializableConfiguration settings = new SerializableConfiguration(options.hadoop());
    boolean utc = options.utc();
    return new FileSystemOutputFormat.Builder<VectorizedColumnBatch>()
        .setPartitionComputer(new NoPartitions())
        .setPartitionColumns(new String[0])
        .setFormatFactory(path -> new ParquetOutput(path, type, settings, utc))
        .setMetaStoreFactory(new EmptyMetaStoreFactory(options.path()))
        .setPath(options.path())
        .setOverwrite(overwrite)
        .setOutputFileConfig(
            OutputFileConfig.builder().withPartPrefix("part-" + UUID.randomUUID()).build())
        .setPartitionCommitPolicyFactory(
            new PartitionCommitPolicyFactory(
                null,
                null,
                FileSystemConnectorOptions.SINK_PARTITION_COMMIT_SUCCESS_FILE_NAME.defaultValue(),
                List.of()))
        .build();
  }

  private static final class NoPartitions implements PartitionComputer<VectorizedColumnBatch> {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NonApiType") // As Flink declares it.
    public LinkedHashMap<String, String> generatePartValues(VectorizedColumnBatch columns) {
      return new LinkedHashMap<>();
    }

    @Override
    public VectorizedColumnBatch projectColumnsToWrite(VectorizedColumnBatch columns) {
      return columns;
    }
  }
}
