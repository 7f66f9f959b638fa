package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.FakeModel;
import io.tidemill.model.loader.FakeModels;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple1;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** faults.md row 6: one record object that the source fills again and again. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ObjectReuseTest {
  private static final InferenceSettings SETTINGS = InferenceSettings.defaults("score");

  private static final TypeInformation<Tuple1<Long>> TYPE = Types.TUPLE(Types.LONG);

  private static final class Encoder implements RecordEncoder<Tuple1<Long>> {
    @Override
    public boolean encode(Tuple1<Long> record, ColumnBatch columns, int row) {
      columns.fixedWidth(0).setFloat(row, record.f0);
      return true;
    }
  }

  private static final class Decoder implements PredictionDecoder<Tuple1<Long>, String> {
    @Override
    public String decode(Tuple1<Long> record, ColumnBatch outputs, int row) {
      return record.f0 + "=" + outputs.fixedWidth(0).getFloat(row);
    }
  }

  private static List<String> scoresOfAReusedRecord(InferenceSettings settings, boolean objectReuse)
      throws Exception {
    FakeModel model = FakeModel.ofFeatures(1);
    TypeSerializer<Tuple1<Long>> serializer = TYPE.createSerializer(new SerializerConfigImpl());
    try (OneInputStreamOperatorTestHarness<Tuple1<Long>, String> harness =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                settings,
                FakeModels.source(model),
                new Encoder(),
                new Decoder(),
                new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(TYPE))),
            serializer)) {
      if (objectReuse) {
        harness.getExecutionConfig().enableObjectReuse();
      }
      harness.open();
      Tuple1<Long> reused = new Tuple1<>();
      for (long number = 1; number <= 3; number++) {
        reused.f0 = number;
        harness.processElement(reused, number);
      }
      harness.endInput();
      return harness.extractOutputValues();
    }
  }

  @Test
  void eachStateOfAReusedRecordIsScored() throws Exception {
    assertThat(scoresOfAReusedRecord(SETTINGS, true)).containsExactly("1=1.0", "2=2.0", "3=3.0");
  }

  @Test
  void recordsAreNotCopiedWithoutObjectReuseNorWhenTheyAreFresh() throws Exception {
    assertThat(scoresOfAReusedRecord(SETTINGS, false)).containsOnly("3=3.0");
    assertThat(scoresOfAReusedRecord(SETTINGS.withFreshRecords(true), true)).containsOnly("3=3.0");
  }
}
