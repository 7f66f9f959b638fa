package io.tidemill.connectors.record;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

class ValueDecoderTest {
  private static final RowType IDS = RowType.of(new BigIntType());

  /** Of which no value is at fault. */
  @Test
  void aFormatThatDoesNotStartFailsBeforeTheFirstValue() throws IOException {
    ValueDecoder decoder = new ValueDecoder(new Broken(), IDS, false);

    assertThatThrownBy(() -> decoder.open(new Standalone()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the decoder of the format does not start")
        .hasRootCauseMessage("no library");
  }

  private static final class Broken implements DeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public void open(InitializationContext context) throws IOException {
      throw new IOException("no library");
    }

    @Override
    public RowData deserialize(byte[] value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isEndOfStream(RowData row) {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return InternalTypeInfo.of(IDS);
    }
  }
}
