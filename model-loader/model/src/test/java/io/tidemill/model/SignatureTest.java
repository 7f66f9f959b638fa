package io.tidemill.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureTest {
  private static final TensorSpec IMAGE = TensorSpec.of("image", ElementType.UINT8, -1, 64, 64, 3);

  @Test
  void aTensorIsAColumnOfItsElements() {
    assertThat(IMAGE.column()).isEqualTo(new ColumnSpec("image", ElementType.UINT8, 12_288));
    assertThat(TensorSpec.of("x", ElementType.INT64, -1).elementsPerRow()).isEqualTo(1);
    assertThat(IMAGE).hasToString("image uint8[-1, 64, 64, 3]");
  }

  @Test
  void aTensorOfAnySizeHasNoColumn() {
    TensorSpec any = TensorSpec.of("x", ElementType.FLOAT32, -1, -1);

    assertThat(any.hasFixedRows()).isFalse();
    assertThatThrownBy(any::column)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("tensor x float32[-1, -1] (expected: every size but the batch's is fixed)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "a\nb", "a\0b"})
  void refusesATensorNameThatIsNoLine(String name) {
    assertThatThrownBy(() -> TensorSpec.of(name, ElementType.FLOAT32, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor name: '%s' (expected: not blank, without control characters)", name);
  }

  @Test
  void refusesAShapeWithoutTheBatch() {
    assertThatThrownBy(() -> TensorSpec.of("x", ElementType.FLOAT32, 1, 2))
        .hasMessage("shape of tensor 'x': [1, 2] (expected: -1, the batch, first)");
    assertThatThrownBy(() -> TensorSpec.of("x", ElementType.FLOAT32))
        .hasMessage("shape of tensor 'x': [] (expected: -1, the batch, first)");
  }

  @Test
  void refusesASizeOfZero() {
    assertThatThrownBy(() -> TensorSpec.of("x", ElementType.FLOAT32, -1, 0))
        .hasMessage("shape of tensor 'x': [-1, 0] (expected: sizes >= 1, or -1 for any)");
  }

  @Test
  void refusesASideWithoutTensors() {
    assertThatThrownBy(() -> new Signature(List.of(IMAGE), List.of()))
        .hasMessage("signature's outputs: none (expected: >= 1)");
  }

  @Test
  void refusesANameThatStandsTwiceOnOneSide() {
    assertThatThrownBy(() -> new Signature(List.of(IMAGE, IMAGE), List.of(IMAGE)))
        .hasMessage("signature's inputs: 'image' twice (expected: distinct names)");
  }
}
