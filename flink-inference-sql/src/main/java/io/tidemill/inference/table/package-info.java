/**
 * The door for SQL: {@code CREATE MODEL} and {@code ML_PREDICT}, by the public SPI of Flink's
 * tables. It makes a step's settings and binding of a statement; batching, encoding and calls are
 * those of {@code inference.operator}. May import Flink's table SPI, the rooms of the operator,
 * {@code model}, {@code model.loader} and {@code model.store}, never an engine.
 */
@NullMarked
package io.tidemill.inference.table;

import org.jspecify.annotations.NullMarked;
