package io.tidemill.model.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SampleTest {
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private static final Signature MIXED =
      new Signature(
          List.of(
              TensorSpec.of("amounts", ElementType.FLOAT32, -1, 2),
              TensorSpec.of("texts", ElementType.STRING, -1, 2)),
          List.of(TensorSpec.of("score", ElementType.FLOAT32, -1)));

  @Test
  void sampleIsZerosAndEmptyStringsOfEveryRow() {
    try (ColumnBatch sample = Sample.zeros(MIXED).of(3, allocator.get())) {
      assertThat(sample.rows()).isEqualTo(3);
      assertThat(sample.fixedWidth(0).getFloat(5)).isZero();
      assertThat(sample.strings(1).elements()).isEqualTo(6);
      assertThat(sample.strings(1).get(5)).isEmpty();
    }
  }

  @Test
  void refusesASampleWithoutRows() {
    assertThatThrownBy(() -> Sample.zeros(MIXED).of(0, allocator.get()))
        .hasMessage("rows of a sample: 0 (expected: >= 1)");
  }

  @Test
  void callsTheModelOnceOnOneRowAndKeepsNoMemory() {
    FakeModel model = new FakeModel(MIXED);
    long before = ColumnMemory.allocatedBytes();

    Sample.zeros(MIXED).score(model, 1, Long.MAX_VALUE);

    assertThat(model.callSizes()).containsExactly(1);
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
  }

  @Test
  void passesTheModelsOwnExceptionOn() {
    ModelCallException failure = new ModelCallException("broken");
    FakeModel model = new FakeModel(MIXED).behave(FakeModel.failing(() -> failure));

    assertThatThrownBy(() -> Sample.zeros(MIXED).score(model, 1, Long.MAX_VALUE)).isSameAs(failure);
  }

  @Test
  void refusesAModelThatAnswersAnotherNumberOfRows() {
    FakeModel model = new FakeModel(MIXED).behave(FakeModel.answeringRows(2));
    long before = ColumnMemory.allocatedBytes();

    assertThatThrownBy(() -> Sample.zeros(MIXED).score(model, 1, Long.MAX_VALUE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fake:1.0.0: 2 rows answered for 1 (expected: as many)");
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
  }
}
