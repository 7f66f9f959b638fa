package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;

/**
 * Decodes text strictly: Flink's format {@code raw} puts a replacement character where bytes are no
 * text. Not thread-safe.
 */
final class TextDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final DeserializationSchema<RowData> format;
  private final String charset;

  TextDecoder(DeserializationSchema<RowData> format, String charset) {
    this.format = format;
    this.charset = charset;
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    format.open(context);
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    Charset.forName(charset).newDecoder().decode(ByteBuffer.wrap(message));
    return format.deserialize(message);
  }

  @Override
  public boolean isEndOfStream(RowData nextElement) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return format.getProducedType();
  }
}
