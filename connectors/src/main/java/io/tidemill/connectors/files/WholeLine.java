package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/**
 * Flink's format of JSON, which reads a line's first value, and refuses a line with something
 * behind it, which would be left out in silence. Not thread-safe, as the format is not.
 */
final class WholeLine implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final DeserializationSchema<RowData> format;

  WholeLine(DeserializationSchema<RowData> format) {
    this.format = format;
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    format.open(context);
  }

  @Override
  public RowData deserialize(byte[] line) throws IOException {
    throw new UnsupportedOperationException("a line may be several rows");
  }

  @Override
  public void deserialize(byte[] line, Collector<RowData> rows) throws IOException {
    format.deserialize(line, rows);
    int end = end(line);
    for (int i = end; i < line.length; i++) {
      if (line[i] < 0 || line[i] > ' ') {
        throw new IOException(
            "the line goes on behind its JSON value, at byte %d of it (expected: one in a line)"
                .formatted(i));
      }
    }
  }

  /** Behind an object or array that decodes, so that brackets need not be told apart. */
  private static int end(byte[] line) {
    int depth = 0;
    boolean inString = false;
    for (int i = 0; i < line.length; i++) {
      byte next = line[i];
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
    return line.length;
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
