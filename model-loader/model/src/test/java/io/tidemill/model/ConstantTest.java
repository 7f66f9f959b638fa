package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.ModelTensor;
import io.tidemill.model.engine.ModelTensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConstantTest {
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  @Test
  void isWrittenIntoItsColumn() {
    List<Constant> constants =
        List.of(
            new Constant("rates", ElementType.FLOAT32, List.of(2L), List.of("0.5", "NaN")),
            new Constant("most", ElementType.UINT64, List.of(), List.of("18446744073709551615")),
            new Constant("train", ElementType.BOOL, List.of(), List.of("true")),
            new Constant("mode", ElementType.STRING, List.of(), List.of("a,b")));
    try (ColumnBatch batch =
        ColumnBatch.allocate(
            allocator.get(), constants.stream().map(Constant::column).toList(), 1)) {
      for (int i = 0; i < constants.size(); i++) {
        constants.get(i).write(batch, i);
      }

      assertThat(batch.fixedWidth(0).getFloat(0)).isEqualTo(0.5f);
      assertThat(batch.fixedWidth(0).getFloat(1)).isNaN();
      assertThat(batch.fixedWidth(1).getLong(0)).isEqualTo(-1);
      assertThat(batch.fixedWidth(2).getBoolean(0)).isTrue();
      assertThat(new String(batch.strings(3).get(0), StandardCharsets.UTF_8)).isEqualTo("a,b");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FLOAT32 | half | constant 'x': 'half' (expected: float32)",
        "INT8    | 128  | constant 'x': '128' (expected: int8)",
        "INT8    | 1.5  | constant 'x': '1.5' (expected: int8)",
        "UINT32  | -1   | constant 'x': '-1' (expected: uint32)",
        "BOOL    | yes  | constant 'x': 'yes' (expected: bool)",
        "INT64   | 1,2  | constant 'x': 2 values (expected: int64[])",
        "INT64   | 1e-100000000 | constant 'x': '1e-100000000' (expected: int64)",
        "UINT64  | 1e100000000  | constant 'x': '1e100000000' (expected: uint64)"
      })
  void refusesAValueThatItsTypeOrShapeDoesNotHold(ElementType type, String values, String message) {
    List<String> parts = Arrays.asList(values.split(",", -1));

    assertThatThrownBy(() -> new Constant("x", type, List.of(), parts))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void refusesSizesBeyondAllCounting() {
    List<Long> shape = List.of(1L << 40, 1L << 40);
    List<String> values = List.of("1", "2");
    ModelTensor tensor =
        ModelTensor.dense(ElementType.INT64, "int64", List.of(-1L, 1L << 40, 1L << 40));
    ModelTensors tensors = new ModelTensors("the file", Map.of("x", tensor), Map.of("y", tensor));

    assertThatThrownBy(() -> new Constant("x", ElementType.INT64, shape, values))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("constant 'x': 2 values (expected: int64[1099511627776, 1099511627776])");
    assertThatThrownBy(() -> TensorSpec.of("x", ElementType.INT64, -1, 1L << 40, 1L << 40))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "shape of tensor 'x': [-1, 1099511627776, 1099511627776] (expected: at most 2147483647 elements in a row)");
    assertThatThrownBy(() -> tensors.signature("model", Map.of("x", "1,2")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("shape of constant 'x': [0, 1099511627776, 1099511627776]")
        .hasMessageContaining("output: shape of tensor 'y'");
  }

  @Test
  void isNoInputAsWell() {
    TensorSpec x = TensorSpec.of("x", ElementType.FLOAT32, -1);
    Signature signature = new Signature(List.of(x), List.of(x));

    assertThatThrownBy(
            () ->
                signature.with(
                    List.of(new Constant("x", ElementType.FLOAT32, List.of(), List.of("1")))))
        .hasMessage("signature's inputs: 'x' twice (expected: distinct names)");
    assertThatThrownBy(() -> signature.inBatchesOf(-1))
        .hasMessage("signature's batch: -1 (expected: 1 to 65536, or 0 for any)");
  }
}
