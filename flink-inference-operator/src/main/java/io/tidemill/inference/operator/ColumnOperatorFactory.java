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
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.util.OutputTag;

/**
 * Makes the operator of a step for rows that lie as columns in every subtask. Chained to its
 * neighbours where the graph allows it.
 */
@SuppressWarnings("deprecation") // Of YieldingOperatorFactory, by which alone Flink does not chain.
public final class ColumnOperatorFactory
    extends AbstractStreamOperatorFactory<VectorizedColumnBatch>
    implements OneInputStreamOperatorFactory<VectorizedColumnBatch, VectorizedColumnBatch>,
        YieldingOperatorFactory<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final StepParts<RowData, RowData> parts;
  private final ColumnsTypeInfo rows;
  private final ColumnsTypeInfo results;

  /**
   * A factory that travels to the tasks with everything it is given.
   *
   * @param step the step's id, for messages, metrics and dead letters
   * @param deadLetterTag the side output for rows that cannot be scored
   * @param rows the elements that come
   * @param results the elements that go: the same columns, and behind them those of the decoder
   * @throws IllegalArgumentException if the step's id is blank
   */
  public ColumnOperatorFactory(
      String step,
      StepSettings settings,
      ModelSource source,
      RecordEncoder<RowData> encoder,
      PredictionDecoder<RowData, RowData> decoder,
      OutputTag<DeadLetter<RowData>> deadLetterTag,
      ColumnsTypeInfo rows,
      ColumnsTypeInfo results) {
    this.parts = new StepParts<>(step, settings, source, encoder, decoder, deadLetterTag);
    this.rows = rows;
    this.results = results;
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  // The caller names the operator's class, and Flink asks for this one.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <O extends StreamOperator<VectorizedColumnBatch>> O createStreamOperator(
      StreamOperatorParameters<VectorizedColumnBatch> parameters) {
    return (O) new ColumnOperator(parameters, parts, rows, results);
  }

  @Override
  @SuppressWarnings("rawtypes") // As Flink declares it.
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return ColumnOperator.class;
  }
}
