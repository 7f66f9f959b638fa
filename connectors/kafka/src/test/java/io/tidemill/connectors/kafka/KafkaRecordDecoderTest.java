package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.Standalone;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.generic.GenericData;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.avro.AvroRowDataDeserializationSchema;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.formats.raw.RawFormatDeserializationSchema;
import org.apache.flink.runtime.throwable.ThrowableClassifier;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KafkaRecordDecoderTest {
  private static final String AVSC =
      """
      {"type":"record","name":"Payment","namespace":"shop","fields":[
        {"name":"id","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["CARD","CASH"]}},
        {"name":"note","type":["string","null"]}]}
      """;

  private static final RecordSchema AVRO = RecordSchema.fromAvro(AVSC);
  private static final RecordSchema COLUMNS =
      RecordSchema.ofColumns(
          List.of(
              new RecordSchema.Column("id", "STRING NOT NULL"),
              new RecordSchema.Column("amount", "DOUBLE NOT NULL")));

  private final List<RowData> out = new ArrayList<>();

  @Test
  void avroDecodesAfterBytesThatDoNot() throws Exception {
    KafkaRecordDecoder decoder =
        new KafkaRecordDecoder(AVRO.avro().decoder(), AVRO.rowType(), Map.of(), true);

    decode(decoder, payment("a", 1.5), garbage(), payment("c", 3.5), payment("d", 4.5));

    assertThat(ids()).containsExactly("a", null, "c", "d");
    assertThat(errors()).containsExactly(null, "java.io.IOException", null, null);
    assertThat(out.get(2).getDouble(1)).isEqualTo(3.5);
    assertThat(out.get(2).getString(2)).hasToString("CASH");
    assertThat(out.get(2).getString(3)).hasToString("fine");
  }

  @Test
  void flinksAvroDecodesAfterBytesThatDoNot() throws Exception {
    String avsc = COLUMNS.avro().json();
    KafkaRecordDecoder decoder =
        new KafkaRecordDecoder(
            new AvroRowDataDeserializationSchema(
                COLUMNS.rowType(), InternalTypeInfo.of(COLUMNS.rowType())),
            COLUMNS.rowType(),
            Map.of(),
            true);

    decode(
        decoder,
        columns(avsc, "a"),
        new byte[] {(byte) 0x7f, 'x', 'y'},
        columns(avsc, "c"),
        columns(avsc, "d"));

    assertThat(ids()).containsExactly("a", null, "c", "d");
  }

  @Test
  void jsonDecodesAfterBytesThatDoNot() throws Exception {
    KafkaRecordDecoder decoder = json(true);

    decode(
        decoder,
        "{\"id\":\"a\",\"amount\":1}".getBytes(UTF_8),
        "{\"id\":".getBytes(UTF_8),
        "{\"id\":\"c\",\"amount\":3}".getBytes(UTF_8),
        "{\"id\":\"d\",\"amount\":\"much\"}".getBytes(UTF_8),
        "{\"id\":\"e\",\"amount\":5}".getBytes(UTF_8));

    assertThat(ids()).containsExactly("a", null, "c", null, "e");
  }

  @Test
  void jsonWithMoreBehindItDoesNotDecode() {
    Map<String, String> options =
        Map.of(
            "connector", "kafka",
            "topic", "in",
            "properties.bootstrap.servers", "localhost:1",
            "scan.startup.mode", "earliest-offset",
            "format", "json");
    RecordSource source =
        new KafkaConnector()
            .source(new SourceSpec(new ConnectorOptions("source", options), COLUMNS, true));
    DeadLetterRecord letter =
        DeadLetterRecord.of(null, "score", "java.lang.Error", "boom", Map.of())
            .withValue("{\"id\":\"a\",\"amount\":1}{\"id\":\"b\"}".getBytes(UTF_8));

    assertThatThrownBy(() -> source.decode(letter))
        .hasMessage("the text goes on behind its JSON, at byte 21 (expected: one object or array)");
  }

  @Test
  void bytesLeftOverDoNotDecode() throws Exception {
    byte[] whole = payment("a", 1.5);
    byte[] longer = Arrays.copyOf(whole, whole.length + 2);

    decode(new KafkaRecordDecoder(AVRO.avro().decoder(), AVRO.rowType(), Map.of(), true), longer);

    assertThat(origin(0).string(Origin.ERROR_MESSAGE))
        .isEqualTo(
            "Avro: 2 of "
                + longer.length
                + " bytes left over (expected: one record of shop.Payment, with exactly its fields)");
  }

  @Test
  void bytesOfARegistryAreCalledSoWhereTheyAreReadAsPlainAvro() throws Exception {
    byte[] framed = new byte[40];
    framed[4] = 7;

    decode(new KafkaRecordDecoder(AVRO.avro().decoder(), AVRO.rowType(), Map.of(), true), framed);

    assertThat(origin(0).string(Origin.ERROR_MESSAGE))
        .startsWith(
            "Avro: not plain, but perhaps a schema registry's, which begins with 0x00 (expected:"
                + " plain Avro; or set the format to avro-confluent): Avro: ");
  }

  @Test
  void bytesThatEndWithinARecordAreToldSo() throws Exception {
    decode(
        new KafkaRecordDecoder(AVRO.avro().decoder(), AVRO.rowType(), Map.of(), true), new byte[0]);

    assertThat(origin(0).string(Origin.ERROR_MESSAGE))
        .isEqualTo(
            "Avro: the 0 bytes end within a record of shop.Payment (expected: one with exactly its"
                + " fields)");
  }

  /** Fails, and says nothing. */
  private static final class Silent extends AbstractDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1;

    Silent() {
      super(InternalTypeInfo.of(AVRO.rowType()));
    }

    @Override
    public RowData deserialize(byte[] message) throws IOException {
      throw new EOFException();
    }
  }

  @Test
  void failureWithoutAMessageIsNamed() throws Exception {
    decode(new KafkaRecordDecoder(new Silent(), AVRO.rowType(), Map.of(), true), new byte[0]);

    assertThat(origin(0).string(Origin.ERROR_MESSAGE)).isEqualTo("java.io.EOFException");
  }

  @Test
  void lengthBeyondTheBytesIsRefusedBeforeMemoryIsTaken() throws Exception {
    byte[] twoGigabytes = {(byte) 0xfc, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 'x'};

    decode(
        new KafkaRecordDecoder(AVRO.avro().decoder(), AVRO.rowType(), Map.of(), true),
        twoGigabytes);

    assertThat(origin(0).string(Origin.ERROR_MESSAGE))
        .isEqualTo("Avro: length 2147483646 (expected: 0 to 1 bytes left)");
  }

  @Test
  void undecodedRecordKeepsEverythingItCameWith() throws Exception {
    decode(json(true), garbage());

    Origin origin = origin(0);
    assertThat(origin.bytes(Origin.VALUE)).isEqualTo(garbage());
    assertThat(origin.bytes(Origin.KEY)).isEqualTo("key".getBytes(UTF_8));
    assertThat(origin.string(Origin.TOPIC)).isEqualTo("payments");
    assertThat(origin.field(Origin.PARTITION)).isEqualTo(2);
    assertThat(origin.field(Origin.OFFSET)).isEqualTo(0L);
    assertThat(origin.timestamp()).isEqualTo(1_700L);
    List<Header> headers = origin.headers();
    assertThat(headers).extracting(Header::name).containsExactly("trace", "empty", "trace");
    assertThat(headers.get(1).value()).isNull();
  }

  @Test
  void nullValueIsADeleteWithItsKey() throws Exception {
    decodeOne(json(true), 0, null);

    assertThat(out.get(0).getRowKind()).isEqualTo(RowKind.DELETE);
    assertThat(out.get(0).isNullAt(0)).isTrue();
    assertThat(origin(0).bytes(Origin.KEY)).isEqualTo("key".getBytes(UTF_8));
  }

  @Test
  void whatElseARecordHasIsInColumnsThatWereAskedFor() throws Exception {
    Map<String, RecordMetadata> metadata = new LinkedHashMap<>();
    for (RecordMetadata kind : RecordMetadata.values()) {
      metadata.put("m_" + kind, kind);
    }
    KafkaRecordDecoder decoder =
        new KafkaRecordDecoder(
            jsonSchema(COLUMNS.rowType(), false), COLUMNS.rowType(), metadata, true);

    decode(decoder, "{\"id\":\"a\",\"amount\":1}".getBytes(UTF_8));
    decodeOne(decoder, 1, null);

    RowType type = ((InternalTypeInfo<RowData>) decoder.getProducedType()).toRowType();
    assertThat(type.getFieldNames().subList(0, 5))
        .containsExactly("id", "amount", "m_key", "m_topic", "m_partition");
    // As a link between two tasks has it.
    RowData row = new RowDataSerializer(type).toBinaryRow(out.get(0)).copy();
    assertThat(row.getString(0)).hasToString("a");
    assertThat(row.getBinary(2)).isEqualTo("key".getBytes(UTF_8));
    assertThat(row.getString(3)).hasToString("payments");
    assertThat(row.getInt(4)).isEqualTo(2);
    assertThat(row.getLong(5)).isZero();
    assertThat(row.getTimestamp(6, 3).getMillisecond()).isEqualTo(1_700L);
    assertThat(row.getString(7)).hasToString("CreateTime");
    assertThat(row.isNullAt(8)).isTrue();
    assertThat(row.getMap(9).size()).isEqualTo(2);
    assertThat(out.get(1).getLong(5)).isEqualTo(1L);
    assertThat(Origin.of(out.get(1), Origin.indexIn(type))).isNotNull();
  }

  @Test
  void rowsAreNewObjects() throws Exception {
    byte[] bytes = "{\"id\":\"a\",\"amount\":1}".getBytes(UTF_8);

    decode(json(true), bytes, bytes);

    assertThat(out.get(0)).isNotSameAs(out.get(1)).isNotEqualTo(out.get(1));
    assertThat(out.get(0).getRow(2, 9)).isNotSameAs(out.get(1).getRow(2, 9));
  }

  @Test
  void originalBytesAreNotKeptWithoutADeadLetterSink() throws Exception {
    decode(json(false), "{\"id\":\"a\",\"amount\":1}".getBytes(UTF_8));

    assertThat(origin(0).bytes(Origin.VALUE)).isNull();
  }

  @Test
  void withoutADeadLetterSinkTheJobFailsAndSaysWhere() throws Exception {
    KafkaRecordDecoder decoder = json(false);

    assertThatThrownBy(() -> decode(decoder, garbage()))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith("payments-2 offset 0: the value does not decode: ")
        .hasMessageEndingWith("; give the job a dead-letter sink to set such records aside");
    assertThat(
            ThrowableClassifier.getThrowableType(catchThrowable(() -> decode(decoder, garbage()))))
        .as("whether Flink tries it again")
        .isEqualTo(ThrowableType.NonRecoverableError);
  }

  @Test
  void bytesThatAreNoTextAreNoRecordOfTheFormatRaw() throws Exception {
    RowType text = RecordSchema.ofColumns(List.of(new Column("line", "STRING"))).rowType();
    var raw =
        new RawFormatDeserializationSchema(
            text.getTypeAt(0), InternalTypeInfo.of(text), "UTF-8", false);

    decode(
        new KafkaRecordDecoder(new TextDecoder(raw, "UTF-8"), text, Map.of(), true),
        "first".getBytes(UTF_8),
        new byte[] {'a', (byte) 0xe9, 'b'},
        "dritter €".getBytes(UTF_8));

    assertThat(out.get(0).getString(0)).hasToString("first");
    assertThat(out.get(1).isNullAt(0)).isTrue();
    assertThat(out.get(2).getString(0)).hasToString("dritter €");
  }

  @Test
  void registryThatDoesNotAnswerFailsTheJobAndNotTheRecord() throws Exception {
    KafkaRecordDecoder decoder =
        new KafkaRecordDecoder(new RegistryDown(), COLUMNS.rowType(), Map.of(), true);

    assertThatThrownBy(() -> decode(decoder, garbage()))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("and not for its own sake: no schema: refused")
        .hasRootCauseInstanceOf(ConnectException.class);
    assertThat(out).isEmpty();
  }

  @Test
  void recordThatTheFormatSkipsIsNotLost() throws Exception {
    KafkaRecordDecoder decoder =
        new KafkaRecordDecoder(
            jsonSchema(COLUMNS.rowType(), true), COLUMNS.rowType(), Map.of(), true);

    decode(decoder, garbage());

    assertThat(errors()).containsExactly("java.io.IOException");
  }

  private void decode(KafkaRecordDecoder decoder, byte[]... values) throws IOException {
    for (int i = 0; i < values.length; i++) {
      decodeOne(decoder, i, values[i]);
    }
  }

  private void decodeOne(KafkaRecordDecoder decoder, long offset, byte @Nullable [] value)
      throws IOException {
    decoder.open(new Standalone());
    RecordHeaders headers = new RecordHeaders();
    headers.add("trace", new byte[] {1});
    headers.add("empty", null);
    headers.add("trace", new byte[] {2});
    decoder.deserialize(
        new ConsumerRecord<>(
            "payments",
            2,
            offset,
            1_700L,
            TimestampType.CREATE_TIME,
            3,
            3,
            "key".getBytes(UTF_8),
            value,
            headers,
            Optional.empty()),
        new Collected(out));
  }

  private List<@Nullable String> ids() {
    List<@Nullable String> ids = new ArrayList<>();
    out.forEach(row -> ids.add(row.isNullAt(0) ? null : row.getString(0).toString()));
    return ids;
  }

  private List<@Nullable String> errors() {
    List<@Nullable String> errors = new ArrayList<>();
    for (int i = 0; i < out.size(); i++) {
      errors.add(origin(i).string(Origin.ERROR_CLASS));
    }
    return errors;
  }

  private Origin origin(int i) {
    RowData row = out.get(i);
    return Objects.requireNonNull(Origin.of(row, row.getArity() - 1));
  }

  private static KafkaRecordDecoder json(boolean deadLetters) throws IOException {
    return new KafkaRecordDecoder(
        jsonSchema(COLUMNS.rowType(), false), COLUMNS.rowType(), Map.of(), deadLetters);
  }

  private static DeserializationSchema<RowData> jsonSchema(RowType rowType, boolean skip) {
    return new JsonRowDataDeserializationSchema(
        rowType, InternalTypeInfo.of(rowType), false, skip, TimestampFormat.SQL);
  }

  private static byte[] payment(String id, double amount) throws IOException {
    return AvroBytes.write(
        AVSC,
        payment -> {
          payment.put("id", id);
          payment.put("amount", amount);
          payment.put(
              "kind",
              new GenericData.EnumSymbol(payment.getSchema().getField("kind").schema(), "CASH"));
          payment.put("note", "fine");
        });
  }

  private static byte[] columns(String avsc, String id) throws IOException {
    return AvroBytes.write(
        avsc,
        record -> {
          record.put("id", id);
          record.put("amount", 1.0);
        });
  }

  private static byte[] garbage() {
    return "not a payment at all".getBytes(UTF_8);
  }

  private record Collected(List<RowData> rows) implements Collector<RowData> {
    @Override
    public void collect(RowData row) {
      rows.add(row);
    }

    @Override
    public void close() {}
  }

  private static final class RegistryDown extends AbstractDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;

    RegistryDown() {
      super(InternalTypeInfo.of(COLUMNS.rowType()));
    }

    @Override
    public RowData deserialize(byte[] message) throws IOException {
      throw new IOException("no schema", new ConnectException("refused"));
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return InternalTypeInfo.of(COLUMNS.rowType());
    }
  }
}
