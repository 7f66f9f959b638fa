package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelSource;
import java.io.Serializable;
import org.apache.flink.util.OutputTag;

/**
 * All that an operator is made of, which travels to its subtasks.
 *
 * @param deadLetterTag the side output for records that cannot be scored
 * @param <T> the record
 * @param <R> its result
 */
record StepParts<T, R>(
    Scoring<T, R> scoring,
    OutputTag<DeadLetter<T>> deadLetterTag,
    NanoClock clock,
    CallPlace.Choice places)
    implements Serializable {
  StepParts {
    requireNonNull(scoring, "scoring");
    requireNonNull(deadLetterTag, "deadLetterTag");
    requireNonNull(clock, "clock");
    requireNonNull(places, "places");
  }

  /** Parts with the system's clock, and calls where they are soonest done. */
  StepParts(
      String id,
      StepSettings settings,
      ModelSource source,
      RecordEncoder<T> encoder,
      PredictionDecoder<T, R> decoder,
      OutputTag<DeadLetter<T>> deadLetterTag) {
    this(
        new Scoring<>(id, settings, source, encoder, decoder),
        deadLetterTag,
        NanoClock.SYSTEM,
        ShortCalls::new);
  }
}
