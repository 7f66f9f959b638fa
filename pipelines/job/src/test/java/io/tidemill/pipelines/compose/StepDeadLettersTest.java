package io.tidemill.pipelines.compose;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import java.math.BigDecimal;
import java.util.List;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

class StepDeadLettersTest {
  private static final RowType ROWS =
      Origin.appendTo(
          RecordSchema.ofColumns(
                  List.of(
                      new Column("id", "STRING"),
                      new Column("features", "ARRAY<FLOAT>"),
                      new Column("image", "BYTES"),
                      new Column("amount", "DECIMAL(10, 2)"),
                      new Column("note", "STRING")))
              .rowType());

  @Test
  void valueOfATablesRecordIsJsonThatCanBeReplayed() {
    GenericRowData record = new GenericRowData(6);
    record.setField(0, StringData.fromString("a \"quoted\" id"));
    record.setField(1, new GenericArrayData(new float[] {1.5f, -2f}));
    record.setField(2, new byte[] {1, 2, 3});
    record.setField(3, DecimalData.fromBigDecimal(new BigDecimal("12.50"), 10, 2));

    assertThat(DeadLetterRecord.fromRow(letter(record)).value())
        .asString(UTF_8)
        .isEqualTo(
            "{\"id\":\"a \\\"quoted\\\" id\",\"features\":[1.5,-2.0],\"image\":\"AQID\","
                + "\"amount\":12.50,\"note\":null}");
  }

  @Test
  void originalBytesAreKeptWhereThereAreSome() {
    GenericRowData origin = new GenericRowData(Origin.TYPE.getFieldCount());
    origin.setField(Origin.VALUE, "as it came".getBytes(UTF_8));
    GenericRowData record = new GenericRowData(6);
    record.setField(5, origin);

    assertThat(DeadLetterRecord.fromRow(letter(record)).value())
        .asString(UTF_8)
        .isEqualTo("as it came");
  }

  private static RowData letter(RowData record) {
    return new StepDeadLetters(ROWS)
        .map(
            new DeadLetter<>(
                record,
                DeadLetterCause.UNFIT,
                "no score",
                new ModelVersion(
                    "fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64)),
                "score",
                7,
                1));
  }
}
