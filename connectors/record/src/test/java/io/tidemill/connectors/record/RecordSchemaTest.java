package io.tidemill.connectors.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RecordSchemaTest {
  @Test
  void readsAvroWithItsLogicalTypes() {
    RecordSchema schema =
        RecordSchema.fromAvro(
            """
            {"type":"record","name":"Payment","fields":[
              {"name":"id","type":"string"},
              {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
              {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
              {"name":"note","type":["null","string"]},
              {"name":"features","type":{"type":"array","items":"float"}}]}
            """);

    assertThat(schema.rowType().asSummaryString())
        .isEqualTo(
            "ROW<`id` STRING NOT NULL, `at` TIMESTAMP_LTZ(3) NOT NULL, `amount` DECIMAL(10, 2) NOT"
                + " NULL, `note` STRING, `features` ARRAY<FLOAT NOT NULL> NOT NULL> NOT NULL");
  }

  @Test
  void refusesAvroThatIsNoRecord() {
    assertThatThrownBy(() -> RecordSchema.fromAvro("\"string\""))
        .hasMessage("Avro schema: string (expected: a record)");
  }

  @Test
  void refusesTextThatIsNoSchema() {
    assertThatThrownBy(() -> RecordSchema.fromAvro("{\"type\":\"recrd\"}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Avro schema: does not parse: ");
  }

  @Test
  void refusesAUnionOfTypesByItsField() {
    assertThatThrownBy(
            () ->
                RecordSchema.fromAvro(
                    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":[\"int\",\"string\"]}]}"))
        .hasMessage(
            "Avro schema 'R': field 'x' is [\"int\",\"string\"] (expected: no union but that of a"
                + " type with null)");
  }

  @Test
  void readsColumns() {
    RecordSchema schema =
        RecordSchema.ofColumns(
            List.of(
                new RecordSchema.Column("id", "STRING"),
                new RecordSchema.Column("features", "ARRAY<FLOAT> NOT NULL")));

    assertThat(schema.rowType().asSummaryString())
        .isEqualTo("ROW<`id` STRING, `features` ARRAY<FLOAT> NOT NULL> NOT NULL");
  }

  @Test
  void reportsEveryTypeThatIsNone() {
    assertThatThrownBy(
            () ->
                RecordSchema.ofColumns(
                    List.of(
                        new RecordSchema.Column("a", "FLAOT"),
                        new RecordSchema.Column("b", "INT"),
                        new RecordSchema.Column("c", "ARRAY<"))))
        .hasMessage(
            "schema: type 'FLAOT' of field 'a' (did you mean 'FLOAT'? expected: a SQL type of Flink such as DOUBLE, STRING"
                + " or ARRAY<FLOAT>)\n"
                + "schema: type 'ARRAY<' of field 'c' (expected: a SQL type of Flink such as DOUBLE,"
                + " STRING or ARRAY<FLOAT>)");
  }

  @Test
  void refusesTheNameOfTheOrigin() {
    assertThatThrownBy(
            () -> RecordSchema.ofColumns(List.of(new RecordSchema.Column("__origin", "INT"))))
        .hasMessage("schema: field '__origin' (expected: another name, this one is taken)");
  }
}
