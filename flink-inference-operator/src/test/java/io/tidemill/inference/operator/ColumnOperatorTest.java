package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.ColumnRows;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.loader.FakeModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.heap.HeapFloatVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that come as columns: row {@code n} has the number and the one feature {@code n}. */
class ColumnOperatorTest {
  private static final RowType ROWS =
      RowType.of(
          new LogicalType[] {new BigIntType(), new FloatType()}, new String[] {"id", "feature"});
  private static final OutputTag<DeadLetter<RowData>> DEAD_LETTERS =
      new OutputTag<>("dead-letters", new DeadLetterTypeInfo<>(InternalTypeInfo.of(ROWS)));

  private final FakeModel model = FakeModel.ofFeatures(1);

  private static StepSettings settings(int maxSize, long maxBytes) {
    return StepSettings.defaults()
        .withBatching(new BatchPolicy(maxSize, maxBytes, Duration.ofMillis(20), 2));
  }

  private static StepSettings settings(int maxSize) {
    return settings(maxSize, Long.MAX_VALUE);
  }

  private OneInputStreamOperatorTestHarness<VectorizedColumnBatch, VectorizedColumnBatch> harness(
      StepSettings settings) throws Exception {
    RowBinding binding =
        RowBinding.plan(
            ROWS,
            model.signature(),
            Map.of("features", List.of("feature")),
            Map.of("score", new OutputField("score")),
            false);
    ColumnsTypeInfo rows = new ColumnsTypeInfo(ROWS);
    return new OneInputStreamOperatorTestHarness<>(
        new ColumnOperatorFactory(
            "score",
            settings,
            FakeModels.source(model),
            binding.encoder(),
            binding.decoder(),
            DEAD_LETTERS,
            rows,
            new ColumnsTypeInfo(binding.outputType())),
        rows.createSerializer(new SerializerConfigImpl()));
  }

  private static VectorizedColumnBatch columns(int from, int to, Integer... nulls) {
    HeapLongVector ids = new HeapLongVector(to - from);
    HeapFloatVector features = new HeapFloatVector(to - from);
    for (int row = 0; row < to - from; row++) {
      ids.setLong(row, from + row);
      if (List.of(nulls).contains(from + row)) {
        features.setNullAt(row);
      } else {
        features.setFloat(row, from + row);
      }
    }
    VectorizedColumnBatch columns = new VectorizedColumnBatch(new ColumnVector[] {ids, features});
    columns.setNumRows(to - from);
    return columns;
  }

  /** Each element that left, as its rows' numbers and scores. */
  private static List<List<String>> left(
      OneInputStreamOperatorTestHarness<VectorizedColumnBatch, VectorizedColumnBatch> harness) {
    return harness.extractOutputValues().stream()
        .map(
            columns ->
                ColumnRows.of(columns).stream()
                    .map(row -> row.getLong(0) + "=" + (row.isNullAt(2) ? null : row.getFloat(2)))
                    .toList())
        .toList();
  }

