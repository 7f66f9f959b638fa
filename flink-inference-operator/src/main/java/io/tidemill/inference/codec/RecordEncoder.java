package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ColumnBatch;
import java.io.Serializable;
import java.util.List;

/**
 * Writes one record into one row of a model's input columns.
 *
 * <p>Every slot for a batch in flight has its own copy, made by serialization, which one thread
 * uses at a time, the task's or a worker's, so an encoder may keep scratch state and need not be
 * thread-safe. Records are read while the task thread may read them too; an encoder never changes
 * one.
 *
 * @param <T> the record
 */
public interface RecordEncoder<T> extends Serializable {

  /**
   * Writes {@code record} into row {@code row} of every column, which are in the order of the
   * signature's inputs. Columns of fixed width hold zeros there. String columns are appended to,
   * with as many elements as a row of the tensor has; of a record that appends others it is said
   * that it does not fit.
   *
   * @return false if the record is not to be scored and passes on without a prediction
   * @throws UnfitRecordException if the record does not fit the tensors; it becomes a dead letter,
   *     or what the policy for missing inputs says
   */
  boolean encode(T record, ColumnBatch columns, int row);

  /**
   * Writes records that came together into the rows from 0 on, as {@link #encode} would; answers
   * false if each is to be encoded by itself, whatever it has written then.
   */
  default boolean encodeAll(List<T> records, ColumnBatch columns) {
    return false;
  }

  /**
   * Whether {@link #encode} writes every element of every row that it answers true for, so that
   * columns need not be cleared before. Wrongly said, records are scored with other records'
   * values.
   */
  default boolean writesEveryElement() {
    return false;
  }

  /** Bytes that the record counts towards {@code max-bytes}; asked only where that limit is set. */
  default long bytes(T record) {
    return 0;
  }
}
