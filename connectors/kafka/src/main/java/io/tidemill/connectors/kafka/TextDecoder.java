package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Decodes text strictly: Flink's format {@code raw} puts a replacement character where bytes are no
 * text. Not thread-safe.
 */
final class TextDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final DeserializationSchema<RowData> format;
  private final String charset;
  private transient @Nullable CharsetDecoder strict;

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
    strict().decode(ByteBuffer.wrap(message));
    return format.deserialize(message);
  }

  private CharsetDecoder strict() {
    CharsetDecoder decoder = strict == null ? Charset.forName(charset).newDecoder() : strict;
    strict = decoder;
    return decoder;
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
