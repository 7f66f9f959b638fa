/**
 * From a record to the rows of a model's input columns, and from the rows of its output columns to
 * a prediction. May import {@code model}, {@code model.columnar} and Flink's row types; knows no
 * operator and no engine.
 */
@NullMarked
package io.tidemill.inference.codec;

import org.jspecify.annotations.NullMarked;
