package io.tidemill.connectors.record;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonParserRowDataDeserializationSchema;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeJsonTest {
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
  void aTextThatGoesOnBehindItsValueDoesNotDecode(String text) throws IOException {
    ValueDecoder decoder = decoder();

    assertThatThrownBy(() -> decoder.decode(text.getBytes(UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the text goes on behind its JSON, at byte ");
  }

  /** Flink reads the last of them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":1,\"id\":2}",
        "[{\"id\":1},{\"a\":[],\"id\":3 , \"id\" :2}]",
        "{\"id\":1,\"a\":{\"b\":\"id\",\"id\":2},\"id\":2}"
      })
  void aFieldThatIsThereTwiceDoesNotDecode(String text) throws IOException {
    ValueDecoder decoder = decoder();

    assertThatThrownBy(() -> decoder.decode(text.getBytes(UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessage("field 'id' is there twice in one object (expected: once)");
  }

  @Test
  void fieldsOfOneNameInSeveralObjectsDecode() throws IOException {
    String text = "[{\"id\":1,\"a\":{\"id\":\"id\",\"b\":[\"id\",{\"id\":2}]}},{\"id\":2}]";

    assertThat(decoder().decode(text.getBytes(UTF_8))).hasSize(2);
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
  void aTextOfOneValueDecodes(String text) throws IOException {
    assertThat(decoder().decode(text.getBytes(UTF_8))).hasSize(1);
  }

  /** Whose second letter is a quote to those who look at bytes. */
  @Test
  void aTextInUtf16Decodes() throws IOException {
    byte[] text = "{\"id\":1,\"a\":\"\u5c22\"}".getBytes(UTF_16LE);

    assertThat(decoder().decode(text)).hasSize(1);
  }

  private static ValueDecoder decoder() throws IOException {
    ValueDecoder decoder =
        new ValueDecoder(
            new WholeJson(
                new JsonParserRowDataDeserializationSchema(
                    IDS, InternalTypeInfo.of(IDS), false, false, TimestampFormat.SQL)),
            IDS,
            false);
    decoder.open(new Standalone());
    return decoder;
  }
}
