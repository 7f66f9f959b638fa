package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.kafka.clients.producer.ProducerConfig;

/** A topic as a sink, of predictions or of dead letters. Immutable. */
final class KafkaRecordSink implements RecordSink {
  private static final String READ = "read by the source of the same job, which would never end";
  private static final String POOLING_DOES =
      "hides results for that long after a restore at smaller parallelism, FLINK-40626";
  private static final String WRITTEN = "written by the sink of the same job";

  private final KafkaOptions options;
  private final SinkSettings settings;
  private final Optional<ValueFormat> format;
  private final KafkaRecordSerializationSchema<RowData> encoder;
  private final Optional<OversizedCheck> letters;

  private KafkaRecordSink(
      KafkaOptions options,
      SinkSettings settings,
      Optional<ValueFormat> format,
      KafkaRecordSerializationSchema<RowData> encoder,
      Optional<OversizedCheck> letters) {
    this.options = options;
    this.settings = settings;
    this.format = format;
    this.encoder = encoder;
    this.letters = letters;
  }

  static KafkaRecordSink create(SinkSpec spec) {
    KafkaOptions options = new KafkaOptions(spec.options()).connectedLike(spec.source());
    OptionCheck check = new OptionCheck(options.options());
    spec.keys().refuse(check);
    Optional<ValueFormat> format = ValueFormat.find(SerializationFormatFactory.class, check);
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
    SinkSettings settings = SinkSettings.read(options, spec.jobName() + "-predictions", check);
    ClientCheck.run(spec.options(), options, ProducerConfig.configDef(), check);
    options.refuseTopic(check, settings.topic(), spec.source(), READ);
    Optional<SerializationSchema<RowData>> values =
        format.flatMap(found -> found.encoder(spec.schema(), settings.topic()));
    check.throwIfAny();
    return new KafkaRecordSink(
        options,
        settings,
        format,
        new KafkaRecordEncoder(
            settings.topic(),
            values.orElseThrow(),
            spec.positions(),
            Origin.indexIn(spec.rows()),
            spec.headers(),
            settings.limit(new Broker(options))),
        Optional.empty());
  }

  static KafkaRecordSink create(DeadLetterSpec spec) {
    KafkaOptions options =
        new KafkaOptions(spec.options()).connectedLike(spec.source(), spec.sink());
    OptionCheck check = new OptionCheck(options.options());
    List<String> allowed = new ArrayList<>(SinkSettings.KEYS);
    allowed.add(SinkSettings.OVERSIZED.key());
    options.checkKeys(check, allowed, List.of(), KafkaOptions.producerProperties());
    SinkSettings settings = SinkSettings.read(options, spec.jobName() + "-dead-letters", check);
    ClientCheck.run(spec.options(), options, ProducerConfig.configDef(), check);
    options.refuseTopic(check, settings.topic(), spec.source(), READ);
    options.refuseTopic(check, settings.topic(), spec.sink(), WRITTEN);
    check.throwIfAny();
    return new KafkaRecordSink(
        options,
        settings,
        Optional.empty(),
        new DeadLetterEncoder(
            settings.topic(),
            spec.headers(),
            settings.letterLimit(new Broker(options)),
            settings.oversized()),
        Optional.of(new OversizedCheck(options, settings, spec.source())));
  }

  @Override
  public String guarantee() {
    String shown = shown();
    return letters.isEmpty()
        ? shown
        : "%s; a dead letter that its topic does not take %s"
            .formatted(shown, settings.oversized() == Oversized.FAIL ? "fails the job" : "is cut");
  }

  private String shown() {
    return switch (settings.guarantee()) {
      case EXACTLY_ONCE ->
          "exactly once for consumers that read committed, visible after each checkpoint"
              + " (transactional ids %s-*, %s, transaction.timeout.ms %d; %s)"
                  .formatted(
                      settings.transactionalIdPrefix(),
                      settings.naming(),
                      settings.transactionTimeout().toMillis(),
                      settings.naming() == TransactionNamingStrategy.POOLING
                          ? "it " + POOLING_DOES
                          : "POOLING " + POOLING_DOES);
      case AT_LEAST_ONCE -> "at least once: a failure may show a record twice";
      case NONE -> "none: a failure may lose records or show them twice";
    };
  }

  @Override
  public boolean exactlyOnce() {
    return settings.guarantee() == DeliveryGuarantee.EXACTLY_ONCE;
  }

  @Override
  public List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return new TransactionCheck(options.options().place(), settings).problemsWith(checkpoints);
  }

  /**
   * A broker that does not answer, a topic that is not there and that the broker does not make when
   * it is written, or one that does not take what must not be cut.
   */
  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    Broker broker = new Broker(options);
    try {
      List<Problem<OptionKey>> missing = broker.missingForGood(List.of(settings.topic()), limit);
      if (!missing.isEmpty()) {
        return missing;
      }
      return letters.isPresent()
          ? letters.get().problems(limit)
          : format.map(ValueFormat::obstacles).orElse(missing);
    } catch (Broker.UnansweredException e) {
      return List.of(broker.unreachable(e));
    }
  }

  @Override
  public List<Problem<OptionKey>> openElsewhere(Duration limit) {
    if (!exactlyOnce()) {
      return List.of();
    }
    Broker broker = new Broker(options);
    String prefix = settings.transactionalIdPrefix();
    try {
      long open = broker.openTransactions(prefix + "-", limit);
      return open == 0
          ? List.of()
          : List.of(
              broker.problem(
                  KafkaConnectorOptions.TRANSACTIONAL_ID_PREFIX.key(),
                  "'%s' has %d open transactions, and nothing is kept here of the run that opened them (expected: one run of a job at a time; stop the other, or wait until the transactions of one that died end, %d s at most, or give the job another name; --fresh ends them)"
                      .formatted(prefix, open, settings.transactionTimeout().toSeconds())));
    } catch (Broker.UnansweredException mayNotTell) {
      return List.of();
    }
  }

  @Override
  public void attach(DataStream<RowData> rows, String uidPrefix) {
    DataStreamSink<RowData> sink =
        rows.sinkTo(settings.sink(encoder)).name(uidPrefix).uid(uidPrefix);
    settings.parallelism().ifPresent(sink::setParallelism);
  }
}
