package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ColumnBatch;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the result of one record from one row of a model's output columns.
 *
 * <p>Every slot for a batch in flight has its own copy, made by serialization, which one thread
 * uses at a time, the task's or a worker's, so a decoder may keep state between {@link #begin} and
 * the rows that follow and need not be thread-safe.
 *
 * @param <T> the record
 * @param <R> the result
 */
public interface PredictionDecoder<T, R> extends Serializable {

  /**
   * Announces the outputs of a call before its first row. They are valid until the last row is
   * decoded; a result must not refer to them.
   */
  default void begin(ColumnBatch outputs) {}

  /**
   * The result of a record.
   *
   * @param row the record's row in {@code outputs}, whose columns are in the order of the signature
   */
  R decode(T record, ColumnBatch outputs, int row);

  /**
   * The results of records that came together and are all in the outputs, in their order; null if
   * each is to be decoded by itself.
   */
  default @Nullable List<R> decodeAll(List<T> records) {
    return null;
  }

  /**
   * The result of a record that was not scored.
   *
   * @throws UnsupportedOperationException if results cannot be made without a prediction (the
   *     default)
   */
  default R unscored(T record) {
    throw new UnsupportedOperationException(
        getClass().getName()
            + " has no result for a record that is not scored; override unscored(), or do not let the"
            + " encoder or the null-input policy skip records");
  }
}
