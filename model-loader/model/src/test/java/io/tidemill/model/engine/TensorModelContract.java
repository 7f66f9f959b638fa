package io.tidemill.model.engine;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.read;
import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for the models of engines that compute with any tensors. */
public abstract class TensorModelContract extends ModelContract {
  protected TensorModelContract(Engine engine) {
    super(engine);
  }

  protected boolean has(ElementType type) {
    return true;
  }

  /** Writes a model that answers its input, three elements a row. */
  protected abstract Signature identity(Path folder, ElementType type);

  /** Writes one that doubles {@code values} of any width into {@code doubled}. */
  protected abstract Signature anyWidth(Path folder);

  /** Writes one that answers those of its rows, of one element, that are above zero. */
  protected abstract Signature onlyPositive(Path folder);

  /** Writes one that needs more memory for 1000 rows than there is. */
  protected abstract Signature huge(Path folder);

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void answersRowsOfEveryTypeInMemoryOfItsOwn(ElementType type) {
    assumeTrue(has(type));
    Signature signature = identity(directory, type);
    try (Model model = load(signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 8)) {
      write(input, type, 5, 0);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        write(input, type, 5, 100);

        assertThat(output.rows()).isEqualTo(5);
        for (int i = 0; i < 15; i++) {
          assertThat(read(output, type, i)).isEqualTo(expected(type, i));
        }
      }
    }
  }

  @Test
  void takesTheWidthOfTheColumnWhereTheSignatureLeavesItOpen() {
    try (Model model = load(anyWidth(directory))) {
      for (int width : new int[] {3, 1, 7}) {
        ColumnSpec values = new ColumnSpec("values", ElementType.FLOAT32, width);
        try (ColumnBatch input = ColumnBatch.allocate(allocator.get(), List.of(values), 2)) {
          input.fixedWidth(0).setFloat(2 * width - 1, 6f);
          input.rows(2);

          try (ColumnBatch output = model.predict(input, allocator.get())) {
            assertThat(output.column(0).spec().elementsPerRow()).isEqualTo(width);
            assertThat(output.fixedWidth(0).getFloat(2 * width - 1)).isEqualTo(12f);
          }
        }
      }
    }
  }

  @Test
  void saysHowManyRowsReallyCameBack() {
    Signature signature = onlyPositive(directory);
    try (Model model = load(signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      for (float[] values : new float[][] {{1, 5, 7, 6}, {-1, 5, -1, 6}, {-1, -1, -1, -1}}) {
        input.fixedWidth(0).setFloats(0, values, 0, 4);
        input.rows(4);

        try (ColumnBatch output = model.predict(input, allocator.get())) {
          List<Float> kept = new ArrayList<>();
          for (int row = 0; row < output.rows(); row++) {
            kept.add(output.fixedWidth(0).getFloat(row));
          }
          assertThat(kept).isEqualTo(positive(values));
        }
      }
    }
  }

  private static List<Float> positive(float[] values) {
    List<Float> positive = new ArrayList<>();
    for (float value : values) {
      if (value > 0) {
        positive.add(value);
      }
    }
    return positive;
  }

  @Test
  void saysThatTheEngineRanOutOfMemory() {
    Signature signature = huge(directory);
    try (Model model = load(signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 1000)) {
      input.rows(1000);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelOutOfMemoryException.class)
          .hasMessageContaining("fraud:1.4.2")
          .hasMessageContaining("1000 rows");
    }
  }

  @Test
  void refusesOutputThatIsNotWhatTheSignatureSays() {
    anyWidth(directory);
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("values", ElementType.FLOAT32, -1, 3)),
            List.of(TensorSpec.of("doubled", ElementType.FLOAT32, -1, 4)));
    try (Model model = load(signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageContaining(
              "output 'doubled' came back as float32[2, 3] but is doubled float32[-1, 4]");
    }
  }
}
