package io.tidemill.inference.table;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.operator.AsyncStep;
import io.tidemill.inference.operator.RefusedRecordException;
import io.tidemill.inference.operator.Scoring;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores the rows of one {@code ML_PREDICT} in batches, as the statement that made the model says.
 * Public for the code that Flink generates.
 *
 * <p>Used by the task thread; results come from other threads.
 */
public final class PredictRows extends AsyncPredictFunction implements SpecializedFunction {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(PredictRows.class);

  private final Scoring<RowData, Collection<RowData>> scoring;
  private final OnError onError;
  private final RowText text;
  private transient @Nullable AsyncStep<RowData, Collection<RowData>> step;

  PredictRows(Scoring<RowData, Collection<RowData>> scoring, OnError onError, RowText text) {
    this.scoring = scoring;
    this.onError = onError;
    this.text = text;
  }

  /**
   * Refuses columns of other types than those of {@code INPUT}: Flink lets through what could be
   * cast, and casts nothing.
   */
  @Override
  public UserDefinedFunction specialize(SpecializedContext context) {
    List<DataType> given = context.getCallContext().getArgumentDataTypes();
    List<RowType.RowField> inputs = text.type().getFields();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      RowType.RowField input = inputs.get(i);
      LogicalType type = given.get(i).getLogicalType();
      if (!new ColumnType(input.getType()).reads(type)) {
        problems.add(
            "column %d of DESCRIPTOR is %s (expected: %s, as INPUT column '%s' of the model is; CAST it in the query)"
                .formatted(i + 1, type, input.getType(), input.getName()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ValidationException(
          "ML_PREDICT with model '%s': %s".formatted(scoring.id(), String.join("\n", problems)));
    }
    return this;
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    AtomicLong counted = new AtomicLong();
    step =
        AsyncStep.open(
            scoring,
            new AsyncStep.Place(
                context.getTaskInfo().getIndexOfThisSubtask(),
                context.getExternalResourceInfos(AsyncStep.GPU),
                context.getMetricGroup(),
                context.getUserCodeClassLoader()),
            letter -> unscored(letter, counted));
  }

  Collection<RowData> unscored(DeadLetter<RowData> letter, AtomicLong counted) {
    if (onError == OnError.FAIL) {
      throw refusal(letter);
    }
    long count = counted.incrementAndGet();
    // The 1st, 2nd, 4th, 8th …: a stream of bad records would else fill the disk.
    if (Long.bitCount(count) == 1) {
      LOG.warn("{}; the {}. such record of this subtask", refusal(letter).getMessage(), count);
    }
    return scoring.decoder().unscored(letter.record());
  }

  /** Not for each of many records: it spells the whole of one, and has a stack trace. */
  private RefusedRecordException refusal(DeadLetter<RowData> letter) {
    return RefusedRecordException.of(
        letter, text.of(letter.record()), "on-error is " + ModelOptions.written(onError));
  }

  @Override
  public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
    AsyncStep<RowData, Collection<RowData>> present = step;
    if (present == null) {
      throw new IllegalStateException("step '" + scoring.id() + "': not open");
    }
    try {
      return present.score(row);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public void close() throws Exception {
    AsyncStep<RowData, Collection<RowData>> present = step;
    step = null;
    if (present != null) {
      present.close();
    }
  }
}
