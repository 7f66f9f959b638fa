package io.tidemill.pipelines.compose;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.accumulators.Accumulator;
import org.apache.flink.api.common.accumulators.SimpleAccumulator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes the operator that counts predictions on their way to the sink, and tells what it counted at
 * the end of the input: Flink sends an accumulator away while its task still adds to it.
 */
final class PredictionCountFactory<E> extends AbstractStreamOperatorFactory<E>
    implements OneInputStreamOperatorFactory<E, E> {
  /** The name of its accumulator. */
  static final String NAME = "tidemill-predictions";

  private static final long serialVersionUID = 1L;

  private final RowType rows;
  private final ArrayList<String> fields;
  private final Elements<E> elements;

  private PredictionCountFactory(RowType rows, List<String> fields, Elements<E> elements) {
    this.rows = rows;
    this.fields = new ArrayList<>(fields);
    this.elements = elements;
  }

  /** Counts a stream of rows. */
  static PredictionCountFactory<RowData> ofRows(RowType rows, List<String> fields) {
    return new PredictionCountFactory<>(rows, fields, FieldCounter::addTo);
  }

  /** Counts a stream of rows as columns. */
  static PredictionCountFactory<VectorizedColumnBatch> ofColumns(
      RowType rows, List<String> fields) {
    return new PredictionCountFactory<>(
        rows,
        fields,
        (columns, counters) -> {
          ColumnarRowData row = new ColumnarRowData(columns);
          for (int i = 0; i < columns.getNumRows(); i++) {
            row.setRowId(i);
            FieldCounter.addTo(row, counters);
          }
        });
  }

  /** How the stream's elements hold rows. */
  private interface Elements<E> extends Serializable {
    void count(E element, FieldCounter[] counters);
  }

  @Override
  // The caller names the operator's class, and Flink asks for this one.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <T extends StreamOperator<E>> T createStreamOperator(
      StreamOperatorParameters<E> parameters) {
    List<FieldCounter> counters = new ArrayList<>();
    for (String field : fields) {
      int position = rows.getFieldIndex(field);
      counters.add(new FieldCounter(field, position, rows.getTypeAt(position)));
    }
    return (T) new Counting<>(parameters, counters.toArray(FieldCounter[]::new), elements);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return Counting.class;
  }

  private static final class Counting<E> extends AbstractStreamOperator<E>
      implements OneInputStreamOperator<E, E>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    private final transient FieldCounter[] counters;
    private final transient Elements<E> elements;

    Counting(
        StreamOperatorParameters<E> parameters, FieldCounter[] counters, Elements<E> elements) {
      super(parameters);
      this.counters = counters;
      this.elements = elements;
    }

    @Override
    public void processElement(StreamRecord<E> element) {
      elements.count(element.getValue(), counters);
      output.collect(element);
    }

    @Override
    public void endInput() {
      Counts counts = new Counts();
      for (FieldCounter counter : counters) {
        counts.all.add(counter.count());
      }
      getRuntimeContext().addAccumulator(NAME, counts);
    }
  }

  /** What all subtasks have counted. Not thread-safe. */
  @SuppressWarnings("NonApiType") // Flink wants what is added up to be serializable.
  static final class Counts implements SimpleAccumulator<ArrayList<FieldCount>> {
    private static final long serialVersionUID = 1L;

    private ArrayList<FieldCount> all = new ArrayList<>();

    @Override
    public void add(ArrayList<FieldCount> more) {
      if (all.isEmpty()) {
        all = new ArrayList<>(more);
      } else {
        for (int i = 0; i < all.size(); i++) {
          all.set(i, all.get(i).plus(more.get(i)));
        }
      }
    }

    @Override
    public ArrayList<FieldCount> getLocalValue() {
      return all;
    }

    @Override
    public void resetLocal() {
      all = new ArrayList<>();
    }

    @Override
    public void merge(Accumulator<ArrayList<FieldCount>, ArrayList<FieldCount>> other) {
      add(other.getLocalValue());
    }

    @Override
    public Counts clone() {
      Counts copy = new Counts();
      copy.add(all);
      return copy;
    }
  }
}
