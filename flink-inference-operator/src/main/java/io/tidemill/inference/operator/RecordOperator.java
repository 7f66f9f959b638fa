package io.tidemill.inference.operator;

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

  private final transient boolean copies;

  RecordOperator(StreamOperatorParameters<R> parameters, StepParts<T, R> parts) {
    super(
        parameters,
        parts,
        loader -> parameters.getStreamConfig().getTypeSerializerIn(0, loader),
        RecordOutlet::new);
    copies = getExecutionConfig().isObjectReuseEnabled() && !parts.scoring().settings().fresh();
  }

  @Override
  public void processElement(StreamRecord<T> element) throws Exception {
    T record = element.getValue();
    accept(copies ? serializer().copy(record) : record, element.getTimestamp());
  }
}
