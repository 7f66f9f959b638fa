package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.KeptDeadLetter;
import io.tidemill.connectors.record.KeptDeadLetters;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The dead letters in a topic. For use by one thread. */
final class KeptTopic implements KeptDeadLetters {
  private static final Pattern ADDRESS = Pattern.compile("(.+)/(\\d{1,9})/(\\d{1,18})");

  private final KafkaOptions options;
  private final String topic;
  private final CommittedRecords records;
  private final DeadLetterDecoder decoder = new DeadLetterDecoder();

  private KeptTopic(KafkaOptions options, String topic) {
    this.options = options;
    this.topic = topic;
    this.records = new CommittedRecords(options, topic);
  }

  static KeptTopic create(DeadLetterSpec spec) {
    KafkaOptions options =
        new KafkaOptions(spec.options()).connectedLike(spec.source(), spec.sink());
    OptionCheck check = new OptionCheck(options.options());
    SinkSettings settings = SinkSettings.read(options, spec.jobName(), check);
    check.throwIfAny();
    return new KeptTopic(options, settings.topic());
  }

  @Override
  public String place() {
    return records.place();
  }

  @Override
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    Broker broker = new Broker(options);
    try {
      return broker.missing(List.of(topic), limit);
    } catch (Broker.UnansweredException e) {
      return List.of(broker.unreachable(e));
    }
  }

  @Override
  public void forEach(Collection<String> addresses, Reader reader) throws IOException {
    Map<Integer, CommittedRecords.Range> ranges = new HashMap<>();
    for (String address : addresses) {
      Matcher parts = ADDRESS.matcher(address);
      if (!parts.matches() || !parts.group(1).equals(topic)) {
        throw new IllegalArgumentException(
            "address: '%s' (expected: %s/PARTITION/OFFSET, as 'ls' prints it)"
                .formatted(address, topic));
      }
      long offset = Long.parseLong(parts.group(3));
      ranges.merge(
          Integer.valueOf(parts.group(2)),
          new CommittedRecords.Range(offset, offset + 1),
          (range, more) -> range.with(offset));
    }
    records.forEach(
        ranges,
        record ->
            reader.read(
                new KeptDeadLetter(
                    "%s/%d/%d".formatted(topic, record.partition(), record.offset()),
                    decoder.decode(record))));
  }
}
