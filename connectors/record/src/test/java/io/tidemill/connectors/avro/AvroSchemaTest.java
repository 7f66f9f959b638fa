package io.tidemill.connectors.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.problem.InvalidSchemaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Avro's own library writes what is read here, and reads what is written here. */
class AvroSchemaTest {
  private static final Instant INSTANT = Instant.parse("1969-12-31T23:59:58.123456789Z");
  private static final LocalDateTime LOCAL = LocalDateTime.parse("2023-11-14T22:13:20.123456789");

  private static final GenericData JUDGE = judge();

  private static GenericData judge() {
    GenericData data = new GenericData();
    data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    data.addLogicalTypeConversion(new Conversions.UUIDConversion());
    data.addLogicalTypeConversion(new TimeConversions.DateConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
    return data;
  }

  /** A type, a value as Avro's library has it, and as Flink has it. */
  private static List<Arguments> values() {
    return List.of(
        Arguments.of("\"boolean\"", true, true),
        Arguments.of("\"int\"", -7, -7),
        Arguments.of("\"long\"", Long.MIN_VALUE, Long.MIN_VALUE),
        Arguments.of("\"float\"", 1.5f, 1.5f),
        Arguments.of("\"double\"", Double.NaN, Double.NaN),
        Arguments.of("\"string\"", "zwölf €", StringData.fromString("zwölf €")),
        Arguments.of("\"bytes\"", ByteBuffer.wrap(new byte[] {1, -2, 3}), new byte[] {1, -2, 3}),
        Arguments.of(
            "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}",
            new GenericData.Fixed(Schema.createFixed("F", null, null, 2), new byte[] {4, -5}),
            new byte[] {4, -5}),
        Arguments.of(logical("int", "date"), LocalDate.EPOCH.plusDays(-3), -3),
        Arguments.of(logical("int", "time-millis"), LocalTime.parse("23:59:59.999"), 86_399_999),
        Arguments.of(
            logical("long", "timestamp-millis"),
            Instant.ofEpochMilli(INSTANT.toEpochMilli()),
            TimestampData.fromEpochMillis(INSTANT.toEpochMilli())),
        Arguments.of(
            logical("long", "timestamp-micros"),
            Instant.parse("1969-12-31T23:59:58.123456Z"),
            TimestampData.fromInstant(Instant.parse("1969-12-31T23:59:58.123456Z"))),
        // Avro's own conversion of nanoseconds is off by a second before 1970.
        Arguments.of(
            logical("long", "timestamp-nanos"),
            INSTANT.plusSeconds(3),
            TimestampData.fromInstant(INSTANT.plusSeconds(3))),
        Arguments.of(
            logical("long", "local-timestamp-millis"),
            LocalDateTime.parse("2023-11-14T22:13:20.123"),
            TimestampData.fromLocalDateTime(LocalDateTime.parse("2023-11-14T22:13:20.123"))),
        Arguments.of(
            logical("long", "local-timestamp-micros"),
            LocalDateTime.parse("2023-11-14T22:13:20.123456"),
            TimestampData.fromLocalDateTime(LocalDateTime.parse("2023-11-14T22:13:20.123456"))),
        Arguments.of(
            logical("long", "local-timestamp-nanos"),
            LOCAL,
            TimestampData.fromLocalDateTime(LOCAL)),
        Arguments.of(
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":2}",
            new BigDecimal("-12345.67"),
            DecimalData.fromBigDecimal(new BigDecimal("-12345.67"), 10, 2)),
        Arguments.of(
            "{\"type\":\"fixed\",\"name\":\"D\",\"size\":9,\"logicalType\":\"decimal\","
                + "\"precision\":20,\"scale\":3}",
            new BigDecimal("-1.250"),
            DecimalData.fromBigDecimal(new BigDecimal("-1.250"), 20, 3)),
        Arguments.of(
            logical("string", "uuid"),
            UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"),
            StringData.fromString("01234567-89ab-cdef-0123-456789abcdef")),
        Arguments.of(
            "{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}",
            new UUID(0x0123456789abcdefL, -2),
            ByteBuffer.allocate(16).putLong(0x0123456789abcdefL).putLong(-2).array()),
        Arguments.of(
            "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"CARD\",\"CASH\"]}",
            new GenericData.EnumSymbol(
                Schema.createEnum("E", null, null, List.of("CARD", "CASH")), "CASH"),
            StringData.fromString("CASH")));
  }

  private static List<String> forms(String type) {
    return List.of(type, "[\"null\"," + type + "]", "[" + type + ",\"null\"]");
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueIsReadAndWrittenAsAvroHasIt(String type, Object avro, Object flink) throws IOException {
    for (String form : forms(type)) {
      roundTrip(form, avro, flink);
      if (form.startsWith("[")) {
        roundTrip(form, null, null);
      }
    }
  }

  /** In a map of a list, in a list, and in a record of a list, all of them in a record. */
  @ParameterizedTest
  @MethodSource("values")
  void valueDeepInsideIsReadAndWrittenAsAvroHasIt(String type, Object avro, Object flink)
      throws IOException {
    LogicalType logical = AvroSchema.parse(single(type)).rowType().getTypeAt(0).copy(true);
    for (String form : forms(type)) {
      Schema value = new Schema.Parser().parse(form);
      Schema own = of("Own", Map.of("y", value));
      Map<String, Schema> parts = new LinkedHashMap<>();
      parts.put("maps", Schema.createArray(Schema.createMap(value)));
      parts.put("list", Schema.createArray(value));
      parts.put("rows", Schema.createArray(own));
      Schema in = of("In", parts);
      Schema schema = of("R", Map.of("x", in));
      List<@Nullable Object> values = new ArrayList<>(List.of(avro));
      List<@Nullable Object> expected = new ArrayList<>(List.of(flink));
      if (value.isUnion()) {
        values.add(null);
        expected.add(null);
      }
      GenericRecord deep = new GenericData.Record(in);
      List<Map<String, @Nullable Object>> maps = new ArrayList<>(List.of(Map.of()));
      values.forEach(one -> maps.add(Collections.singletonMap("k", one)));
      deep.put("maps", maps);
      deep.put("list", values);
      deep.put("rows", values.stream().map(one -> filled(own, "y", one)).toList());
      GenericRecord record = filled(schema, "x", deep);
      byte[] bytes = bytes(schema, record);
      AvroSchema ours = AvroSchema.parse(schema.toString());

      RowData row = ours.decoder().deserialize(bytes);

      RowData read = row.getRow(0, parts.size());
      ArrayData.ElementGetter element = ArrayData.createElementGetter(logical);
      RowData.FieldGetter field = RowData.createFieldGetter(logical, 0);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(element.getElementOrNull(read.getArray(0).getMap(i + 1).valueArray(), 0))
            .as("a value of a map of %s", form)
            .isEqualTo(expected.get(i));
        assertThat(element.getElementOrNull(read.getArray(1), i))
            .as("an element of a list of %s", form)
            .isEqualTo(expected.get(i));
        assertThat(field.getFieldOrNull(read.getArray(2).getRow(i, 1)))
            .as("a field of a record of %s", form)
            .isEqualTo(expected.get(i));
      }
      byte[] written = ours.encoder().serialize(row);
      assertThat(written).as("the bytes as Avro writes them").isEqualTo(bytes);
      assertThat(judged(schema, written)).as("as Avro reads it").hasToString(record.toString());
    }
  }

  private static Schema of(String name, Map<String, Schema> fields) {
    return Schema.createRecord(
        name,
        null,
        null,
        false,
        fields.entrySet().stream()
            .map(field -> new Schema.Field(field.getKey(), field.getValue()))
            .toList());
  }

  private static GenericRecord filled(Schema schema, String field, @Nullable Object value) {
    GenericRecord record = new GenericData.Record(schema);
    record.put(field, value);
    return record;
  }

  @Test
  void nanosecondsBeforeTheEpochAreRead() throws IOException {
    byte[] bytes = {(byte) 0x05}; // -3

    RowData row =
        AvroSchema.parse(single(logical("long", "timestamp-nanos"))).decoder().deserialize(bytes);

    assertThat(row.getTimestamp(0, 9))
        .isEqualTo(TimestampData.fromInstant(Instant.EPOCH.minusNanos(3)));
  }

  @Test
  void numbersOfAnArrayAreReadWithoutAnObjectEach() throws IOException {
    Schema schema = schema("{\"type\":\"array\",\"items\":\"float\"}");
    byte[] bytes = write(schema, new ArrayList<>(List.of(1f, -2.5f)));

    RowData row = AvroSchema.parse(schema.toString()).decoder().deserialize(bytes);

    assertThat(row.getArray(0).toFloatArray()).containsExactly(1f, -2.5f);
    assertThat(AvroSchema.parse(schema.toString()).encoder().serialize(row)).isEqualTo(bytes);
  }

  @Test
  void smallNumbersThatAvroCallsIntComeBackAsTheyWereWritten() throws IOException {
    AvroSchema schema = AvroSchema.of(RowType.of(new TinyIntType(false), new SmallIntType(true)));
    byte[] bytes = schema.encoder().serialize(GenericRowData.of((byte) -3, (short) 300));

    RowData row = schema.decoder().deserialize(bytes);

    assertThat(row.getByte(0)).isEqualTo((byte) -3);
    assertThat(row.getShort(1)).isEqualTo((short) 300);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"type":"long","logicalType":"time-micros"} | time-micros (expected: a logical type that Flink keeps; remove it from the job's schema to have the plain long)
          {"type":"fixed","name":"F","size":12,"logicalType":"duration"} | duration (expected: a logical type that Flink keeps; remove it from the job's schema to have the plain fixed)
          {"type":"bytes","logicalType":"big-decimal"} | big-decimal (expected: a logical type that Flink keeps; remove it from the job's schema to have the plain bytes)
          {"type":"bytes","logicalType":"decimal","precision":39,"scale":0} | {"type":"bytes","logicalType":"decimal","precision":39,"scale":0} (expected: a precision of at most 38)
          ["int","string"] | ["int","string"] (expected: no union but that of a type with null)
          "null" | "null" (expected: a type, or its union with null)
          """)
  void whatFlinkCannotKeepIsRefusedByItsField(String type, String refusal) {
    assertThatThrownBy(() -> AvroSchema.parse(single(type)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Avro schema 'R': field 'x' is " + refusal);
  }

  @Test
  void schemaThatContainsItselfIsRefusedByItsField() {
    assertThatThrownBy(
            () ->
                AvroSchema.parse(
                    "{\"type\":\"record\",\"name\":\"shop.Node\",\"fields\":[{\"name\":\"pay\",\"type\":"
                        + "{\"type\":\"record\",\"name\":\"Pay\",\"fields\":[{\"name\":\"next\","
                        + "\"type\":[\"null\",\"Node\"]}]}}]}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Avro schema 'shop.Node': field 'pay.next' is shop.Node, which contains itself"
                + " (expected: a schema of a depth that is known)");
  }

  @Test
  void eachFieldThatIsNotKeptIsRefusedAtOnce() {
    String duration =
        "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}";

    assertThatThrownBy(
            () ->
                AvroSchema.parse(
                    "{\"type\":\"record\",\"name\":\"Pay\",\"fields\":["
                        + field("either", "[\"int\",\"string\"]")
                        + ","
                        + field("kept", "\"double\"")
                        + ","
                        + field(
                            "items",
                            "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Item\",\"fields\":["
                                + field("in", "[\"null\",\"Item\"]")
                                + ","
                                + field("took", duration)
                                + "]}}")
                        + ","
                        + field("again", "[\"null\",\"Pay\"]")
                        + "]}"))
        .isInstanceOfSatisfying(
            InvalidSchemaException.class,
            refused ->
                assertThat(refused.problems())
                    .map(problem -> problem.replaceFirst(" \\(.*", ""))
                    .containsExactly(
                        "Avro schema 'Pay': field 'either' is [\"int\",\"string\"]",
                        "Avro schema 'Pay': field 'items[].in' is Item, which contains itself",
                        "Avro schema 'Pay': field 'items[].took' is duration",
                        "Avro schema 'Pay': field 'again' is Pay, which contains itself"));
  }

  private static String field(String name, String type) {
    return "{\"name\":\"" + name + "\",\"type\":" + type + "}";
  }

  @Test
  void schemaThatIsNestedWithoutEndIsRefused() {
    assertThatThrownBy(
            () ->
                AvroSchema.parse(
                    single(
                        "{\"type\":\"array\",\"items\":".repeat(20_000)
                            + "\"int\""
                            + "}".repeat(20_000))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Avro schema: does not parse: ");
  }

  @Test
  void fieldsAddedToASchemaLeaveTheOthersAsTheyWere() {
    AvroSchema more =
        AvroSchema.parse(single("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}"))
            .plus(List.of(new RowType.RowField("score", new SmallIntType(false))));

    Schema schema = new Schema.Parser().parse(more.json());

    assertThat(schema.getField("x").schema().getType()).isEqualTo(Schema.Type.ENUM);
    assertThat(schema.getField("score").schema().getType()).isEqualTo(Schema.Type.INT);
    assertThat(more.rowType().getFieldNames()).containsExactly("x", "score");
  }

  @Test
  void bytesThatAreNoTextDoNotDecode() {
    byte[] latin = {4, 'a', (byte) 0xe9};

    assertThatThrownBy(() -> AvroSchema.parse(single("\"string\"")).decoder().deserialize(latin))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not UTF-8");
  }

  /** Their encoder, which is made once, keeps what it was given. */
  @Test
  void rowThatCannotBeWrittenLeavesNothingBeforeTheNext() {
    AvroSchema schema =
        AvroSchema.parse(
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                + field("id", "\"int\"")
                + ","
                + field("e", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}")
                + "]}");
    AvroEncoder encoder = schema.encoder();
    RowData good = GenericRowData.of(7, StringData.fromString("A"));
    byte[] alone = schema.encoder().serialize(good);
    encoder.serialize(good);

    assertThatThrownBy(
            () -> encoder.serialize(GenericRowData.of(2, StringData.fromString("unheard of"))))
        .hasMessageContaining("unheard of");

    assertThat(encoder.serialize(good)).isEqualTo(alone);
  }

  /** A count of other units is another value, and a symbol is text, however deep. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        "{\"type\":\"array\",\"items\":%s}",
        "{\"type\":\"map\",\"values\":%s}",
        "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":%s}}",
        "{\"type\":\"record\",\"name\":\"In\",\"fields\":[{\"name\":\"y\",\"type\":%s}]}",
        "[\"null\",{\"type\":\"record\",\"name\":\"In\",\"fields\":[{\"name\":\"y\",\"type\":%s}]}]",
        "[\"null\",{\"type\":\"array\",\"items\":[\"null\",%s]}]"
      })
  void whatWasWrittenAsAnotherTypeIsReadAsItIsOrNotAtAll(String around) throws IOException {
    String micros = "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}";
    String millis = "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}";
    String symbol = "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}";
    String text = "\"string\"";

    assertThatThrownBy(() -> readAs(around.formatted(micros), around.formatted(millis)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("field 'x")
        .hasMessageContaining(" was written as " + micros);
    assertThat(readAs(around.formatted(symbol), around.formatted(text)))
        .isEqualTo(readAs(around.formatted(text), around.formatted(text)));
  }

  /** One value, read by another schema than that which wrote it, and then written by this. */
  private static byte[] readAs(String written, String read) throws IOException {
    Schema writer = schema(written);
    // As the types of columns, whose records nobody has named.
    AvroSchema reader = AvroSchema.parse(single(read.replace("\"In\"", "\"Other\"")));
    byte[] bytes = write(writer, sample(writer.getField("x").schema()));
    return reader.encoder().serialize(reader.readerOf(List.of(writer.toString())).read(bytes, 0));
  }

  /** As in files from before a column was, or of writers that have seen no value of it. */
  @Test
  void columnsThatWereNotWrittenAreNullHoweverTheyAreMade() throws IOException {
    RowType within = RowType.of(new LogicalType[] {new VarCharType(9)}, new String[] {"y"});
    RowType inner = RowType.of(new LogicalType[] {within, within}, new String[] {"a", "b"});
    RowType columns =
        RowType.of(
            new LogicalType[] {new IntType(), new VarCharType(9), inner, new ArrayType(inner)},
            new String[] {"x", "never", "pay", "all"});
    Schema written =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                    + field("x", "\"int\"")
                    + ","
                    + field("never", "\"null\"")
                    + "]}");

    RowData row = AvroSchema.readerOf(written, columns).read(write(written, 7), 0);

    assertThat(row).isEqualTo(GenericRowData.of(7, null, null, null));
    AvroSchema.checkColumns(columns);
    assertThatThrownBy(
            () ->
                AvroSchema.checkColumns(
                    RowType.of(new LogicalType[] {within}, new String[] {"a-b"})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Illegal character in: a-b (expected: letters, digits and '_', and no digit first)");
  }

  private static Object sample(Schema schema) {
    return switch (schema.getType()) {
      case LONG -> 3L;
      case STRING -> "B";
      case ENUM -> new GenericData.EnumSymbol(schema, "B");
      case ARRAY -> List.of(sample(schema.getElementType()));
      case MAP -> Map.of("k", sample(schema.getValueType()));
      case UNION -> sample(schema.getTypes().get(1));
      case RECORD -> {
        GenericRecord record = new GenericData.Record(schema);
        record.put(0, sample(schema.getFields().get(0).schema()));
        yield record;
      }
      default -> throw new AssertionError(schema);
    };
  }

  private static void roundTrip(String type, @Nullable Object avro, @Nullable Object flink)
      throws IOException {
    Schema schema = schema(type);
    byte[] bytes = write(schema, avro);
    AvroSchema ours = AvroSchema.parse(schema.toString());

    RowData row = ours.decoder().deserialize(bytes);

    Object read =
        RowData.createFieldGetter(ours.rowType().getTypeAt(0).copy(true), 0).getFieldOrNull(row);
    assertThat(read).as("as Flink has it").isEqualTo(flink);
    byte[] written = ours.encoder().serialize(row);
    assertThat(written).as("the bytes as Avro writes them").isEqualTo(bytes);
    Object back = judged(schema, written).get("x");
    assertThat(back instanceof CharSequence ? back.toString() : back)
        .as("as Avro reads it")
        .isEqualTo(avro);
  }

  private static GenericRecord judged(Schema schema, byte[] bytes) throws IOException {
    return new GenericDatumReader<GenericRecord>(schema, schema, JUDGE)
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }

  private static byte[] write(Schema schema, @Nullable Object value) throws IOException {
    return bytes(schema, filled(schema, "x", value));
  }

  private static byte[] bytes(Schema schema, GenericRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(schema, JUDGE).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static Schema schema(String type) {
    return new Schema.Parser().parse(single(type));
  }

  private static String single(String type) {
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":"
        + type
        + "}]}";
  }

  private static String logical(String type, String name) {
    return "{\"type\":\"" + type + "\",\"logicalType\":\"" + name + "\"}";
  }
}
