package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;

/**
 * Files of Avro or Parquet, or of another format of Flink's, such as ORC, that a job asks to have
 * read in another way than Flink's connector does it. Immutable.
 */
public final class FormatFiles implements RecordSource {
  private static final Set<String> KNOWN =
      Set.of(
          ConnectorOptions.CONNECTOR,
          FactoryUtil.FORMAT.key(),
          FileSystemConnectorOptions.PATH.key(),
          FileSystemConnectorOptions.PARTITION_DEFAULT_NAME.key(),
          FileSystemConnectorOptions.SOURCE_MONITOR_INTERVAL.key(),
          FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN.key(),
          FileSystemConnectorOptions.SOURCE_REPORT_STATISTICS.key());

  private final SourceSpec spec;
  private final OriginRows format;
  private final Optional<ColumnSource> columns;
  private final RowType rowType;

  private FormatFiles(SourceSpec spec, OriginRows format, Optional<ColumnSource> columns) {
    this.spec = spec;
    this.format = format;
    this.columns = columns;
    this.rowType = Origin.appendTo(spec.schema().rowType());
  }

  /**
   * Files as a source.
   *
   * @param spec whose options Flink's factory has taken
   * @param format makes that of whole files, for the columns that are in them
   * @param columns the same records
   * @throws InvalidOptionsException if they are told of in ways that are not here
   */
  public static RecordSource of(
      SourceSpec spec,
      Function<RowType, BulkFormat<RowData, FileSourceSplit>> format,
      Optional<ColumnSource> columns,
      OptionCheck check) {
    refuseUnknown(spec, check);
    FolderColumns all =
        new FolderColumns(
            spec.schema().rowType(),
            spec.keys().partitionedBy(),
            options(spec).get(FileSystemConnectorOptions.PARTITION_DEFAULT_NAME));
    OriginRows rows = new OriginRows(format.apply(all.inFiles()), all);
    check.throwIfAny();
    return new FormatFiles(spec, rows, columns);
  }

  /** Refuses what only Flink's connector knows. */
  private static void refuseUnknown(SourceSpec spec, OptionCheck check) {
    String format = spec.options().format().orElse("");
    spec.files()
        .asked()
        .forEach(
            (asked, value) -> {
              for (String key : spec.options().values().keySet()) {
                if (!KNOWN.contains(key) && !key.startsWith(format + ".")) {
                  check.refuse(
                      asked,
                      "%s beside '%s' (expected: one of the two, as Flink's connector alone reads"
                          + " '%s')",
                      value,
                      key,
                      key);
                }
              }
            });
  }

  @Override
  public RecordSchema schema() {
    return spec.schema();
  }

  @Override
  public RowType rowType() {
    return rowType;
  }

  @Override
  public boolean bounded() {
    return monitorInterval().isEmpty();
  }

  @Override
  public boolean freshRecords() {
    return true;
  }

  @Override
  public String guarantee() {
    return "read on from the places of the last checkpoint; what does not decode fails the job"
        + spec.files().guarantee();
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    return List.of();
  }

  @Override
  public Optional<String> misfit(Duration limit) {
    if (!bounded() || !spec.options().filesTellColumns()) {
      return Optional.empty();
    }
    FutureTask<Optional<String>> look = new FutureTask<>(this::misfit);
    // Nobody waits for a file system that does not answer, nor does the process.
    Thread looking = new Thread(look, "misfit of " + spec.options().place());
    looking.setDaemon(true);
    looking.start();
    try {
      return look.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException unreadable) {
      // Which is no matter of its columns, and told by whoever reads it.
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private Optional<String> misfit() throws IOException {
    Optional<FileSourceSplit> last = new TellingFiles(spec.options(), spec.files()).last();
    if (last.isPresent()) {
      try (BulkFormat.Reader<RowData> reader =
          format.createReader(new Configuration(), last.get())) {
        reader.readBatch();
      } catch (RecordFailureException otherwise) {
        return Optional.of(String.valueOf(otherwise.getMessage()));
      }
    }
    return Optional.empty();
  }

  @Override
  public Optional<ColumnSource> columns() {
    return columns;
  }

  @Override
  public SourceStreams<RowData> attach(StreamExecutionEnvironment environment, String uidPrefix) {
    Path path = new Path(spec.options().value(FileSystemConnectorOptions.PATH.key()).orElseThrow());
    Optional<String> pattern =
        options(spec).getOptional(FileSystemConnectorOptions.SOURCE_PATH_REGEX_PATTERN);
    SingleOutputStreamOperator<RowData> read =
        new FolderFiles<RowData>(path, pattern, spec.files())
            .attach(
                environment,
                uidPrefix,
                format,
                UnaryOperator.identity(),
                new CorruptRow(rowType.getFieldCount()),
                monitorInterval());
    return spec.files().corruptToDeadLetters()
        ? SourceStreams.ofDecoded(read, uidPrefix, rowType)
        : new SourceStreams<>(read, Optional.empty());
  }

  private Optional<Duration> monitorInterval() {
    return options(spec).getOptional(FileSystemConnectorOptions.SOURCE_MONITOR_INTERVAL);
  }

  private static Configuration options(SourceSpec spec) {
    return Configuration.fromMap(spec.options().values());
  }
}
