package io.tidemill.model.engine.xgboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * The native memory of one call's arguments and answers, used by one call after another.
 *
 * <p>XGBoost takes the address and the size of its input as text; only their digits change from
 * call to call, right-aligned in places of fixed width.
 *
 * <p>Not thread-safe; a frame serves one call at a time.
 */
final class CallFrame {
  private static final int DIGITS = 20;
  private static final String BLANKS = " ".repeat(DIGITS);
  private static final String BEFORE_ADDRESS = "{\"data\":[";
  private static final String BEFORE_ROWS = ",true],\"shape\":[";
  private static final String CONFIG =
      "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":%d,\"missing\":NaN,\"strict_shape\":false,\"cache_id\":0}\0";
  private static final int ADDRESS_END = BEFORE_ADDRESS.length() + DIGITS;
  private static final int ROWS_END = ADDRESS_END + BEFORE_ROWS.length() + DIGITS;

  private final ByteBuffer memory;
  private final int answers;
  private final int config;
  private final long start;

  /**
   * A frame for rows of so many floats.
   *
   * @param features floats of one row
   * @param iterations whose trees are added up; 0 for all
   */
  CallFrame(int features, int iterations) {
    byte[] input =
        "%s%s%s%s,%d],\"typestr\":\"<f4\",\"version\":3}\0"
            .formatted(BEFORE_ADDRESS, BLANKS, BEFORE_ROWS, BLANKS, features)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] configuration = CONFIG.formatted(iterations).getBytes(StandardCharsets.US_ASCII);
    config = input.length;
    answers = (input.length + configuration.length + Long.BYTES - 1) & -Long.BYTES;
    memory =
        ByteBuffer.allocateDirect(answers + 3 * Long.BYTES)
            .alignedSlice(Long.BYTES)
            .order(ByteOrder.nativeOrder());
    memory.put(0, input).put(config, configuration);
    start = MemoryUtil.getByteBufferAddress(memory);
  }

  /**
   * Predicts the rows at an address. XGBoost reads them where they are.
   *
   * @return whether XGBoost did it; if not, its words are in {@code XGBGetLastError}
   */
  boolean predict(long booster, long address, int rows) {
    writeDigits(address, ADDRESS_END);
    writeDigits(rows, ROWS_END);
    long answer = start + answers;
    return XGBoostLibrary.XGBoosterPredictFromDense(
            booster, start, start + config, 0, answer, answer + 8, answer + 16)
        == 0;
  }

  private void writeDigits(long number, int end) {
    int position = end;
    for (long rest = number; rest > 0; rest /= 10) {
      memory.put(--position, (byte) ('0' + rest % 10));
    }
    while (position > end - DIGITS) {
      memory.put(--position, (byte) ' ');
    }
  }

  /** Dimensions of the last prediction. */
  int rank() {
    return (int) memory.getLong(answers + 8);
  }

  /** A dimension's size in the last prediction. */
  long size(int dimension) {
    return MemoryUtil.getLong(memory.getLong(answers) + (long) dimension * Long.BYTES);
  }

  /**
   * Where the last prediction is: XGBoost's memory, which the next one of the same thread and
   * booster writes over.
   */
  long address() {
    return memory.getLong(answers + 16);
  }
}