  private static List<String> scored(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> i + "=" + (float) i).toList();
  }

  private static List<DeadLetter<RowData>> deadLetters(
      OneInputStreamOperatorTestHarness<VectorizedColumnBatch, VectorizedColumnBatch> harness) {
    List<DeadLetter<RowData>> letters = new ArrayList<>();
    Optional.ofNullable(harness.getSideOutput(DEAD_LETTERS)).stream()
        .flatMap(Collection::stream)
        .forEach(letter -> letters.add(letter.getValue()));
    return letters;
  }

  @Test
  void columnsPassThroughUntouchedWithThePredictionsBehindThem() throws Exception {
    try (var harness = harness(settings(8))) {
      harness.open();
      harness.processElement(columns(0, 5), 7);
      harness.endInput();
      assertThat(left(harness)).containsExactly(scored(0, 5));
      ColumnVector[] columns = harness.extractOutputValues().get(0).columns;
      assertThat(columns).hasSize(3);
      assertThat(columns[0]).isInstanceOf(HeapLongVector.class);
      assertThat(columns[1]).isInstanceOf(HeapFloatVector.class);
      assertThat(harness.extractOutputStreamRecords().get(0).getTimestamp()).isEqualTo(7);
    }
    assertThat(model.callSizes()).containsExactly(5);
  }

  @Test
  void moreRowsThanABatchMayHaveAreSeveralBatches() throws Exception {
    try (var harness = harness(settings(2))) {
      harness.open();
      harness.processElement(columns(0, 5), 0);
      harness.processElement(columns(5, 6), 0);
      harness.endInput();
      assertThat(left(harness))
          .containsExactly(scored(0, 2), scored(2, 4), scored(4, 5), scored(5, 6));
    }
    assertThat(model.callSizes()).containsExactly(2, 2, 1, 1);
  }

  @Test
  void onlyTheRowAtFaultIsADeadLetter() throws Exception {
    model.behave(
        (fake, input, allocator) -> {
          for (int row = 0; row < input.rows(); row++) {
            if (input.fixedWidth(0).getFloat(row) == 3) {
              throw new ModelCallException("bad record", null);
            }
          }
          return fake.answer(input, allocator);
        });
    try (var harness = harness(settings(8))) {
      harness.open();
      harness.processElement(columns(0, 6), 0);
      harness.processElement(columns(6, 8), 0);
      harness.endInput();
      List<String> healthy = new ArrayList<>(scored(0, 6));
      healthy.remove(3);
      assertThat(left(harness)).containsExactly(healthy, scored(6, 8));
      assertThat(deadLetters(harness))
          .extracting(letter -> letter.record().getLong(0), DeadLetter::cause)
          .containsExactly(tuple(3L, DeadLetterCause.MODEL));
    }
  }

  @Test
  void aRowWithoutAnInputIsADeadLetter() throws Exception {
    try (var harness = harness(settings(8))) {
      harness.open();
      harness.processElement(columns(0, 4, 0, 2), 0);
      harness.processElement(columns(4, 5, 4), 0);
      harness.endInput();
      assertThat(left(harness)).containsExactly(List.of("1=1.0", "3=3.0"));
      assertThat(deadLetters(harness))
          .extracting(letter -> letter.record().getLong(0), DeadLetter::cause)
          .containsExactly(
              tuple(0L, DeadLetterCause.NULL_INPUT),
              tuple(2L, DeadLetterCause.NULL_INPUT),
              tuple(4L, DeadLetterCause.NULL_INPUT));
    }
  }

  @Test
  void aPredictionThatIsNoNumberIsADeadLetter() throws Exception {
    model.behave(
        (fake, input, allocator) -> {
          var answer = fake.answer(input, allocator);
          answer.fixedWidth(0).setFloat(1, Float.NaN);
          return answer;
        });
    try (var harness = harness(settings(8).withOnNan(OnNotFinite.DEAD_LETTER))) {
      harness.open();
      harness.processElement(columns(0, 3), 0);
      harness.endInput();
      assertThat(left(harness)).containsExactly(List.of("0=0.0", "2=2.0"));
      assertThat(deadLetters(harness))
          .extracting(DeadLetter::cause)
          .containsExactly(DeadLetterCause.NOT_FINITE);
    }
  }

  @Test
  void theSizeThatMemoryAllowsIsLearned() throws Exception {
    model.behave(
        (fake, input, allocator) -> {
          if (input.rows() > 2) {
            throw new ModelOutOfMemoryException("too large", null);
          }
          return fake.answer(input, allocator);
        });
    try (var harness = harness(settings(8))) {
      harness.open();
      harness.processElement(columns(0, 8), 0);
      while (harness.extractOutputValues().isEmpty()) {
        harness.getTaskMailbox().take(0).run();
      }
      model.behave(FakeModel::answer);
      harness.processElement(columns(8, 12), 0);
      harness.endInput();
      assertThat(left(harness)).containsExactly(scored(0, 8), scored(8, 10), scored(10, 12));
    }
  }

  @Test
  void bytesAreCountedRowByRow() throws Exception {
    try (var harness = harness(settings(8, 2 * Float.BYTES))) {
      harness.open();
      harness.processElement(columns(0, 5), 0);
      harness.endInput();
      assertThat(left(harness)).containsExactly(scored(0, 2), scored(2, 4), scored(4, 5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void rowsInFlightAreRestored(int maxSize) throws Exception {
    var gate = new CountDownLatch(1);
    OperatorSubtaskState state;
    try (var harness = harness(settings(maxSize))) {
      harness.open();
      model.behave(FakeModel.waitingFor(gate));
      harness.processElement(columns(0, 2), 0);
      state = harness.snapshot(1, 1);
      gate.countDown();
    }
    model.behave(FakeModel::answer);
    try (var harness = harness(settings(maxSize))) {
      harness.initializeState(state);
      harness.open();
      harness.processElement(columns(2, 4), 0);
      harness.endInput();
      assertThat(left(harness).stream().flatMap(List::stream))
          .containsExactlyElementsOf(scored(0, 4));
    }
  }

  @Test
  void elementsTravelBetweenTasksAsTheyAre() throws Exception {
    var serializer = new ColumnsTypeInfo(ROWS).createSerializer(new SerializerConfigImpl());
    DataOutputSerializer written = new DataOutputSerializer(64);
    serializer.serialize(columns(3, 6, 4), written);
    DataOutputSerializer copied = new DataOutputSerializer(1024);
    serializer.copy(new DataInputDeserializer(written.getCopyOfBuffer()), copied);
    var read =
        ColumnRows.of(serializer.deserialize(new DataInputDeserializer(copied.getCopyOfBuffer())));
    assertThat(read).extracting(row -> row.getLong(0)).containsExactly(3L, 4L, 5L);
    assertThat(read)
        .extracting(row -> row.isNullAt(1) ? null : row.getFloat(1))
        .containsExactly(3f, null, 5f);
  }
}
