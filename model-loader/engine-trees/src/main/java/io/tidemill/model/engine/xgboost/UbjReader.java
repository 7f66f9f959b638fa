package io.tidemill.model.engine.xgboost;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads Universal Binary JSON, as far as XGBoost writes it. Unlike XGBoost's own reader, it looks
 * where the file ends.
 *
 * <p>Not thread-safe.
 */
final class UbjReader {
  private static final int DEEPEST = 64;
  private static final int LONGEST_TEXT = 1 << 20;

  private final DataInputStream in;
  private final long size;
  private long position;

  /**
   * A reader of all that comes.
   *
   * @param size bytes until the end
   */
  UbjReader(InputStream in, long size) {
    this.in = new DataInputStream(in);
    this.size = size;
  }

  /**
   * The value that stands there.
   *
   * @throws IOException if it is cut off or something else
   */
  BoosterValue read() throws IOException {
    return value(marker(), 0);
  }

  private int marker() throws IOException {
    need(1);
    return in.readUnsignedByte();
  }

  private BoosterValue value(int marker, int depth) throws IOException {
    return switch (marker) {
      case '{' -> fields(depth + 1);
      case '[' -> array(depth + 1);
      case 'S' -> new BoosterValue.Text(text());
      case 'Z', 'T', 'F' -> new BoosterValue.Symbol();
      default -> new BoosterValue.Scalar(isInteger(marker), number(marker));
    };
  }

  private BoosterValue fields(int depth) throws IOException {
    checkDepth(depth);
    Map<String, BoosterValue> fields = new HashMap<>();
    for (int marker = marker(); marker != '}'; marker = marker()) {
      expect('L', marker);
      String key = text(number('L'));
      if (fields.put(key, value(marker(), depth)) != null) {
        throw new IOException("'%s' twice before byte %d".formatted(key, position));
      }
    }
    return new BoosterValue.Fields(fields);
  }

  private BoosterValue array(int depth) throws IOException {
    checkDepth(depth);
    int marker = marker();
    if (marker == '$') {
      return typedArray(marker());
    }
    ValueList list = new ValueList();
    if (marker == '#') {
      long count = count();
      for (long i = 0; i < count; i++) {
        list.add(value(marker(), depth));
      }
    } else {
      for (; marker != ']'; marker = marker()) {
        list.add(value(marker, depth));
      }
    }
    return list.array();
  }

  private BoosterValue typedArray(int type) throws IOException {
    int width = width(type);
    expect('#', marker());
    long count = count();
    if (count > (size - position) / width) {
      throw cutOff();
    }
    long[] integers = new long[Math.toIntExact(count)];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = number(type);
    }
    return new BoosterValue.Numbers(isInteger(type), integers);
  }

  /** An array's; no array of a file that fits has more than an int can count. */
  private long count() throws IOException {
    expect('L', marker());
    long count = number('L');
    if (count < 0 || count > Math.min(size - position, Integer.MAX_VALUE - 8)) {
      throw new IOException("an array of %d before byte %d".formatted(count, position));
    }
    return count;
  }

  private String text() throws IOException {
    expect('L', marker());
    return text(number('L'));
  }

  private String text(long length) throws IOException {
    if (length < 0 || length > LONGEST_TEXT) {
      throw new IOException("a text of %d bytes before byte %d".formatted(length, position));
    }
    need(length);
    return new String(in.readNBytes((int) length), StandardCharsets.UTF_8);
  }

  private static boolean isInteger(int marker) {
    return marker != 'd' && marker != 'D';
  }

  private long number(int marker) throws IOException {
    need(width(marker));
    return switch (marker) {
      case 'U' -> in.readUnsignedByte();
      case 'i', 'C' -> in.readByte();
      case 'I' -> in.readShort();
      case 'l', 'd' -> in.readInt();
      default -> in.readLong();
    };
  }

  private int width(int marker) throws IOException {
    return switch (marker) {
      case 'i', 'U', 'C' -> 1;
      case 'I' -> 2;
      case 'l', 'd' -> 4;
      case 'L', 'D' -> 8;
      default -> throw unexpected(marker);
    };
  }

  private void need(long bytes) throws IOException {
    if (bytes > size - position) {
      throw cutOff();
    }
    position += bytes;
  }

  private void expect(int expected, int marker) throws IOException {
    if (marker != expected) {
      throw unexpected(marker);
    }
  }

  private void checkDepth(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("nested deeper than %d at byte %d".formatted(DEEPEST, position));
    }
  }

  private EOFException cutOff() {
    return new EOFException("cut off after %d bytes, inside a value".formatted(size));
  }

  private IOException unexpected(int marker) {
    return new IOException("unexpected byte %d before byte %d".formatted(marker, position));
  }
}
