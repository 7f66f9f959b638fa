package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import org.junit.jupiter.api.Test;

class TensorArgumentTest {
  @Test
  void readsWhatATensorPrints() {
    TensorSpec spec = TensorSpec.of("features", ElementType.FLOAT32, -1, 4, 7);

    assertThat(TensorArgument.parse(spec.toString())).isEqualTo(spec);
    assertThat(TensorArgument.parse(" features  float32 [ -1,4 , 7 ] ")).isEqualTo(spec);
  }

  @Test
  void refusesAnUnknownType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorArgument.parse("x flaot32[-1]"))
        .withMessage(
            "tensor: 'x flaot32[-1]': type 'flaot32' (did you mean 'float32'? allowed: float32,"
                + " float64, int32, int64, uint8, bool, string)");
  }
}
