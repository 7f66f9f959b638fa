package io.tidemill.inference.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.operator.RefusedRecordException;
import io.tidemill.inference.operator.Scoring;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Device;
import io.tidemill.model.FakeModel;
import io.tidemill.model.Placement;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.StoredModel;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

class PredictRowsTest {
  private static final FakeModel MODEL = FakeModel.ofFeatures(1);
  private static final Collection<RowData> NULL = List.of(GenericRowData.of((Object) null));

  private final AtomicInteger spelt = new AtomicInteger();

  private static PredictRows rows(OnError onError) {
    PredictionDecoder<RowData, Collection<RowData>> decoder =
        new PredictionDecoder<>() {
          @Override
          public Collection<RowData> decode(RowData record, ColumnBatch outputs, int row) {
            throw new IllegalStateException("no record is scored here");
          }

          @Override
          public Collection<RowData> unscored(RowData record) {
            return NULL;
          }
        };
    return new PredictRows(
        new Scoring<>(
            "fraud",
            StepSettings.defaults(),
            new StoredModel(
                "file:///models",
                MODEL.version(),
                "onnx",
                MODEL.signature(),
                Placement.on(Device.parse("cpu")),
                List.of()),
            (record, columns, row) -> true,
            decoder),
        onError,
        new RowText(RowType.of(new LogicalType[] {new IntType()}, new String[] {"id"})));
  }

  /** A record that counts how often it is spelt. */
  private DeadLetter<RowData> letter() {
    RowData record =
        (RowData)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {RowData.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("isNullAt")) {
                    return false;
                  }
                  assertThat(method.getName()).isEqualTo("getInt");
                  spelt.incrementAndGet();
                  return 7;
                });
    return new DeadLetter<>(
        record, DeadLetterCause.UNFIT, "too long", MODEL.version(), "fraud", 1, 0);
  }

  @Test
  void recordsThatBecomeNullAreSpeltOnlyWhereTheyAreLogged() {
    PredictRows rows = rows(OnError.NULL);
    AtomicLong counted = new AtomicLong();

    for (int i = 0; i < 1_000; i++) {
      assertThat(rows.unscored(letter(), counted)).isSameAs(NULL);
    }

    assertThat(spelt).as("the 1st, 2nd, 4th … 512th").hasValue(10);
  }

  @Test
  void aRecordThatFailsTheJobIsNamed() {
    assertThatThrownBy(() -> rows(OnError.FAIL).unscored(letter(), new AtomicLong()))
        .isInstanceOf(RefusedRecordException.class)
        .hasMessageContaining("record (id=7): UNFIT: too long; on-error is fail");
  }
}
