package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonParserRowDataDeserializationSchema;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeLineTest {
  private static final RowType IDS =
      RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"});

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":1}{\"id\":2}",
        "{\"id\":1} {\"id\":2}",
        "{\"id\":1}\r{\"id\":2}",
        "{\"id\":1}}",
        "[{\"id\":1}],",
        "{\"id\":1,\"}\":\"\\\"}\"}\u00e9"
      })
  void aLineThatGoesOnBehindItsValueDoesNotDecode(String line) throws IOException {
    ValueDecoder decoder = decoder();

    assertThatThrownBy(() -> decoder.decode(line.getBytes(UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the line goes on behind its JSON value, at byte ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":1}",
        " {\"id\":1} \t\r",
        "[{\"id\":1}]",
        "\uFEFF{\"id\":1}",
        "{\"id\":1,\"a\":{\"b\":[\"}\\\\\",\"\\\"]}\"]}}"
      })
  void aLineOfOneValueDecodes(String line) throws IOException {
    assertThat(decoder().decode(line.getBytes(UTF_8))).hasSize(1);
  }

  private static ValueDecoder decoder() throws IOException {
    ValueDecoder decoder =
        new ValueDecoder(
            new WholeLine(
                new JsonParserRowDataDeserializationSchema(
                    IDS, InternalTypeInfo.of(IDS), false, false, TimestampFormat.SQL)),
            IDS,
            false);
    decoder.open(new Standalone());
    return decoder;
  }
}
