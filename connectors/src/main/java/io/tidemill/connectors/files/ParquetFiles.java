package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.ColumnSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DelegatingConfiguration;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.ParquetFileFormatFactory;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Parquet files by their columns, with the names, splits and options of Flink's {@code filesystem}.
 *
 * @param options that Flink's factory has taken
 * @param values the columns of the files
 */
public record ParquetFiles(ConnectorOptions options, RowType values) implements ColumnSource {
  private static final String PARQUET = ParquetFileFormatFactory.IDENTIFIER;
  private static final String FORMAT_PREFIX = PARQUET + ".";
  private static final Set<String> KNOWN =
      Set.of(
          ConnectorOptions.CONNECTOR,
          FactoryUtil.FORMAT.key(),
          FileSystemConnectorOptions.PATH.key());

  /** Types that lie in one vector each. */
  private static final Set<LogicalTypeRoot> FLAT =
      EnumSet.of(
          LogicalTypeRoot.BOOLEAN,
          LogicalTypeRoot.TINYINT,
          LogicalTypeRoot.SMALLINT,
          LogicalTypeRoot.INTEGER,
          LogicalTypeRoot.BIGINT,
          LogicalTypeRoot.FLOAT,
          LogicalTypeRoot.DOUBLE,
          LogicalTypeRoot.DECIMAL,
          LogicalTypeRoot.CHAR,
          LogicalTypeRoot.VARCHAR,
          LogicalTypeRoot.BINARY,
          LogicalTypeRoot.VARBINARY,
          LogicalTypeRoot.DATE,
          LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE,
          LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE,
          LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

  /**
   * The files as columns; empty where they are others, or are told of in ways that are not here.
   */
  public static Optional<ColumnSource> of(
      ConnectorOptions options, RowType values, TableKeys keys) {
    boolean readable =
        options.format().filter(PARQUET::equals).isPresent()
            && options.values().keySet().stream()
                .allMatch(key -> KNOWN.contains(key) || key.startsWith(FORMAT_PREFIX))
            && keys.partitionedBy().isEmpty()
            && values.getChildren().stream().map(LogicalType::getTypeRoot).allMatch(FLAT::contains);
    return readable ? Optional.of(new ParquetFiles(options, values)) : Optional.empty();
  }

  @Override
  public DataStream<VectorizedColumnBatch> attach(
      StreamExecutionEnvironment environment,
      String uidPrefix,
      TypeInformation<VectorizedColumnBatch> type,
      int maxRows) {
    var format =
        new DelegatingConfiguration(Configuration.fromMap(options.values()), FORMAT_PREFIX);
    ParquetColumnFormat columns =
        new ParquetColumnFormat(
            hadoop(),
            values,
            type,
            Math.min(maxRows, format.get(ParquetFileFormatFactory.BATCH_SIZE)),
            format.get(ParquetFileFormatFactory.UTC_TIMEZONE));
    Path path = new Path(options.value(FileSystemConnectorOptions.PATH.key()).orElseThrow());
    return environment
        .fromSource(
            FileSource.forBulkFileFormat(columns, path).build(),
            WatermarkStrategy.noWatermarks(),
            uidPrefix,
            type)
        .uid(uidPrefix);
  }

  private org.apache.hadoop.conf.Configuration hadoop() {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    options
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith(FORMAT_PREFIX)) {
                hadoop.set(key, value);
              }
            });
    return hadoop;
  }
}
