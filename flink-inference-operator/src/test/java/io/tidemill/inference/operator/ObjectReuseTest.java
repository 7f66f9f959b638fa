package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.FakeModels;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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

/** One record object that the source fills again and again. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ObjectReuseTest {
  private static final StepSettings SETTINGS = StepSettings.defaults();

  private static final long UNFIT = 0;

  private static final TypeInformation<Tuple1<Long>> TYPE = Types.TUPLE(Types.LONG);

  private static final class Encoder implements RecordEncoder<Tuple1<Long>> {
    @Override
    public boolean encode(Tuple1<Long> record, ColumnBatch columns, int row) {
      if (record.f0 == UNFIT) {
        throw new UnfitRecordException("f0: 0 (expected: >= 1)");
      }
      columns.fixedWidth(0).setFloat(row, record.f0);
      return true;
    }

    @Override
    public long bytes(Tuple1<Long> record) {
      return record.f0;
    }
  }

  private static final class Decoder implements PredictionDecoder<Tuple1<Long>, String> {
    @Override
    public String decode(Tuple1<Long> record, ColumnBatch outputs, int row) {
      return record.f0 + "=" + outputs.fixedWidth(0).getFloat(row);
    }
  }

  /** What came of the states of one record object. */
  private record Left(List<String> scores, List<Tuple1<Long>> deadLetters) {}

  private static Left reusedRecord(StepSettings settings, boolean objectReuse, long... numbers)
      throws Exception {
    FakeModel model = FakeModel.ofFeatures(1);
    TypeSerializer<Tuple1<Long>> serializer = TYPE.createSerializer(new SerializerConfigImpl());
    OutputTag<DeadLetter<Tuple1<Long>>> deadLetters =
        new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(TYPE));
    try (OneInputStreamOperatorTestHarness<Tuple1<Long>, String> harness =
        new OneInputStreamOperatorTestHarness<>(
            new InferenceOperatorFactory<>(
                "score",
                settings,
                FakeModels.source(model),
                new Encoder(),
                new Decoder(),
                deadLetters),
            serializer)) {
      if (objectReuse) {
        harness.getExecutionConfig().enableObjectReuse();
      }
      harness.open();
      Tuple1<Long> reused = new Tuple1<>();
      for (long number : numbers) {
        reused.f0 = number;
        harness.processElement(reused, number);
      }
      harness.endInput();
      List<Tuple1<Long>> unscored = new ArrayList<>();
      Optional.ofNullable(harness.getSideOutput(deadLetters)).stream()
          .flatMap(Collection::stream)
          .forEach(letter -> unscored.add(letter.getValue().record()));
      return new Left(harness.extractOutputValues(), unscored);
    }
  }

  @Test
  void eachStateOfAReusedRecordIsScored() throws Exception {
    assertThat(reusedRecord(SETTINGS, true, 1, 2, 3).scores())
        .containsExactly("1=1.0", "2=2.0", "3=3.0");
  }

  @Test
  void aDeadLetterKeepsTheStateOfItsReusedRecord() throws Exception {
    StepSettings two = SETTINGS.withMaxBytes(2);
    Left left = reusedRecord(two, true, 1, UNFIT, 3, 2);
    assertThat(left.scores()).containsExactly("1=1.0", "2=2.0");
    assertThat(left.deadLetters()).containsExactlyInAnyOrder(Tuple1.of(UNFIT), Tuple1.of(3L));
  }

  @Test
  void recordsAreNotCopiedWithoutObjectReuseNorWhenTheyAreFresh() throws Exception {
    assertThat(reusedRecord(SETTINGS, false, 1, 2, 3).scores()).containsOnly("3=3.0");
    assertThat(reusedRecord(SETTINGS.withFresh(true), true, 1, 2, 3).scores())
        .containsOnly("3=3.0");
  }
}
