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
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  @ParameterizedTest
  @EnumSource(value = ElementType.class, names = "STRING", mode = EnumSource.Mode.EXCLUDE)
  void memoryOfEveryTypeIsWrittenAsItIs(ElementType type, @TempDir Path folder) throws Exception {
    TensorSpec input = TensorSpec.of("in", type, -1, 2);
    Signature signature = new Signature(List.of(input), List.of(input));
    byte[] memory = new byte[2 * type.bytes()];
    Arrays.fill(memory, type == ElementType.BOOL ? (byte) 1 : (byte) 0xC1);

    new Samples(List.of(Map.of("in", memory))).write(signature, folder.resolve(Samples.FILE_NAME));

    try (ColumnBatch sample = Samples.in(folder, signature).orElseThrow().of(1, allocator.get())) {
      byte[] read = new byte[memory.length];
      sample.fixedWidth(0).getBytes(0, read, 0, read.length);
      assertThat(read).isEqualTo(memory);
    }
    assertThatThrownBy(
            () ->
                new Samples(List.of(Map.of("in", new byte[2 * type.bytes() + 1])))
                    .write(signature, folder.resolve("other")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("input 'in': ");
  }

  @Test
  void callsThatAreWrittenAreReadAgainWhateverFormTheyHad(@TempDir Path folder) throws Exception {
    byte[] memory = {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, 0x40};
    Samples samples =
        new Samples(
            List.of(
                Map.of("amounts", memory, "texts", List.of("a", Map.of("b64", "Yg=="))),
                Map.of("amounts", List.of(3, 4.5), "texts", List.of("", new byte[] {'c'}))));

    samples.write(MIXED, folder.resolve(Samples.FILE_NAME));

    try (ColumnBatch sample = Samples.in(folder, MIXED).orElseThrow().of(3, allocator.get())) {
      float[] amounts = new float[6];
      sample.fixedWidth(0).getFloats(0, amounts, 0, 6);
      assertThat(amounts).containsExactly(1f, 2f, 3f, 4.5f, 1f, 2f);
      assertThat(sample.strings(1).get(1)).isEqualTo(new byte[] {'b'});
      assertThat(sample.strings(1).get(3)).isEqualTo(new byte[] {'c'});
    }
  }

  @Test
  void refusesCallsThatDoNotFitTheSignature(@TempDir Path folder) {
    Map<String, Object> odd = Map.of("amounts", new byte[6], "texts", List.of("a", "b"));
    Map<String, Object> other = Map.of("amounts", List.of(1), "texts", List.of("a", "b"));

    assertThatThrownBy(() -> new Samples(List.of(odd)).write(MIXED, folder.resolve("x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("input 'amounts': 6 bytes of memory (expected: elements of float32)");
    assertThatThrownBy(() -> new Samples(List.of(other)).write(MIXED, folder.resolve("x")))
        .hasMessage("record 1: input 'amounts': 1 elements (expected: 2)");
    assertThat(folder.resolve("x")).doesNotExist();
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
