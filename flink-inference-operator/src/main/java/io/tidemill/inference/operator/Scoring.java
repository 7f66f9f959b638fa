package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelSource;
import java.io.Serializable;

/**
 * What a step scores its records with, which travels to its subtasks.
 *
 * @param id the step's, for messages, metrics and dead letters
 * @param encoder serialized: every batch in flight has its own copy
 * @param decoder likewise
 * @param <T> the record
 * @param <R> its result
 */
public record Scoring<T, R>(
    String id,
    StepSettings settings,
    ModelSource source,
    RecordEncoder<T> encoder,
    PredictionDecoder<T, R> decoder)
    implements Serializable {
  public Scoring {
    if (id.isBlank()) {
      throw new IllegalArgumentException("step: '" + id + "' (expected: not blank)");
    }
    requireNonNull(settings, "settings");
    requireNonNull(source, "source");
    requireNonNull(encoder, "encoder");
    requireNonNull(decoder, "decoder");
  }

  Step step() {
    return new Step(id, source.version());
  }
}
