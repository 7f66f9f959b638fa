package io.tidemill.connectors.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Flink's format of JSON, which reads the first object or array of a text and the last of several
 * fields of one name, and refuses a text with something behind it, or with such fields: they would
 * be left out in silence. Not thread-safe, as the format is not.
 */
public final class WholeJson implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final DeserializationSchema<RowData> format;

  public WholeJson(DeserializationSchema<RowData> format) {
    this.format = format;
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    format.open(context);
  }

  @Override
  public RowData deserialize(byte[] text) throws IOException {
    throw new UnsupportedOperationException("a text may be several rows");
  }

  @Override
  public void deserialize(byte[] text, Collector<RowData> rows) throws IOException {
    format.deserialize(text, rows);
    int end = end(text);
    for (int i = end; i < text.length; i++) {
      if (text[i] < 0 || text[i] > ' ') {
        throw new IOException(
            "the text goes on behind its JSON, at byte %d (expected: one object or array)"
                .formatted(i));
      }
    }
  }

  /** Behind an object or array that decodes, so that brackets need not be told apart. */
  private static int end(byte[] text) throws IOException {
    if (text.length > 1 && (text[0] == 0 || text[1] == 0)) {
      // UTF-16, as Jackson sees it, whose letters are not told by their bytes.
      return text.length;
    }
    Deque<Set<ByteBuffer>> names = new ArrayDeque<>();
    for (int i = 0; i < text.length; i++) {
      byte next = text[i];
      if (next == '"') {
        int begin = i + 1;
        i = endOfString(text, begin);
        if (!names.isEmpty() && isName(text, i + 1)) {
          checkNew(ByteBuffer.wrap(text, begin, i - begin), names.element());
        }
      } else if (next == '{' || next == '[') {
        names.push(new HashSet<>());
      } else if (next == '}' || next == ']') {
        names.poll();
        if (names.isEmpty()) {
          return i + 1;
        }
      }
    }
    return text.length;
  }

  /** Where the quote stands that ends a string. */
  private static int endOfString(byte[] text, int begin) {
    int i = begin;
    while (i < text.length && text[i] != '"') {
      i += text[i] == '\\' ? 2 : 1;
    }
    return Math.min(i, text.length);
  }

  /** Whether what stands behind a string makes it the name of a field. */
  private static boolean isName(byte[] text, int behind) {
    int i = behind;
    while (i < text.length && text[i] >= 0 && text[i] <= ' ') {
      i++;
    }
    return i < text.length && text[i] == ':';
  }

  private static void checkNew(ByteBuffer name, Set<ByteBuffer> before) throws IOException {
    if (!before.add(name)) {
      throw new IOException(
          "field '%s' is there twice in one object (expected: once)"
              .formatted(StandardCharsets.UTF_8.decode(name.duplicate())));
    }
  }

  @Override
  public boolean isEndOfStream(RowData row) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return format.getProducedType();
  }
}
