package io.tidemill.connectors.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalSerializers;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordRowsTest {
  private static final RowType ROW =
      Origin.appendTo(
          RecordSchema.ofColumns(
                  List.of(
                      new RecordSchema.Column("id", "STRING NOT NULL"),
                      new RecordSchema.Column("amount", "DOUBLE NOT NULL")))
              .rowType());

  @Test
  void recordTravelsBetweenTasksWithItsOrigin() throws Exception {
    RowData row = travel(GenericRowData.of(StringData.fromString("a"), 1.5, origin()), ROW);

    Origin origin = Objects.requireNonNull(Origin.of(row, Origin.indexIn(ROW)));
    assertThat(row.getDouble(1)).isEqualTo(1.5);
    assertThat(origin.bytes(Origin.KEY)).isEqualTo("key".getBytes(UTF_8));
    assertThat(origin.string(Origin.TOPIC)).isEqualTo("payments");
    assertThat(origin.field(Origin.OFFSET)).isEqualTo(42L);
    assertThat(origin.headers())
        .extracting(Header::toString)
        .containsExactly("trace=t", "empty=null");
  }

  @Test
  void tombstoneTravelsThoughItsSchemaAllowsNoNull() throws Exception {
    GenericRowData tombstone = new GenericRowData(RowKind.DELETE, 3);
    tombstone.setField(2, origin());

    RowData row = travel(tombstone, ROW);

    assertThat(row.getRowKind()).isEqualTo(RowKind.DELETE);
    assertThat(row.isNullAt(1)).isTrue();
    assertThat(row.isNullAt(2)).isFalse();
  }

  @Test
  void deadLetterTravelsWithAllThatItSays() throws Exception {
    DeadLetterRecord made =
        DeadLetterRecord.of(
            Origin.of(GenericRowData.of(origin()), 0),
            "score",
            "java.lang.Error",
            "boom",
            Map.of("tidemill.step", "score"));

    DeadLetterRecord read = DeadLetterRecord.fromRow(travel(made.toRow(), DeadLetterRecord.TYPE));

    assertThat(read.key()).isEqualTo("key".getBytes(UTF_8));
    assertThat(read.value()).isEqualTo("bytes".getBytes(UTF_8));
    assertThat(read.headers()).extracting(Header::name).containsExactly("trace", "empty");
    assertThat(read.topic()).isEqualTo("payments");
    assertThat(read.partition()).isEqualTo(3);
    assertThat(read.offset()).isEqualTo(42L);
    assertThat(read.timestamp()).isEqualTo(1_000L);
    assertThat(read.stage()).isEqualTo("score");
    assertThat(read.causeClass()).isEqualTo("java.lang.Error");
    assertThat(read.message()).isEqualTo("boom");
    assertThat(read.context()).containsExactly(Map.entry("tidemill.step", "score"));
  }

  @Test
  void deadLetterWithoutAnOriginTakesJsonAsItsValue() {
    RowData row = GenericRowData.of(StringData.fromString("a"), 1.5, null);

    DeadLetterRecord deadLetter =
        DeadLetterRecord.of(null, "score", "java.lang.Error", "boom", Map.of())
            .withValue(new RowJson(ROW).encode(row));

    assertThat(deadLetter.key()).isNull();
    assertThat(deadLetter.value()).asString(UTF_8).isEqualTo("{\"id\":\"a\",\"amount\":1.5}");
    assertThat(deadLetter.message()).isEqualTo("boom");
  }

  @Test
  void jsonHasKeysOfAnyTypeAsText() {
    RowType rowType =
        (RowType)
            LogicalTypeParser.parse(
                "ROW<m MAP<INT, ARRAY<MAP<DATE, DOUBLE>>>, s MULTISET<BIGINT>, d DOUBLE>",
                getClass().getClassLoader());
    RowData row =
        GenericRowData.of(
            new GenericMapData(
                Map.of(
                    7,
                    new GenericArrayData(
                        new Object[] {new GenericMapData(Map.of(19, 1.5)), null}))),
            new GenericMapData(Map.of(5L, 2)),
            Double.NaN);

    assertThat(new RowJson(rowType).encode(row))
        .asString(UTF_8)
        .isEqualTo("{\"m\":{\"7\":[{\"19\":1.5},null]},\"s\":{\"5\":2},\"d\":\"NaN\"}");
  }

  @Test
  void numbersThatJsonLacksAreNullOrRefusedWithTheirField() {
    RowType rowType =
        (RowType)
            LogicalTypeParser.parse(
                "ROW<id STRING, score FLOAT NOT NULL, r ROW<a ARRAY<DOUBLE NOT NULL>>>",
                getClass().getClassLoader());
    RowData row =
        GenericRowData.of(
            StringData.fromString("a"),
            1f,
            GenericRowData.of(new GenericArrayData(new double[] {2, Double.NEGATIVE_INFINITY})));

    RowData nulls = new JsonRows(rowType, JsonRows.NonFinite.NULL).of(row);

    assertThat(nulls.getFloat(1)).isEqualTo(1f);
    assertThat(nulls.getRow(2, 1).getArray(0).getDouble(0)).isEqualTo(2);
    assertThat(nulls.getRow(2, 1).getArray(0).isNullAt(1)).isTrue();
    assertThatThrownBy(() -> new JsonRows(rowType, JsonRows.NonFinite.FAIL).of(row))
        .hasMessage(
            "field 'r.a[]' is -Infinity (expected: a number that JSON has; the option json.non-finite of the sink says what to write instead, null or text)");
    assertThat(new JsonRows(rowType, JsonRows.NonFinite.TEXT).of(row)).isSameAs(row);
  }

  /** An object for each number would cost more than what is written. */
  @ParameterizedTest
  @EnumSource(JsonRows.NonFinite.class)
  void vectorOfFiniteNumbersStaysAsItIs(JsonRows.NonFinite nonFinite) {
    RowType rowType =
        (RowType)
            LogicalTypeParser.parse(
                "ROW<f ARRAY<FLOAT NOT NULL>, d ARRAY<DOUBLE>>", getClass().getClassLoader());
    GenericArrayData floats = new GenericArrayData(new float[] {1, 2});
    GenericArrayData doubles = new GenericArrayData(new Double[] {1.5, null});

    RowData written = new JsonRows(rowType, nonFinite).of(GenericRowData.of(floats, doubles));

    assertThat(written.getArray(0)).isSameAs(floats);
    assertThat(written.getArray(1)).isSameAs(doubles);
  }

  private static RowData origin() {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.KEY, "key".getBytes(UTF_8));
    origin.setField(
        Origin.HEADERS,
        Origin.writeHeaders(List.of(Header.of("trace", "t"), new Header("empty", null))));
    origin.setField(Origin.TOPIC, StringData.fromString("payments"));
    origin.setField(Origin.PARTITION, 3);
    origin.setField(Origin.OFFSET, 42L);
    origin.setField(Origin.TIMESTAMP, 1_000L);
    origin.setField(Origin.VALUE, "bytes".getBytes(UTF_8));
    return origin;
  }

  /** Writes and reads a row as a network link between two tasks does. */
  private static RowData travel(RowData row, RowType rowType) throws IOException {
    TypeSerializer<RowData> serializer = InternalSerializers.create(rowType);
    DataOutputSerializer bytes = new DataOutputSerializer(256);
    serializer.serialize(serializer.copy(row), bytes);
    return serializer.deserialize(new DataInputDeserializer(bytes.getCopyOfBuffer()));
  }
}
