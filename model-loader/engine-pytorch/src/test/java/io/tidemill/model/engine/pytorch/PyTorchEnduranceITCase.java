package io.tidemill.model.engine.pytorch;

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

class PyTorchEnduranceITCase extends EnduranceContract {
  PyTorchEnduranceITCase() {
    super(new PyTorchEngine());
  }

  @Override
  protected Signature writeSmall(Path folder) {
    return TorchScripts.reverse(folder, ElementType.FLOAT64);
  }

  @Override
  protected Signature writeLarge(Path folder) {
    return TorchScripts.mlp(folder, 16_384);
  }

  /** A leaked kilobyte per call would be 10 MiB. */
  @Test
  void failedCallsLeaveNoMemoryBehind() {
    try (Model model = load(directory, TorchScripts.lookup(directory))) {
      assertLeaveNothing(model, 100, 7 * MEBIBYTE, 10_000, PyTorchEnduranceITCase::fail);
    }
  }

  private static void fail(Model model, ColumnBatch input, BufferAllocator allocator, int times) {
    int failed = 0;
    input.fixedWidth(0).setLong(0, 3);
    for (int i = 0; i < times; i++) {
      input.rows(100);
      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output).as("the answer to an index out of range").isNull();
      } catch (ModelCallException expected) {
        failed++;
      }
    }
    assertThat(failed).isEqualTo(times);
  }
}
