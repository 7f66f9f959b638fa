package io.tidemill.inference.operator;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.loader.ModelSource;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.util.OutputTag;

/**
 * Makes the operator of one step in every subtask. Chained to its neighbours where the graph allows
 * it.
 *
 * @param <T> the record
 * @param <R> its result
 */
public final class InferenceOperatorFactory<T, R> extends AbstractStreamOperatorFactory<R>
    implements OneInputStreamOperatorFactory<T, R> {
  private static final long serialVersionUID = 1L;

  private final String step;
  private final StepSettings settings;
  private final ModelSource source;
  private final RecordEncoder<T> encoder;
  private final PredictionDecoder<T, R> decoder;
  private final OutputTag<DeadLetter<T>> deadLetterTag;
  private final NanoClock clock;
  private final CallPlace.Choice places;

  /**
   * A factory that travels to the tasks with everything it is given.
   *
   * @param step the step's id, for messages, metrics and dead letters
   * @param deadLetterTag the side output for records that cannot be scored
   * @throws IllegalArgumentException if the step's id is blank
   */
  public InferenceOperatorFactory(
      String step,
      StepSettings settings,
      ModelSource source,
      RecordEncoder<T> encoder,
      PredictionDecoder<T, R> decoder,
      OutputTag<DeadLetter<T>> deadLetterTag) {
    this(
        step, settings, source, encoder, decoder, deadLetterTag, NanoClock.SYSTEM, ShortCalls::new);
  }

  InferenceOperatorFactory(
      String step,
      StepSettings settings,
      ModelSource source,
      RecordEncoder<T> encoder,
      PredictionDecoder<T, R> decoder,
      OutputTag<DeadLetter<T>> deadLetterTag,
      NanoClock clock,
      CallPlace.Choice places) {
    if (step.isBlank()) {
      throw new IllegalArgumentException("step: '" + step + "' (expected: not blank)");
    }
    this.step = step;
    this.settings = requireNonNull(settings, "settings");
    this.source = requireNonNull(source, "source");
    this.encoder = requireNonNull(encoder, "encoder");
    this.decoder = requireNonNull(decoder, "decoder");
    this.deadLetterTag = requireNonNull(deadLetterTag, "deadLetterTag");
    this.clock = requireNonNull(clock, "clock");
    this.places = requireNonNull(places, "places");
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  // The caller names the operator's class, and Flink asks for this one.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <O extends StreamOperator<R>> O createStreamOperator(
      StreamOperatorParameters<R> parameters) {
    return (O)
        new InferenceOperator<>(
            parameters,
            new Step(step, source.version()),
            settings,
            source,
            encoder,
            decoder,
            deadLetterTag,
            clock,
            places);
  }

  @Override
  @SuppressWarnings("rawtypes") // As Flink declares it.
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return InferenceOperator.class;
  }
}
