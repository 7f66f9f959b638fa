package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionProblem;
import io.tidemill.connectors.options.OptionProblems;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;

/** A topic as a sink, of predictions or of dead letters. Immutable. */
final class KafkaRecordSink implements RecordSink {
  private final String place;
  private final SinkSettings settings;
  private final KafkaRecordSerializationSchema<RowData> encoder;

  private KafkaRecordSink(
      String place, SinkSettings settings, KafkaRecordSerializationSchema<RowData> encoder) {
    this.place = place;
    this.settings = settings;
    this.encoder = encoder;
  }

  static KafkaRecordSink create(SinkSpec spec) {
    ConnectorOptions options = KafkaOptions.connected(spec.options(), List.of(spec.source()));
    OptionProblems problems = new OptionProblems(options.place());
    Optional<ValueFormat> format =
        ValueFormat.find(options, SerializationFormatFactory.class, problems);
    List<String> allowed = new ArrayList<>(SinkSettings.KEYS);
    allowed.add(FactoryUtil.FORMAT.key());
    allowed.add(KafkaConnectorOptions.VALUE_FORMAT.key());
    KafkaOptions.check(
        options,
        allowed,
        format.map(ValueFormat::keys).orElseGet(() -> ValueFormat.keysOfUnknown(options)),
        KafkaOptions.producerProperties(),
        problems);
    SinkSettings settings = SinkSettings.read(options, spec.jobName() + "-predictions", problems);
    Topics.checkNotRead(settings.topic(), options, spec.source(), problems);
    Optional<SerializationSchema<RowData>> values =
        format.flatMap(found -> found.encoder(options, spec.schema(), problems));
    problems.throwIfAny();
    return new KafkaRecordSink(
        options.place(),
        settings,
        new KafkaRecordEncoder(
            settings.topic(),
            values.orElseThrow(),
            spec.positions(),
            Origin.indexIn(spec.rows()),
            spec.headers()));
  }

  static KafkaRecordSink create(DeadLetterSpec spec) {
    ConnectorOptions options =
        KafkaOptions.connected(spec.options(), List.of(spec.source(), spec.sink()));
    OptionProblems problems = new OptionProblems(options.place());
    KafkaOptions.check(
        options, SinkSettings.KEYS, List.of(), KafkaOptions.producerProperties(), problems);
    SinkSettings settings = SinkSettings.read(options, spec.jobName() + "-dead-letters", problems);
    Topics.checkNotRead(settings.topic(), options, spec.source(), problems);
    problems.throwIfAny();
    return new KafkaRecordSink(
        options.place(), settings, new DeadLetterEncoder(settings.topic(), spec.headers()));
  }

  @Override
  public String guarantee() {
    return switch (settings.guarantee()) {
      case EXACTLY_ONCE ->
          "exactly once for consumers that read committed, visible after each checkpoint"
              + " (transactional ids "
              + settings.transactionalIdPrefix()
              + "-*, transaction.timeout.ms "
              + settings.transactionTimeout().toMillis()
              + ")";
      case AT_LEAST_ONCE -> "at least once: a failure may show a record twice";
      case NONE -> "none: a failure may lose records or show them twice";
    };
  }

  @Override
  public List<OptionProblem> problemsWith(CheckpointPlan checkpoints) {
    return TransactionCheck.problems(place, settings, checkpoints);
  }

  @Override
  public void attach(DataStream<RowData> rows, String uidPrefix) {
    DataStreamSink<RowData> sink =
        rows.sinkTo(settings.sink(encoder)).name(uidPrefix).uid(uidPrefix);
    settings.parallelism().ifPresent(sink::setParallelism);
  }
}
