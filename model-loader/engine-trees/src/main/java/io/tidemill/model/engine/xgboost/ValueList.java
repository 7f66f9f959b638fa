package io.tidemill.model.engine.xgboost;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The values of an array while it is read; a number takes eight bytes.
 *
 * <p>Not thread-safe.
 */
final class ValueList {
  private final List<BoosterValue> others = new ArrayList<>();
  private long[] integers = new long[16];
  private int numbers;
  private boolean integral = true;

  void add(BoosterValue value) {
    if (value instanceof BoosterValue.Scalar number) {
      add(number.integral(), number.integer());
    } else {
      others.add(value);
    }
  }

  void add(boolean isInteger, long integer) {
    if (numbers == integers.length) {
      integers = Arrays.copyOf(integers, 2 * numbers);
    }
    integral &= isInteger;
    integers[numbers++] = integer;
  }

  /**
   * What was added.
   *
   * @throws IOException if there are numbers and others, which no booster has
   */
  BoosterValue array() throws IOException {
    if (others.isEmpty()) {
      return new BoosterValue.Numbers(integral, Arrays.copyOf(integers, numbers));
    }
    if (numbers > 0) {
      throw new IOException("an array of %d numbers and other values".formatted(numbers));
    }
    return new BoosterValue.Elements(others);
  }
}
