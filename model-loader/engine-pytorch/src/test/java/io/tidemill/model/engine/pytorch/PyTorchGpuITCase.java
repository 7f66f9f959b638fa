package io.tidemill.model.engine.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.Device;
import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.Signature;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.TypedValues;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a GPU changes; left out where there is none. */
class PyTorchGpuITCase {
  private static final Device GPU = Device.parse("gpu");

  @TempDir Path directory;
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  @BeforeEach
  void needsAGpu() {
    TorchGpu.assumeOne();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 500})
  void scoresAsTheCpuDoes(int rows) {
    Signature signature = TorchScripts.mlp(directory, 32);
    float[] features = TypedValues.randomFloats(rows * 32);

    float[] onCpu = scores(signature, Device.CPU, features, rows);
    float[] onGpu = scores(signature, GPU, features, rows);

    assertThat(onGpu).containsExactly(onCpu, within(1e-5f));
  }

  private float[] scores(Signature signature, Device device, float[] features, int rows) {
    try (Model model = Loading.load(directory, signature, device);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 512)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        return floats(output);
      }
    }
  }

  private static float[] floats(ColumnBatch batch) {
    float[] values = new float[batch.rows() * batch.column(0).spec().elementsPerRow()];
    batch.fixedWidth(0).getFloats(0, values, 0, values.length);
    return values;
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void answersRowsOfEveryTypeInMemoryOfTheHost(ElementType type) {
    assumeTrue(PyTorchEngine.TYPES.contains(type));
    Signature signature = TorchScripts.reverse(directory, type);
    try (Model model = Loading.load(directory, signature, GPU);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 8)) {
      TypedValues.write(input, type, 5, 0);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.rows()).isEqualTo(5);
        for (int i = 0; i < 15; i++) {
          assertThat(TypedValues.read(output, type, i))
              .isEqualTo(TypedValues.expected(type, i / 3 * 3 + 2 - i % 3));
        }
      }
    }
  }

  @Test
  void eachCallReadsWhatTheBatchHoldsThen() {
    Signature signature = TorchScripts.reverse(directory, ElementType.INT64);
    try (Model model = Loading.load(directory, signature, GPU);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      for (int first : new int[] {0, 100, 200}) {
        TypedValues.write(input, ElementType.INT64, 4, first);

        try (ColumnBatch output = model.predict(input, allocator.get())) {
          assertThat(output.fixedWidth(0).getLong(0)).isEqualTo(first + 2);
        }
      }
    }
  }

  @Test
  void resultOutlivesTheCallsAfterItAndTheModel() {
    Signature signature = TorchScripts.mlp(directory, 32);
    float[] features = TypedValues.randomFloats(500 * 32);
    try (ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 500)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(500);
      ColumnBatch output;
      float[] scores;
      try (Model model = Loading.load(directory, signature, GPU)) {
        output = model.predict(input, allocator.get());
        scores = floats(output);
        Arrays.fill(features, 1f);
        input.fixedWidth(0).setFloats(0, features, 0, features.length);
        for (int i = 0; i < 100; i++) {
          model.predict(input, allocator.get()).close();
        }
      }

      try (output) {
        assertThat(floats(output)).containsExactly(scores);
      }
    }
  }

  @Test
  void refusesGpuThatIsNotThere() {
    Signature signature = TorchScripts.mlp(directory, 4);

    assertThatThrownBy(() -> Loading.load(directory, signature, Device.parse("gpu:99")))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("fraud:1.4.2: device gpu:99, but PyTorch sees ")
        .hasMessageEndingWith(
            " GPUs here (expected: a GPU with this index and its driver; or device: cpu)");
  }

  @Test
  void saysThatTheGpuRanOutOfMemoryAndThenGoesOn() {
    Signature signature = TorchScripts.greedy(directory);
    try (Model model = Loading.load(directory, signature, GPU);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4096)) {
      FixedWidthColumn values = input.fixedWidth(0);
      for (int row = 0; row < 4096; row++) {
        values.setFloat(row, 1024f);
      }

      input.rows(4096);
      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelOutOfMemoryException.class)
          .hasMessageStartingWith(
              "fraud:1.4.2: PyTorch ran out of memory in a call with 4096 rows: ")
          .hasMessageContaining("CUDA out of memory");

      input.rows(1);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(floats(output)).containsExactly(1024f);
      }
    }
  }

  @Test
  void takesSeveralInputsAndOutputsInTheirOrder() {
    Signature signature = TorchScripts.twoByTwo(directory);
    try (Model model = Loading.load(directory, signature, GPU);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 3)) {
      input.rows(3);
      input.fixedWidth(0).setFloat(2, 3f);
      input.fixedWidth(1).setFloat(2, 4f);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.fixedWidth(0).getFloat(2)).isEqualTo(7f);
        assertThat(output.fixedWidth(1).getFloat(2)).isEqualTo(12f);
      }
    }
  }
}
