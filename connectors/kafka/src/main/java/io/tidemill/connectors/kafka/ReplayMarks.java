package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.DeadLetterReplay;
import io.tidemill.connectors.record.DeadLetterReplay.Verdict;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was replayed. Not thread-safe. */
final class ReplayMarks implements DeadLetterReplay.Judge {
  private final ReplayScope scope;
  private final Set<String> replayed = new HashSet<>();

  /** Nothing so far. */
  ReplayMarks(ReplayScope scope) {
    this.scope = scope;
  }

  /** What is marked in a topic. */
  static ReplayMarks read(KafkaOptions options, String topic, ReplayScope scope)
      throws IOException {
    ReplayMarks marks = new ReplayMarks(scope);
    new CommittedRecords(options, topic)
        .forEach(
            record -> {
              if (record.key() != null) {
                marks.replayed.add(new String(record.key(), UTF_8));
              }
            });
    return marks;
  }

  /** Remembers the record of a letter as replayed. */
  @Override
  public Verdict take(DeadLetterRecord letter) {
    String topic = letter.topic();
    Integer partition = letter.partition();
    if (topic == null
        || partition == null
        || partition < 0
        || letter.offset() == null
        || (letter.value() == null && !isTombstone(letter))
        || !scope.topics().test(topic)) {
      return Verdict.ELSEWHERE;
    }
    if (letter.context().containsKey(DeadLetterEncoder.VALUE_BYTES)) {
      return Verdict.CUT;
    }
    String mark = of(letter);
    if (replayed.contains(mark)) {
      return Verdict.BEFORE;
    }
    if (scope.leftOut().test(letter)) {
      return Verdict.SHARED;
    }
    replayed.add(mark);
    return Verdict.REPLAYED;
  }

  /** Only a sink makes a letter of one; in files a value that is null may be an empty one. */
  private static boolean isTombstone(DeadLetterRecord letter) {
    return letter.stage().equals(DeadLetterRecord.STAGE_WRITE);
  }

  /**
   * The mark of a letter's record. The timestamp tells it from the record that has its place in a
   * topic which was made anew; several letters of one record have one mark.
   */
  static String of(DeadLetterRecord letter) {
    @Nullable Long timestamp = letter.timestamp();
    return "%s/%s/%s@%s".formatted(letter.topic(), letter.partition(), letter.offset(), timestamp);
  }
}
