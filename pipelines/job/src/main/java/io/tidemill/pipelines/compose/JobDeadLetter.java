package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.DeadLetterRecord;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a dead letter says, in the words of jobs. Immutable.
 *
 * @param address where it is kept
 * @param time of its record, as Kafka has it
 * @param step that could not score it; {@code source} where its bytes did not decode, {@code sink}
 *     where its prediction could not be written
 * @param cause one of those that metrics count
 * @param model the version that was called, as in {@code fraud:1.4.2}
 * @param record where the record came from, as in {@code transactions/0/42} or, for the row of a
 *     file, {@code folder/file/42}
 * @param message what was said
 */
public record JobDeadLetter(
    String address,
    @Nullable Instant time,
    String step,
    String cause,
    @Nullable String model,
    @Nullable String record,
    String message) {
  /** The cause of bytes that did not decode. */
  public static final String UNDECODABLE = "undecodable";

  static JobDeadLetter of(String address, DeadLetterRecord letter) {
    Map<String, String> context = letter.context();
    Long millis = letter.timestamp();
    boolean undecodable = letter.stage().equals(DeadLetterRecord.STAGE_DECODE);
    String model = context.get(StepDeadLetters.MODEL);
    String message = letter.message();
    return new JobDeadLetter(
        address,
        millis == null ? null : Instant.ofEpochMilli(millis),
        step(letter.stage()),
        context.getOrDefault(DeadLetterRecord.COUNTED_CAUSE, undecodable ? UNDECODABLE : "unknown"),
        model == null ? null : model + ":" + context.get(StepDeadLetters.VERSION),
        letter.position(),
        message == null ? "" : message);
  }

  private static String step(String stage) {
    return switch (stage) {
      case DeadLetterRecord.STAGE_DECODE -> SourceTranslator.ID;
      case DeadLetterRecord.STAGE_WRITE -> SinkTranslator.ID;
      default -> stage;
    };
  }
}
