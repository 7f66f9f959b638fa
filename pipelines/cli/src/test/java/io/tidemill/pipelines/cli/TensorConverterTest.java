package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class TensorConverterTest {
  @Test
  void readsWhatATensorPrints() {
    TensorSpec spec = TensorSpec.of("features", ElementType.FLOAT32, -1, 4, 7);

    assertThat(new TensorConverter().convert(spec.toString())).isEqualTo(spec);
    assertThat(new TensorConverter().convert(" features  float32 [ -1,4 , 7 ] ")).isEqualTo(spec);
  }

  @Test
  void refusesAnUnknownType() {
    assertThatExceptionOfType(TypeConversionException.class)
        .isThrownBy(() -> new TensorConverter().convert("x flaot32[-1]"))
        .withMessage(
            "tensor: 'x flaot32[-1]': type 'flaot32' (did you mean 'float32'? allowed: float32,"
                + " float64, float16, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64,"
                + " bool, string)");
  }
}
