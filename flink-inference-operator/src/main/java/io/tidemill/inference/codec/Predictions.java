package io.tidemill.inference.codec;

import org.jspecify.annotations.Nullable;

/**
 * What all records of a call share: the predictions of each output field and where they begin in a
 * row.
 *
 * <p>Immutable once made; any thread may read it.
 */
final class Predictions {
  private final PredictionColumn @Nullable [] columns;
  private final int recordArity;
  private final int arity;

  private Predictions(PredictionColumn @Nullable [] columns, int recordArity, int outputFields) {
    this.columns = columns;
    this.recordArity = recordArity;
    this.arity = recordArity + outputFields;
  }

  static Predictions of(PredictionColumn[] columns, int recordArity) {
    return new Predictions(columns, recordArity, columns.length);
  }

  /** For records that were not scored: every prediction is null. */
  static Predictions none(int recordArity, int outputFields) {
    return new Predictions(null, recordArity, outputFields);
  }

  boolean areNull() {
    return columns == null;
  }

  /** Fields of the record itself, which come first. */
  int recordArity() {
    return recordArity;
  }

  /** Fields of a scored row. */
  int arity() {
    return arity;
  }

  /** The predictions of each output field; none where the records were not scored. */
  PredictionColumn[] columns() {
    return columns == null ? new PredictionColumn[0] : columns;
  }

  /** The predictions of the output field at this position of a scored row. */
  PredictionColumn at(int pos) {
    if (columns == null) {
      throw new IllegalStateException("prediction at field " + pos + ": null (expected: scored)");
    }
    return columns[pos - recordArity];
  }
}
