package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;

/** A topic as a sink of dead letters. Immutable. */
final class KafkaDeadLetterSink implements RecordSink {
  private static final String WRITTEN = "written by the sink of the same job";

  private final TopicSink topic;
  private final DeadLetterSpec spec;
  private final DeadLetterEncoder encoder;

  private KafkaDeadLetterSink(TopicSink topic, DeadLetterSpec spec) {
    this.topic = topic;
    this.spec = spec;
    this.encoder = encoder(topic);
  }

  static KafkaDeadLetterSink create(DeadLetterSpec spec) {
    KafkaOptions options =
        new KafkaOptions(spec.options()).connectedLike(spec.source(), spec.sink());
    OptionCheck check = new OptionCheck(options.options());
    List<String> allowed = new ArrayList<>(SinkSettings.KEYS);
    allowed.add(SinkSettings.OVERSIZED.key());
    options.checkKeys(check, allowed, List.of(), KafkaOptions.producerProperties());
    SinkSettings settings = SinkSettings.read(options, spec.jobName() + "-dead-letters", check);
    ClientCheck.run(spec.options(), options, ProducerConfig.configDef(), check);
    options.refuseTopic(check, settings.topic(), spec.source(), TopicSink.READ);
    KafkaOptions sink = new KafkaOptions(spec.sink()).connectedLike(spec.source());
    options.refuseTopic(check, settings.topic(), sink.options(), WRITTEN);
    if (!Collections.disjoint(options.servers(), sink.servers())) {
      settings.refuseTransactionsOf(KafkaRecordSink.settings(sink, spec.jobName()), check);
    }
    check.throwIfAny();
    return new KafkaDeadLetterSink(new TopicSink(options, settings), spec);
  }

  /**
   * What another sink writes that puts its own dead letters here, in the transaction of its
   * records; empty where its producer talks to another broker, or as someone else.
   */
  Optional<DeadLetterEncoder> encoderFor(TopicSink other) {
    return topic.options().connectsLike(other.options())
        ? Optional.of(encoder(other))
        : Optional.empty();
  }

  /** For letters that go through the producer of a sink. */
  private DeadLetterEncoder encoder(TopicSink producer) {
    SinkSettings settings = topic.settings();
    return new DeadLetterEncoder(
        settings.topic(),
        spec.headers(),
        settings.letterLimit(new Broker(topic.options()), producer.settings()),
        settings.oversized());
  }

  @Override
  public ConnectorOptions options() {
    return topic.options().options();
  }

  @Override
  public String guarantee() {
    return "%s; a dead letter that its topic does not take %s"
        .formatted(
            topic.guarantee(),
            topic.settings().oversized() == Oversized.FAIL ? "fails the job" : "is cut");
  }

  @Override
  public boolean exactlyOnce() {
    return topic.exactlyOnce();
  }

  @Override
  public List<Problem<OptionKey>> problemsWith(CheckpointPlan checkpoints) {
    return topic.problemsWith(checkpoints);
  }

  /** As of any topic, and one that forgets letters or does not take what must not be cut. */
  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    List<Problem<OptionKey>> obstacles = new ArrayList<>(topic.obstacles(limit));
    if (obstacles.isEmpty()) {
      forgotten(limit).ifPresent(obstacles::add);
      obstacles.addAll(
          new OversizedCheck(topic.options(), topic.settings(), spec.source()).problems(limit));
    }
    return obstacles;
  }

  private Optional<Problem<OptionKey>> forgotten(Duration limit) {
    Broker broker = new Broker(topic.options());
    String name = topic.settings().topic();
    try {
      return broker
          .topicConfig(name, limit)
          .filter(Broker::isCompacted)
          .map(
              config ->
                  broker.problem(
                      KafkaConnectorOptions.TOPIC.key(),
                      "'%s' has cleanup.policy=%s (expected: delete, as a compacted topic keeps one dead letter of each key and takes none without)"
                          .formatted(name, config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value())));
    } catch (Broker.UnansweredException mayNotTell) {
      return Optional.empty();
    }
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
