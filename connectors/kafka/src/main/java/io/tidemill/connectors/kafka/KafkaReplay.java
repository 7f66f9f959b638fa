package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterReplay;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.kafka.common.config.TopicConfig;

/**
 * Writes the records of dead letters back into the topics and partitions that they came from.
 * Immutable.
 *
 * <p>What is written back is marked in a topic of its own on the same broker, in the transaction
 * that writes it: both are there, or neither is. A replay that begins ends every other of the same
 * job, since all have one transactional id, and reads the marks only then. So whoever reads
 * committed records sees each record once more and not twice, however a replay ends and however
 * many there are.
 *
 * <p>The marks cannot stand elsewhere: a broker forgets the offsets of a group without members
 * after a week, dead letters may be on another broker or in a folder, and in the source's topic the
 * marks would be scored.
 */
final class KafkaReplay implements DeadLetterReplay {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final KafkaOptions options;
  private final ReplayScope scope;
  private final String job;
  private final String marks;
  private final long transactionBytes;

  /** A replay. */
  KafkaReplay(KafkaOptions options, ReplayScope scope, String job) {
    this(options, scope, job, ReplaySession.TRANSACTION_BYTES);
  }

  /** The same, in transactions that end with the record that makes them so large. */
  KafkaReplay(KafkaOptions options, ReplayScope scope, String job, long transactionBytes) {
    this.options = options;
    this.scope = scope;
    this.job = job;
    this.marks = job + "-replayed";
    this.transactionBytes = transactionBytes;
  }

  @Override
  public String place() {
    return "%s at %s, and marked in topic '%s'"
        .formatted(
            options.topics().isEmpty()
                ? "its topics"
                : "topic '%s'".formatted(String.join("', '", options.topics())),
            String.join(",", options.servers()),
            marks);
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    Broker broker = new Broker(options);
    String topic = KafkaConnectorOptions.TOPIC.key();
    try {
      List<Problem<OptionKey>> missing = broker.missing(options.topics(), limit);
      if (!missing.isEmpty()) {
        return missing;
      }
      if (scope.topics().test(marks)) {
        return List.of(
            broker.problem(
                topic,
                "'%s' would be read (expected: a source that does not read the topic in which replays mark what they wrote back)"
                    .formatted(marks)));
      }
      Optional<String> policy =
          broker
              .topicConfig(marks, limit)
              .map(config -> Broker.value(config, TopicConfig.CLEANUP_POLICY_CONFIG));
      return policy.filter(set -> !set.equals(TopicConfig.CLEANUP_POLICY_COMPACT)).stream()
          .map(
              set ->
                  broker.problem(
                      topic,
                      "'%s' has cleanup.policy=%s (expected: %s, so that no mark of a replay is forgotten)"
                          .formatted(marks, set, TopicConfig.CLEANUP_POLICY_COMPACT)))
          .toList();
    } catch (Broker.UnansweredException e) {
      return List.of(broker.unreachable(e));
    }
  }

  @Override
  public Judge look() throws IOException {
    Set<String> existing = existing();
    return existing.contains(marks)
        ? ReplayMarks.read(options, marks, scope.in(existing))
        : new ReplayMarks(scope.in(existing));
  }

  @Override
  public Session begin() throws IOException {
    Set<String> existing = existing();
    // Asked to make what is there, a broker refuses whoever may make nothing.
    if (!existing.contains(marks)) {
      makeMarks();
    }
    ReplaySession session = new ReplaySession(options, job, marks, transactionBytes);
    try {
      session.begin(scope.in(existing));
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private Set<String> existing() throws IOException {
    try {
      return new Broker(options).topics(LIMIT);
    } catch (Broker.UnansweredException e) {
      throw new IOException("topic '%s': %s".formatted(marks, e.getMessage()), e);
    }
  }

  private void makeMarks() throws IOException {
    try {
      new Broker(options).makeCompacted(marks, LIMIT);
    } catch (Broker.UnansweredException e) {
      throw new IOException(
          "topic '%s' cannot be made: %s (expected: a topic with cleanup.policy=compact for the marks of replays; make it, or have it made)"
              .formatted(marks, e.getMessage()),
          e);
    }
  }
}
