package io.tidemill.inference.table;

import io.tidemill.inference.operator.Scoring;
import java.util.Collection;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;

/** A model that a statement made, pinned to one version. Immutable. */
record TidemillModel(Scoring<RowData, Collection<RowData>> scoring, OnError onError, RowText text)
    implements AsyncPredictRuntimeProvider {
  @Override
  public AsyncPredictFunction createAsyncPredictFunction(Context context) {
    return new PredictRows(scoring, onError, text);
  }

  @Override
  public ModelProvider copy() {
    return this;
  }
}
