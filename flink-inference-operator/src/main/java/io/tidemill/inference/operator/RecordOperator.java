package io.tidemill.inference.operator;

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Scores a stream whose elements are records.
 *
 * @param <T> the record
 * @param <R> its result
 */
final class RecordOperator<T, R> extends InferenceOperator<T, R, T, R> {
  private static final long serialVersionUID = 1L;

  private final transient TypeSerializer<T> serializer;
  private final transient boolean copies;

  RecordOperator(StreamOperatorParameters<R> parameters, StepPlan<T, R> plan) {
    super(
        parameters,
        plan,
        loader -> parameters.getStreamConfig().getTypeSerializerIn(0, loader),
        RecordOutlet::new);
    serializer = config.getTypeSerializerIn(0, getUserCodeClassloader());
    copies = getExecutionConfig().isObjectReuseEnabled() && !plan.settings().fresh();
  }

  @Override
  public void processElement(StreamRecord<T> element) throws Exception {
    T record = element.getValue();
    accept(copies ? serializer.copy(record) : record, element.getTimestamp());
  }
}
