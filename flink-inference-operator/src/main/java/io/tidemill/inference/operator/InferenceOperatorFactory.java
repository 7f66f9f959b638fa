package io.tidemill.inference.operator;

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
import org.apache.flink.streaming.api.operators.legacy.YieldingOperatorFactory;
import org.apache.flink.util.OutputTag;

/**
 * Makes the operator of a step for records in every subtask. Chained to its neighbours where the
 * graph allows it: not to a source of Flink's old kind, whose thread may not run the mails that a
 * full step waits for.
 *
 * @param <T> the record
 * @param <R> its result
 */
@SuppressWarnings("deprecation") // Of YieldingOperatorFactory, by which alone Flink does not chain.
public final class InferenceOperatorFactory<T, R> extends AbstractStreamOperatorFactory<R>
    implements OneInputStreamOperatorFactory<T, R>, YieldingOperatorFactory<R> {
  private static final long serialVersionUID = 1L;

  private final StepParts<T, R> parts;

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
    this(new StepParts<>(step, settings, source, encoder, decoder, deadLetterTag));
  }

  InferenceOperatorFactory(StepParts<T, R> parts) {
    this.parts = parts;
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  // The caller names the operator's class, and Flink asks for this one.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <O extends StreamOperator<R>> O createStreamOperator(
      StreamOperatorParameters<R> parameters) {
    return (O) new RecordOperator<>(parameters, parts);
  }

  @Override
  @SuppressWarnings("rawtypes") // As Flink declares it.
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return RecordOperator.class;
  }
}
