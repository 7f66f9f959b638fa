package io.tidemill.model.engine.xgboost;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads JSON, as far as XGBoost writes it.
 *
 * <p>Not thread-safe.
 */
final class JsonReader {
  private static final int DEEPEST = 64;
  private static final int END = -1;

  private final InputStream in;
  private long position;
  private int next;

  /** A reader of all that comes. */
  JsonReader(InputStream in) throws IOException {
    this.in = in;
    next = in.read();
  }

  /**
   * The value that stands there.
   *
   * @throws IOException if it is cut off or something else
   */
  BoosterValue read() throws IOException {
    return value(0);
  }

  private BoosterValue value(int depth) throws IOException {
    skipBlanks();
    return switch (next) {
      case '{' -> fields(depth + 1);
      case '[' -> array(depth + 1);
      case '"' -> new BoosterValue.Text(text());
      default -> word();
    };
  }

  private BoosterValue fields(int depth) throws IOException {
    checkDepth(depth);
    Map<String, BoosterValue> fields = new HashMap<>();
    take('{');
    while (isMore('}', fields.isEmpty())) {
      String key = text();
      skipBlanks();
      take(':');
      if (fields.put(key, value(depth)) != null) {
        throw new IOException("'%s' twice before byte %d".formatted(key, position));
      }
    }
    return new BoosterValue.Fields(fields);
  }

  private BoosterValue array(int depth) throws IOException {
    checkDepth(depth);
    ValueList list = new ValueList();
    take('[');
    for (boolean first = true; isMore(']', first); first = false) {
      list.add(value(depth));
    }
    return list.array();
  }

  /** Whether another member comes, at which the reader then is; if not, it is past the end. */
  private boolean isMore(int end, boolean first) throws IOException {
    skipBlanks();
    if (next == end) {
      take(end);
      return false;
    }
    if (!first) {
      take(',');
      skipBlanks();
    }
    return true;
  }

  /** As it stands between the quotes: XGBoost gives no meaning to an escape that a key needs. */
  private String text() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    take('"');
    while (next != '"') {
      if (next == '\\') {
        bytes.write(take(next));
      }
      bytes.write(take(next));
    }
    take('"');
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** A number, or one of the words for true, false, nothing and numbers that are none. */
  private BoosterValue word() throws IOException {
    StringBuilder word = new StringBuilder();
    while (isPartOfWord(next)) {
      word.append((char) take(next));
    }
    String text = word.toString();
    return switch (text) {
      case "" -> throw unexpected();
      case "true", "false", "null" -> new BoosterValue.Symbol();
      default -> number(text);
    };
  }

  private static BoosterValue number(String text) {
    try {
      return new BoosterValue.Scalar(true, Long.parseLong(text));
    } catch (NumberFormatException noInteger) {
      return new BoosterValue.Scalar(false, 0);
    }
  }

  private static boolean isPartOfWord(int character) {
    return (character >= '0' && character <= '9')
        || (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || character == '-'
        || character == '+'
        || character == '.';
  }

  private void skipBlanks() throws IOException {
    while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
      take(next);
    }
  }

  private int take(int expected) throws IOException {
    if (next != expected || next == END) {
      throw unexpected();
    }
    int taken = next;
    next = in.read();
    position++;
    return taken;
  }

  private void checkDepth(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("nested deeper than %d at byte %d".formatted(DEEPEST, position));
    }
  }

  private IOException unexpected() {
    return next == END
        ? new EOFException("cut off after %d bytes, inside a value".formatted(position))
        : new IOException("unexpected byte %d before byte %d".formatted(next, position + 1));
  }
}
