package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * What left a step in all its lives, as a transactional sink shows it: what left after the last
 * checkpoint of a life that failed never was.
 */
final class ScheduleOutput {
  private final List<Input> script;
  private final Set<Long> culprits;
  private final Set<Long> hogs;
  private final long maxBytes;
  private final Map<Long, Integer> recordPlaces = new HashMap<>();
  private final IdentityHashMap<Object, Integer> markPlaces = new IdentityHashMap<>();

  private final List<Out> visible = new ArrayList<>();
  private final Map<Long, DeadLetterCause> deadLetters = new HashMap<>();
  private int checkpointed;
  private Map<Long, DeadLetterCause> checkpointedDeadLetters = Map.of();
  private Order order = Order.ORDERED;
  private int life;
  private int lifeBegin;
  private int nextLifeBegin;

  /** A record with its timestamp, or a mark. */
  record Input(long record, @Nullable Long timestamp, @Nullable Object mark) {}

  /** A record or a mark by its place in the script. */
  private record Out(int place, boolean mark, int life, Order order) {}

  ScheduleOutput(List<Input> script, Set<Long> culprits, Set<Long> hogs, long maxBytes) {
    this.script = script;
    this.culprits = culprits;
    this.hogs = hogs;
    this.maxBytes = maxBytes;
    for (int place = 0; place < script.size(); place++) {
      Input input = script.get(place);
      if (input.mark() == null) {
        recordPlaces.put(input.record(), place);
      } else {
        markPlaces.put(input.mark(), place);
      }
    }
  }

  private int placeOf(long record) {
    return requireNonNull(recordPlaces.get(record), "a record of the script");
  }

  /** A life begins, with the first input that is not in the checkpoint. */
  void begin(Order nowOrder) {
    order = nowOrder;
    life++;
    lifeBegin = nextLifeBegin;
  }

  void checkpoint(int position) {
    checkpointed = visible.size();
    checkpointedDeadLetters = Map.copyOf(deadLetters);
    nextLifeBegin = position;
  }

  void discardSinceCheckpoint() {
    visible.subList(checkpointed, visible.size()).clear();
    deadLetters.clear();
    deadLetters.putAll(checkpointedDeadLetters);
  }

  boolean hasOutcomeOf(long record) {
    int place = placeOf(record);
    return deadLetters.containsKey(record)
        || visible.stream().anyMatch(out -> !out.mark() && out.place() == place);
  }

  /** Takes what left since the last time. */
  void take(StepHarness step) {
    Queue<Object> left = step.flink().getOutput();
    for (Object element = left.poll(); element != null; element = left.poll()) {
      visible.add(out(element));
    }
    Queue<StreamRecord<DeadLetter<Long>>> letters =
        step.flink().getSideOutput(StepHarness.DEAD_LETTERS);
    while (letters != null && !letters.isEmpty()) {
      StreamRecord<DeadLetter<Long>> letter = letters.remove();
      long record = letter.getValue().record();
      assertThat(deadLetters.put(record, letter.getValue().cause()))
          .as("earlier dead letter of record %d", record)
          .isNull();
      checkTimestamp(letter, record);
    }
  }

  private Out out(Object element) {
    Integer mark = markPlaces.get(element);
    if (mark != null) {
      return new Out(mark, true, life, order);
    }
    StreamRecord<?> result = (StreamRecord<?>) element;
    String[] pair = String.valueOf(result.getValue()).split("=");
    long record = Long.parseLong(pair[0]);
    assertThat(Double.parseDouble(pair[1]))
        .as("score of record %d", record)
        .isEqualTo((double) record);
    checkTimestamp(result, record);
    return new Out(placeOf(record), false, life, order);
  }

  private void checkTimestamp(StreamRecord<?> result, long record) {
    assertThat(result.hasTimestamp() ? result.getTimestamp() : null)
        .as("timestamp of record %d", record)
        .isEqualTo(script.get(placeOf(record)).timestamp());
  }

  /** Checks every rule, once the input has ended. */
  void checkComplete() {
    checkEveryRecordHasOneOutcome();
    checkOrder();
    checkNothingPassesAMark();
    checkMarksOfTheLastLife();
  }

  private void checkEveryRecordHasOneOutcome() {
    List<Long> scored = new ArrayList<>();
    visible.stream()
        .filter(out -> !out.mark())
        .forEach(out -> scored.add(script.get(out.place()).record()));
    List<Long> expected = new ArrayList<>();
    Map<Long, DeadLetterCause> expectedDeadLetters = new HashMap<>();
    for (long record : recordPlaces.keySet()) {
      DeadLetterCause cause = expectedCause(record);
      if (cause == null) {
        expected.add(record);
      } else {
        expectedDeadLetters.put(record, cause);
      }
    }
    assertThat(scored).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(deadLetters).isEqualTo(expectedDeadLetters);
  }

  private @Nullable DeadLetterCause expectedCause(long record) {
    if (record > maxBytes) {
      return DeadLetterCause.TOO_LARGE;
    } else if (hogs.contains(record)) {
      return DeadLetterCause.OUT_OF_MEMORY;
    }
    return culprits.contains(record) ? DeadLetterCause.MODEL : null;
  }

  private void checkOrder() {
    for (int i = 1; i < visible.size(); i++) {
      Out before = visible.get(i - 1);
      Out out = visible.get(i);
      if (before.life() == out.life() && out.order() == Order.ORDERED) {
        assertThat(out.place()).as("place of what left %d-th", i).isGreaterThan(before.place());
      }
    }
  }

  private void checkNothingPassesAMark() {
    int first = 0;
    for (int i = 0; i < visible.size(); i++) {
      if (!visible.get(i).mark()) {
        continue;
      }
      int place = visible.get(i).place();
      for (int earlier = first; earlier < i; earlier++) {
        assertThat(visible.get(earlier).place()).as("place before a mark").isLessThan(place);
      }
      for (int later = i + 1; later < visible.size(); later++) {
        assertThat(visible.get(later).place()).as("place behind a mark").isGreaterThan(place);
      }
      first = i;
    }
  }

  /** Every mark that the last life was given has left, but those that a later one superseded. */
  private void checkMarksOfTheLastLife() {
    for (int place = lifeBegin; place < script.size(); place++) {
      Object mark = script.get(place).mark();
      if (mark != null && !superseded(place, mark)) {
        int at = place;
        assertThat(visible).as("mark at %d", place).anyMatch(out -> out.place() == at);
      }
    }
  }

  private boolean superseded(int place, Object mark) {
    int next = place + 1;
    while (next < script.size() && script.get(next).record() > maxBytes) {
      next++;
    }
    Object later = next < script.size() ? script.get(next).mark() : null;
    return later != null && later.getClass() == mark.getClass();
  }
}
