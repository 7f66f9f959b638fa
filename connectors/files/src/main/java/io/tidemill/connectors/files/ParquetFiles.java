package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.SourceStreams;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Reads Parquet files by their columns, with the names and splits of Flink's {@code filesystem}.
 */
public final class ParquetFiles implements ColumnSource {
  /** Types that Flink's readers of columns read well. */
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

  private final ParquetOptions options;
  private final RowType values;

  private final FileReading reading;

  private ParquetFiles(ParquetOptions options, RowType values, FileReading reading) {
    this.options = options;
    this.values = values;
    this.reading = reading;
  }

  /**
   * The files as columns; empty where they are others, or are told of in ways that are not here.
   *
   * @param options that Flink's factory has taken
   * @param values the columns of the files
   * @param reading how they are read
   */
  public static Optional<ColumnSource> of(
      ConnectorOptions options, RowType values, TableKeys keys, FileReading reading) {
    ParquetOptions parquet = new ParquetOptions(options);
    boolean readable =
        parquet.areKnown()
            && keys.partitionedBy().isEmpty()
            && values.getChildren().stream()
                .allMatch(type -> FLAT.contains(type.getTypeRoot()) || ListReader.reads(type));
    return readable ? Optional.of(new ParquetFiles(parquet, values, reading)) : Optional.empty();
  }

  /**
   * The rows of the files.
   *
   * @param inFiles the columns of the files, of any type
   * @param check to which {@link ParquetOptions#MAY_LACK_COLUMNS} is refused that is none
   */
  public static BulkFormat<RowData, FileSourceSplit> rows(
      RowType inFiles, FileReading reading, OptionCheck check) {
    ParquetOptions parquet = new ParquetOptions(check.options());
    boolean mayLackColumns = check.read(ParquetOptions.MAY_LACK_COLUMNS, "true or false");
    return new ParquetRows(
        new ParquetColumnFormat(
            new DeclaredColumns(inFiles, mayLackColumns),
            TypeInformation.of(VectorizedColumnBatch.class),
            parquet.batchSize(),
            parquet.utc(),
            reading.corruptToDeadLetters()),
        inFiles);
  }

  @Override
  public SourceStreams<VectorizedColumnBatch> attach(
      StreamExecutionEnvironment environment,
      String uidPrefix,
      TypeInformation<VectorizedColumnBatch> type,
      int maxRows,
      @Nullable Integer parallelism) {
    ParquetColumnFormat columns =
        new ParquetColumnFormat(
            new DeclaredColumns(values, options.mayLackColumns()),
            type,
            Math.min(maxRows, options.batchSize()),
            options.utc(),
            reading.corruptToDeadLetters());
    RowType rows = Origin.appendTo(values);
    SingleOutputStreamOperator<VectorizedColumnBatch> read =
        new FolderFiles<VectorizedColumnBatch>(options.path(), options.pattern(), reading)
            .attach(
                environment,
                uidPrefix,
                columns,
                JoinedColumns::new,
                new CorruptColumns(rows.getFieldCount()),
                Optional.empty());
    if (parallelism != null) {
      read.setParallelism(parallelism);
    }
    return reading.corruptToDeadLetters()
        ? SourceStreams.ofColumns(read, uidPrefix, rows)
        : new SourceStreams<>(read, Optional.empty());
  }
}
