package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a topic takes the dead letter of every record that the source's topics take. It is asked
 * where a larger one fails the job, which anyone could bring about who may write to the source.
 */
record OversizedCheck(KafkaOptions letters, SinkSettings settings, ConnectorOptions source) {
  /** What a letter says beyond its record: the message, at three bytes a letter, and the rest. */
  private static final int HEADERS_BYTES = 8 << 10;

  /** What to say where it does not. Blocks for about the limit for each of three questions. */
  List<Problem<OptionKey>> problems(Duration limit) {
    KafkaOptions read = new KafkaOptions(source);
    if (settings.oversized() != Oversized.FAIL || read.servers().isEmpty()) {
      return List.of();
    }
    Broker origin = new Broker(read);
    long needed;
    try {
      needed = (long) origin.largestRecord(topics(read, origin, limit), limit) + HEADERS_BYTES;
    } catch (Broker.UnansweredException e) {
      return List.of(origin.unreachable(e));
    }
    Broker broker = new Broker(letters);
    int taken;
    try {
      taken =
          Math.min(settings.largestRecord(), broker.largestRecord(Set.of(settings.topic()), limit));
    } catch (Broker.UnansweredException e) {
      return List.of(broker.unreachable(e));
    }
    return taken >= needed
        ? List.of()
        : List.of(
            broker.problem(
                SinkSettings.OVERSIZED.key(),
                "fail, while topic '%s' takes records of %d bytes (expected: >= %d, for a dead letter of the source's largest record; raise its max.message.bytes%s, or set truncate)"
                    .formatted(
                        settings.topic(),
                        taken,
                        needed,
                        settings.largestRecord() < needed
                            ? " and " + settings.largestRecordKey()
                            : "")));
  }

  private static Set<String> topics(KafkaOptions read, Broker origin, Duration limit)
      throws Broker.UnansweredException {
    return read.topics().isEmpty()
        ? origin.topics(limit).stream()
            .filter(read::patternMatches)
            .collect(Collectors.toUnmodifiableSet())
        : read.topics();
  }
}
