package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.RowJson;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.connectors.record.Standalone;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions.ScanStartupMode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.types.logical.RowType;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * Topics as a source. A record's timestamp is Kafka's; there are no watermarks, since nothing here
 * waits for one. Immutable but for the decoder of {@link #decode}.
 */
final class KafkaRecordSource implements RecordSource {
  private final SourceSpec spec;
  private final SourceSettings settings;
  private final RecordSchema schema;
  private final KafkaRecordDecoder decoder;
  private final ValueFormat format;
  private final RowType rowType;

  private KafkaRecordSource(
      SourceSpec spec,
      SourceSettings settings,
      RecordSchema schema,
      ValueFormat format,
      KafkaRecordDecoder decoder) {
    this.spec = spec;
    this.settings = settings;
    this.schema = schema;
    this.format = format;
    this.decoder = decoder;
    this.rowType = Origin.appendTo(schema.rowType());
  }

  static KafkaRecordSource create(SourceSpec spec) {
    OptionCheck check = new OptionCheck(spec.options());
    spec.keys().refuse(check);
    spec.files().refuse(check);
    Optional<ValueFormat> format = ValueFormat.find(DeserializationFormatFactory.class, check);
    SourceSettings settings = settings(format, check);
    Optional<DeserializationSchema<RowData>> values =
        format.flatMap(found -> found.decoder(spec.schema()));
    Map<String, RecordMetadata> metadata = RecordMetadata.read(spec.schema().rowType(), check);
    check.throwIfAny();
    List<RowType.RowField> more = new ArrayList<>();
    metadata.forEach((column, kind) -> more.add(kind.field(column)));
    try {
      return new KafkaRecordSource(
          spec,
          settings,
          spec.schema().plus(more),
          format.orElseThrow(),
          new KafkaRecordDecoder(
              values.orElseThrow(), spec.schema().rowType(), metadata, spec.deadLetters()));
    } catch (IOException e) {
      throw new UncheckedIOException("the decoder of the topic's format cannot be shipped", e);
    }
  }

  /** What the options say, whatever the columns are. */
  private static SourceSettings settings(Optional<ValueFormat> format, OptionCheck check) {
    KafkaOptions options = new KafkaOptions(check.options());
    options.checkKeys(
        check,
        SourceSettings.KEYS,
        Stream.concat(
                Stream.of(RecordMetadata.PREFIX),
                format
                    .map(ValueFormat::writtenKeys)
                    .orElseGet(() -> ValueFormat.keysOfUnknown(check.options()))
                    .stream())
            .toList(),
        KafkaOptions.consumerProperties());
    SourceSettings settings = SourceSettings.read(options, check);
    ClientCheck.run(check.options(), options, ConsumerConfig.configDef(), check);
    return settings;
  }

  /** Checks what can be told of options whose columns are not known. */
  static void check(ConnectorOptions options) {
    OptionCheck check = new OptionCheck(options);
    Optional<ValueFormat> format = ValueFormat.find(DeserializationFormatFactory.class, check);
    settings(format, check);
    format.ifPresent(ValueFormat::checkDecoding);
    RecordMetadata.read(RowType.of(), check);
    check.throwIfAny();
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
    return settings.stopping().isPresent();
  }

  @Override
  public boolean freshRecords() {
    return true;
  }

  @Override
  public Optional<OptionKey> startsAtCommittedOffsets() {
    ConfigOption<ScanStartupMode> mode = KafkaConnectorOptions.SCAN_STARTUP_MODE;
    return new OptionCheck(spec.options()).read(mode, ScanStartupMode.GROUP_OFFSETS)
            == ScanStartupMode.GROUP_OFFSETS
        ? Optional.of(new OptionKey(spec.options().place(), mode.key()))
        : Optional.empty();
  }

  @Override
  public String guarantee() {
    return "replayed from the offsets of the last checkpoint; bytes that do not decode "
        + (spec.deadLetters() ? "become dead letters" : "fail the job");
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    KafkaOptions options = new KafkaOptions(spec.options());
    Broker broker = new Broker(options);
    List<Problem<OptionKey>> obstacles = new ArrayList<>();
    try {
      obstacles.addAll(broker.missing(options.topics(), limit));
    } catch (Broker.UnansweredException e) {
      obstacles.add(broker.unreachable(e));
    }
    obstacles.addAll(format.obstacles());
    return obstacles;
  }

  @Override
  public Optional<String> decode(DeadLetterRecord letter) throws IOException {
    byte[] value = letter.value();
    return value == null
        ? Optional.empty()
        : Optional.of(new RowJson(rowType).lines(rows(letter, value)));
  }

  private List<RowData> rows(DeadLetterRecord letter, byte[] value) throws IOException {
    RecordHeaders headers = new RecordHeaders();
    letter.headers().forEach(header -> headers.add(header.name(), header.value()));
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            String.valueOf(letter.topic()),
            Objects.requireNonNullElse(letter.partition(), 0),
            Objects.requireNonNullElse(letter.offset(), 0L),
            Objects.requireNonNullElse(letter.timestamp(), ConsumerRecord.NO_TIMESTAMP),
            TimestampType.CREATE_TIME,
            ConsumerRecord.NULL_SIZE,
            value.length,
            letter.key(),
            value,
            headers,
            Optional.empty());
    List<RowData> rows = new ArrayList<>();
    decoder.open(new Standalone());
    decoder.deserialize(record, new ListCollector<>(rows));
    for (RowData row : rows) {
      Origin origin = Origin.of(row, Origin.indexIn(rowType));
      if (origin != null && origin.string(Origin.ERROR_CLASS) != null) {
        throw new IOException(String.valueOf(origin.string(Origin.ERROR_MESSAGE)));
      }
    }
    return rows;
  }

  /** Whether a letter's value holds records beside its own; where none decoded, all are its own. */
  private boolean holdsOthers(DeadLetterRecord letter) {
    byte[] value = letter.value();
    // A registry's records are one by one, and each look would ask it.
    if (value == null
        || format.registry().isPresent()
        || letter.stage().equals(DeadLetterRecord.STAGE_DECODE)) {
      return false;
    }
    try {
      return rows(letter, value).size() > 1;
    } catch (IOException scoresNone) {
      return false;
    }
  }

  @Override
  public Optional<DeadLetterReplay> replay(String jobName, boolean wholeArrays) {
    return Optional.of(
        new KafkaReplay(
            new KafkaOptions(spec.options()),
            new ReplayScope(settings::reads, wholeArrays ? letter -> false : this::holdsOthers),
            jobName));
  }

  @Override
  public SourceStreams<RowData> attach(StreamExecutionEnvironment environment, String uidPrefix) {
    SingleOutputStreamOperator<RowData> read =
        environment
            .fromSource(
                source(), WatermarkStrategy.noWatermarks(), uidPrefix, decoder.getProducedType())
            .uid(uidPrefix);
    settings.parallelism().ifPresent(read::setParallelism);
    if (!spec.deadLetters()) {
      return new SourceStreams<>(read, Optional.empty());
    }
    return SourceStreams.ofDecoded(read, uidPrefix, rowType);
  }

  private Source<RowData, ?, ?> source() {
    KafkaSourceBuilder<RowData> builder =
        KafkaSource.<RowData>builder()
            .setStartingOffsets(settings.starting())
            .setDeserializer(decoder);
    settings.stopping().ifPresent(builder::setBounded);
    settings
        .pattern()
        .ifPresentOrElse(builder::setTopicPattern, () -> builder.setTopics(settings.topics()));
    KafkaSource<RowData> source = builder.setProperties(settings.properties()).build();
    return bounded() ? new EndingSource<>(source) : source;
  }
}
