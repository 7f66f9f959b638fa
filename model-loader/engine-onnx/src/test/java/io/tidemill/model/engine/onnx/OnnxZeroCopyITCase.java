package io.tidemill.model.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.tidemill.model.Placement;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A value that is written into a column after the tensor over it was made is seen by the tensor
 * only if the two share memory; an output tensor's values are seen in a column only if they do.
 */
class OnnxZeroCopyITCase {
  private static final TensorSpec INPUT = TensorSpec.of("in_float32", ElementType.FLOAT32, -1, 3);
  private static final TensorSpec OUTPUT = TensorSpec.of("out_float32", ElementType.FLOAT32, -1, 3);

  @TempDir Path directory;
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();
  private OnnxFile file;

  @BeforeEach
  void open() {
    OnnxModels.identity(directory, ElementType.FLOAT32);
    file = OnnxFile.open("test", directory.resolve("model.onnx"), Placement.CPU);
  }

  @AfterEach
  void close() {
    file.close();
  }

  @Test
  void tensorsAreTheMemoryOfTheColumns() throws OrtException {
    OrtEnvironment environment = file.environment();
    OutputTensor output = new OutputTensor(Loading.VERSION, OUTPUT);
    try (FixedWidthColumn in = FixedWidthColumn.allocate(allocator.get(), INPUT.column(), 8);
        FixedWidthColumn out = output.allocate(5, allocator.get());
        OnnxTensor inTensor = new InputTensor(INPUT).over(environment, in, 5);
        OnnxTensor outTensor = output.over(environment, out)) {
      in.setFloat(14, 41f);

      file.session()
          .run(Map.of("in_float32", inTensor), Set.of(), Map.of("out_float32", outTensor))
          .close();

      assertThat(out.getFloat(14)).isEqualTo(41f);
      assertThat(inTensor.ownsBuffer()).isFalse();
      assertThat(outTensor.ownsBuffer()).isFalse();
    }
  }

  /** Proves that the comparison above would notice a copy. */
  @Test
  void tensorOverHeapMemoryIsACopy() throws OrtException {
    FloatBuffer heap = FloatBuffer.allocate(3);
    try (OnnxTensor tensor = OnnxTensor.createTensor(file.environment(), heap, new long[] {1, 3})) {
      heap.put(0, 41f);

      assertThat(tensor.ownsBuffer()).isTrue();
      assertThat(tensor.getFloatBuffer().get(0)).isZero();
    }
  }
}
