package io.tidemill.model.engine.xgboost;

import java.util.List;
import java.util.Map;

/**
 * A value of a saved booster, as far as {@link BoosterCheck} needs it: of numbers that are not
 * integers only that they are there.
 *
 * <p>Immutable, if nobody writes into the arrays.
 */
sealed interface BoosterValue {

  /** Values by their keys, none twice. */
  record Fields(Map<String, BoosterValue> values) implements BoosterValue {}

  /** An array of anything but numbers. */
  record Elements(List<BoosterValue> values) implements BoosterValue {}

  /**
   * An array of numbers, or an empty one.
   *
   * @param integral whether all are integers
   * @param integers as many as there are numbers; what they are says nothing unless integral
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing, and large.
  record Numbers(boolean integral, long[] integers) implements BoosterValue {}

  /** A single number. */
  record Scalar(boolean integral, long integer) implements BoosterValue {}

  /** A text as it was read, escapes and all. */
  record Text(String text) implements BoosterValue {}

  /** True, false or nothing. */
  record Symbol() implements BoosterValue {}
}
