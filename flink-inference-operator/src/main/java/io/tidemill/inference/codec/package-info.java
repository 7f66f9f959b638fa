/**
 * From a record to the rows of a model's input columns, and from the rows of its output columns to
 * a prediction. May import {@code model}, {@code model.columnar}, Flink's row types and the memory
 * that they lie in; knows no operator and no engine.
 */
@NullMarked
package io.tidemill.inference.codec;

import org.jspecify.annotations.NullMarked;
