package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.kafka.clients.producer.ProducerConfig;

/** A topic as a sink of predictions. Immutable. */
final class KafkaRecordSink implements RecordSink {
  private final TopicSink topic;
  private final SinkSpec spec;
  private final ValueFormat format;
  private final KafkaRecordEncoder encoder;

  private KafkaRecordSink(
      TopicSink topic, SinkSpec spec, ValueFormat format, KafkaRecordEncoder encoder) {
    this.topic = topic;
    this.spec = spec;
    this.format = format;
    this.encoder = encoder;
  }

  static KafkaRecordSink create(SinkSpec spec) {
    KafkaOptions options = new KafkaOptions(spec.options()).connectedLike(spec.source());
    OptionCheck check = new OptionCheck(options.options());
    spec.keys().refuse(check);
    Optional<ValueFormat> format = ValueFormat.find(SerializationFormatFactory.class, check);
    SinkSettings settings =
        settings(spec.options(), options, format, spec.source(), prefix(spec.jobName()), check);
    Optional<SerializationSchema<RowData>> values =
        format.flatMap(found -> found.encoder(spec.schema(), settings.topic()));
    check.throwIfAny();
    return new KafkaRecordSink(
        new TopicSink(options, settings),
        spec,
        format.orElseThrow(),
        new KafkaRecordEncoder(
            settings.topic(),
            values.orElseThrow(),
            spec.positions(),
            Origin.indexIn(spec.rows()),
            spec.headers(),
            settings.limit(new Broker(options))));
  }

  /** The transactional ids of a job's sink that names none. */
  private static String prefix(String jobName) {
    return jobName + "-predictions";
  }

  /** Those of a job's sink, of which others tell what is wrong with them. */
  static SinkSettings settings(KafkaOptions options, String jobName) {
    return SinkSettings.read(options, prefix(jobName), new OptionCheck(options.options()));
  }

  /** What the options say, whatever the columns are. */
  private static SinkSettings settings(
      ConnectorOptions own,
      KafkaOptions options,
      Optional<ValueFormat> format,
      ConnectorOptions source,
      String defaultPrefix,
      OptionCheck check) {
    List<String> allowed = new ArrayList<>(SinkSettings.KEYS);
    allowed.add(FactoryUtil.FORMAT.key());
    allowed.add(KafkaConnectorOptions.VALUE_FORMAT.key());
    options.checkKeys(
        check,
        allowed,
        format
            .map(ValueFormat::writtenKeys)
            .orElseGet(() -> ValueFormat.keysOfUnknown(options.options())),
        KafkaOptions.producerProperties());
    SinkSettings settings = SinkSettings.read(options, defaultPrefix, check);
    ClientCheck.run(own, options, ProducerConfig.configDef(), check);
    options.refuseTopic(check, settings.topic(), source, TopicSink.READ);
    return settings;
  }

  /** Checks what can be told of options whose columns are not known. */
  static void check(ConnectorOptions own, ConnectorOptions source) {
    KafkaOptions options = new KafkaOptions(own).connectedLike(source);
    OptionCheck check = new OptionCheck(options.options());
    Optional<ValueFormat> format = ValueFormat.find(SerializationFormatFactory.class, check);
    settings(own, options, format, source, own.place(), check);
    format.ifPresent(ValueFormat::checkEncoding);
    check.throwIfAny();
  }

  @Override
  public RecordSink lettersTo(RecordSink deadLetters) {
    Optional<DeadLetterEncoder> letters =
        deadLetters instanceof KafkaDeadLetterSink sink ? sink.encoderFor(topic) : Optional.empty();
    return letters.isEmpty()
        ? this
        : new KafkaRecordSink(
            topic,
            spec,
            format,
            encoder.withLetters(new UnwritableLetters(letters.get(), spec.rows(), spec.headers())));
  }

  @Override
  public ConnectorOptions options() {
    return topic.options().options();
  }

  @Override
  public String guarantee() {
    return "%s; a prediction that its topic does not take %s"
        .formatted(topic.guarantee(), encoder.hasLetters() ? "is a dead letter" : "fails the job");
  }

  @Override
  public boolean exactlyOnce() {
    return topic.exactlyOnce();
  }

  @Override
  public List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return topic.problemsWith(checkpoints);
  }

  /** As of any topic, and what its format needs. */
  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    List<Problem<OptionKey>> obstacles = new ArrayList<>(topic.obstacles(limit));
    obstacles.addAll(format.obstacles());
    return obstacles;
  }

  @Override
  public List<Problem<OptionKey>> openElsewhere(Duration limit, boolean written) {
    return topic.openElsewhere(limit, written);
  }

  @Override
  public void attach(DataStream<RowData> rows, String uidPrefix) {
    topic.attach(rows, encoder, uidPrefix);
  }
}
