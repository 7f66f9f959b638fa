package io.tidemill.connectors.files;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.RowJson;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.record.ValueDecoder;
import io.tidemill.connectors.record.WholeJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Text files as a source, each of whose records knows its file and its place in it, and becomes a
 * dead letter where it does not decode. Immutable but for the decoder of {@link #decode}.
 */
public final class TextFiles implements RecordSource {
  private final SourceSpec spec;
  private final TextOptions options;
  private final TextFormat format;
  private final ValueDecoder decoder;
  private final RowType inFiles;
  private final RowType rowType;

  private TextFiles(
      SourceSpec spec,
      TextOptions options,
      TextFormat format,
      ValueDecoder decoder,
      RowType inFiles) {
    this.spec = spec;
    this.options = options;
    this.format = format;
    this.decoder = decoder;
    this.inFiles = inFiles;
    this.rowType = Origin.appendTo(spec.schema().rowType());
  }

  /**
   * Text files as a source; empty where they are others.
   *
   * @param spec whose options Flink's factory has taken
   * @param decoding makes the format of a record's bytes, for rows of a type
   * @throws InvalidOptionsException if records would be dropped
   */
  public static Optional<RecordSource> of(
      SourceSpec spec,
      Function<RowType, DeserializationSchema<RowData>> decoding,
      OptionCheck check) {
    TextOptions options = new TextOptions(spec.options());
    if (!options.areOfText()) {
      return Optional.empty();
    }
    check.refuseIgnoredErrors(options.prefix());
    check.throwIfAny();
    FolderColumns columns =
        new FolderColumns(
            spec.schema().rowType(), spec.keys().partitionedBy(), options.nameOfNull());
    RowType fileColumns = columns.inFiles();
    ValueDecoder decoder = decoder(options, decoding, fileColumns);
    return Optional.of(
        new TextFiles(
            spec,
            options,
            format(options, columns, decoder, spec.deadLetters()),
            decoder,
            fileColumns));
  }

  private static ValueDecoder decoder(
      TextOptions options,
      Function<RowType, DeserializationSchema<RowData>> decoding,
      RowType rows) {
    DeserializationSchema<RowData> format = decoding.apply(rows);
    try {
      return new ValueDecoder(
          options.quoting().hasFields() ? format : new WholeJson(format), rows, false);
    } catch (IOException e) {
      throw new UncheckedIOException("the decoder of the files' format cannot be shipped", e);
    }
  }

  private static TextFormat format(
      TextOptions options, FolderColumns columns, ValueDecoder decoder, boolean deadLetters) {
    return new TextFormat(new TextRows(decoder, columns, deadLetters), options.quoting());
  }

  /**
   * The format of text files whose records are rows of these columns, each with its origin, and
   * without a column where it does not decode; empty where they are others.
   */
  public static Optional<BulkFormat<RowData, FileSourceSplit>> format(
      ConnectorOptions files,
      RowType rows,
      Function<RowType, DeserializationSchema<RowData>> decoding) {
    TextOptions options = new TextOptions(files);
    if (!options.areOfText()) {
      return Optional.empty();
    }
    FolderColumns columns = new FolderColumns(rows, List.of(), options.nameOfNull());
    return Optional.of(format(options, columns, decoder(options, decoding, rows), true));
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
    return options.monitorInterval().isEmpty();
  }

  @Override
  public boolean freshRecords() {
    return true;
  }

  @Override
  public String guarantee() {
    return "read on from the places of the last checkpoint; what does not decode "
        + (spec.deadLetters() ? "becomes a dead letter" : "fails the job")
        + spec.files().guarantee();
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    return List.of();
  }

  @Override
  public Optional<String> decode(DeadLetterRecord letter) throws IOException {
    byte @Nullable [] value = letter.value();
    if (value == null) {
      return Optional.empty();
    }
    decoder.open(new Standalone());
    return Optional.of(new RowJson(inFiles).lines(decoder.decode(value)));
  }

  @Override
  public SourceStreams<RowData> attach(StreamExecutionEnvironment environment, String uidPrefix) {
    SingleOutputStreamOperator<RowData> read =
        new FolderFiles<RowData>(options.path(), options.pattern(), spec.files())
            .attach(
                environment,
                uidPrefix,
                format,
                UnaryOperator.identity(),
                new CorruptRow(rowType.getFieldCount()),
                options.monitorInterval());
    return spec.deadLetters()
        ? SourceStreams.ofDecoded(read, uidPrefix, rowType)
        : new SourceStreams<>(read, Optional.empty());
  }
}
