package io.tidemill.model.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.EnduranceContract;
import java.nio.file.Path;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;

class OnnxEnduranceITCase extends EnduranceContract {
  OnnxEnduranceITCase() {
    super(new OnnxEngine());
  }

  @Override
  protected Signature writeSmall(Path folder) {
    return OnnxModels.reverse(folder, ElementType.FLOAT64, ElementType.INT64, ElementType.BOOL);
  }

  @Override
  protected Signature writeLarge(Path folder) {
    return OnnxModels.mlp(folder, 16_384);
  }

  /** A leaked kilobyte per call would be 25 MiB. */
  @Test
  void callsWithStringsAndFailedOnesLeaveNoMemoryBehind() {
    try (Model model = load(directory, OnnxModels.letters(directory))) {
      assertLeaveNothing(model, 2, 12 * MEBIBYTE, 25_000, OnnxEnduranceITCase::callLetters);
    }
  }

  private static void callLetters(
      Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    int failed = 0;
    for (int i = 0; i < times; i++) {
      input.fixedWidth(0).setLong(1, i % 4);
      input.rows(2);
      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output.strings(0).length(1)).isEqualTo(new int[] {1, 0, 42}[i % 4]);
      } catch (ModelCallException expected) {
        failed++;
      }
    }
    assertThat(failed).isEqualTo(times / 4);
  }
}
