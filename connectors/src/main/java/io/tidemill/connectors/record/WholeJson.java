package io.tidemill.connectors.record;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Flink's format of JSON, which reads the first object or array of a text, and refuses a text with
 * something behind it, which would be left out in silence. Not thread-safe, as the format is not.
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
  private static int end(byte[] text) {
    if (text.length > 1 && (text[0] == 0 || text[1] == 0)) {
      // UTF-16, as Jackson sees it, whose letters are not told by their bytes.
      return text.length;
    }
    int depth = 0;
    boolean inString = false;
    for (int i = 0; i < text.length; i++) {
      byte next = text[i];
      if (inString) {
        if (next == '\\') {
          i++;
        } else if (next == '"') {
          inString = false;
        }
      } else if (next == '"') {
        inString = true;
      } else if (next == '{' || next == '[') {
        depth++;
      } else if (next == '}' || next == ']') {
        depth--;
        if (depth == 0) {
          return i + 1;
        }
      }
    }
    return text.length;
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
