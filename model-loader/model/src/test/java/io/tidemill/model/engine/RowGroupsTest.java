package io.tidemill.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.golden.RowIndependence;
import io.tidemill.model.golden.Samples;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowGroupsTest {
  private static final ModelVersion VERSION =
      new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              TensorSpec.of("values", ElementType.FLOAT32, -1, 3),
              TensorSpec.of("texts", ElementType.STRING, -1)),
          List.of(
              TensorSpec.of("sums", ElementType.FLOAT32, -1),
              TensorSpec.of("echoes", ElementType.STRING, -1)));

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  private final List<Long> addresses = new ArrayList<>();

  /** What a row's sum is made of. */
  private interface Sum {
    float of(FixedWidthColumn values, int row, int rows);
  }

  /** Adds up each row and echoes each text, and remembers where it was called. */
  private Model model(int batch, Sum sum, int rowsMissing) {
    EngineSession session =
        new EngineSession() {
          @Override
          public List<Column> call(ColumnBatch input, BufferAllocator target) {
            assertThat(input.rows()).isEqualTo(batch);
            addresses.add(input.fixedWidth(0).address());
            int rows = batch - rowsMissing;
            // It may throw: before there is memory to give back.
            float[] all = new float[rows];
            for (int row = 0; row < rows; row++) {
              all[row] = sum.of(input.fixedWidth(0), row, rows);
            }
            FixedWidthColumn sums =
                FixedWidthColumn.allocate(target, SIGNATURE.outputs().get(0).column(), rows);
            StringColumn echoes =
                StringColumn.allocate(target, SIGNATURE.outputs().get(1).column(), rows);
            for (int row = 0; row < rows; row++) {
              sums.setFloat(row, all[row]);
              byte[] text = input.strings(1).get(row);
              echoes.append(text, 0, text.length);
            }
            return List.of(sums, echoes);
          }

          @Override
          public void close() {}
        };
    return new EngineModel(VERSION, SIGNATURE.inBatchesOf(batch), session);
  }

  private static float ofRow(FixedWidthColumn values, int row, int rows) {
    return values.getFloat(3 * row) + values.getFloat(3 * row + 1) + values.getFloat(3 * row + 2);
  }

  private ColumnBatch input(int rows) {
    ColumnBatch input = ColumnBatch.allocate(allocator.get(), SIGNATURE.inputColumns(), 16);
    for (int row = 0; row < rows; row++) {
      input.fixedWidth(0).setFloats(3 * row, new float[] {row, 10 * row, 100 * row}, 0, 3);
      byte[] text = "text".repeat(row).getBytes(StandardCharsets.UTF_8);
      input.strings(1).append(text, 0, text.length);
    }
    input.rows(rows);
    return input;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 5", "4, 1", "4, 3", "4, 4", "4, 5", "4, 8", "4, 11"})
  void scoresAnyNumberOfRowsInCallsOfOneNumber(int batch, int rows) {
    try (Model model = model(batch, RowGroupsTest::ofRow, 0);
        ColumnBatch input = input(rows);
        ColumnBatch output = model.score(input, allocator.get())) {
      assertThat(output.rows()).isEqualTo(rows);
      for (int row = 0; row < rows; row++) {
        assertThat(output.fixedWidth(0).getFloat(row)).isEqualTo(111f * row);
        assertThat(output.strings(1).get(row))
            .isEqualTo("text".repeat(row).getBytes(StandardCharsets.UTF_8));
      }
      assertThat(addresses).hasSize((rows + batch - 1) / batch);
    }
  }

  @Test
  void copiesNoGroupButALastOneThatIsNotFull() {
    try (Model model = model(4, RowGroupsTest::ofRow, 0);
        ColumnBatch input = input(10);
        ColumnBatch output = model.score(input, allocator.get())) {
      long start = input.fixedWidth(0).address();
      long bytesPerGroup = 4 * 3 * Float.BYTES;

      assertThat(output.rows()).isEqualTo(10);
      assertThat(addresses.subList(0, 2)).containsExactly(start, start + bytesPerGroup);
      assertThat(input.holds(addresses.get(2), 1)).isFalse();
    }
  }

  @Test
  void refusesAModelThatAnswersFewerRowsThanItTakes() {
    try (Model model = model(4, RowGroupsTest::ofRow, 1);
        ColumnBatch input = input(10)) {
      assertThatThrownBy(() -> model.score(input, allocator.get()))
          .isInstanceOf(InvalidModelException.class)
          .hasMessage(
              "fraud:1.4.2: output 'sums' came back as 3 rows of 1 elements for 4 rows, which the model takes in each call (expected: as many, of 1)");
    }
  }

  @Test
  void provesRowsThatDoNotChangeEachOthersAnswers() {
    for (int batch : new int[] {0, 1, 2, 3, 8}) {
      try (Model model = model(batch, RowGroupsTest::ofRow, 0)) {
        new RowIndependence(model, Optional.empty()).require();
      }
    }
    // Nothing where there is nothing to prove, and three calls elsewhere.
    assertThat(addresses).hasSize(9);
  }

  @ParameterizedTest
  @CsvSource({"2", "3", "8"})
  void refusesRowsThatChangeEachOthersAnswers(int batch) {
    Sum withTheNext =
        (values, row, rows) -> ofRow(values, row, rows) + values.getFloat(3 * ((row + 1) % rows));
    Sum byPlace = (values, row, rows) -> ofRow(values, row, rows) * (row + 1);
    for (Sum sum : List.of(withTheNext, byPlace)) {
      try (Model model = model(batch, sum, 0)) {
        assertThatThrownBy(() -> new RowIndependence(model, Optional.empty()).require())
            .isInstanceOf(InvalidModelException.class)
            .hasMessageStartingWith(
                "fraud:1.4.2: it takes %d rows in each call, and the answer to one changes with those beside it: "
                    .formatted(batch))
            .hasMessageContaining("output 'sums'[0] is ")
            .hasMessageEndingWith(
                "; export it with an open first dimension, or for one row in each call");
      }
    }
  }

  @Test
  void refusesAModelOfWhichNothingCanBeProved() {
    Sum failing =
        (values, row, rows) -> {
          throw new ModelCallException("no image");
        };
    try (Model model = model(4, failing, 0)) {
      assertThatThrownBy(() -> new RowIndependence(model, Optional.empty()).require())
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining(
              "because it fails on made-up rows: no image (expected: a golden.arrow beside it with rows of its own, two different ones or more");
    }
  }

  private static final float NOT_MADE_UP = 1000;

  /** Fails on rows that are made up. */
  private static Sum ofFileOnly(Sum sum) {
    return (values, row, rows) -> {
      if (Math.abs(values.getFloat(3 * row)) < NOT_MADE_UP) {
        throw new ModelCallException("no image");
      }
      return sum.of(values, row, rows);
    };
  }

  private static List<Map<String, Object>> rows(int count) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      rows.add(Map.of("values", List.of(NOT_MADE_UP + row, 1, 2), "texts", "text"));
    }
    return rows;
  }

  private void proveWithFile(Model model, int rows, Path folder) throws IOException {
    Path files = Files.createDirectories(folder.resolve("rows" + rows));
    Path file = files.resolve(Samples.FILE_NAME);
    Files.deleteIfExists(file);
    new Samples(rows(rows)).write(SIGNATURE, file);
    new RowIndependence(model, Samples.in(files, SIGNATURE)).require();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 8, 9, 16})
  void provesWithTheRowsOfAFileWhateverTheirNumber(int rows, @TempDir Path folder)
      throws IOException {
    Sum withTheNext =
        (values, row, all) -> ofRow(values, row, all) + values.getFloat(3 * ((row + 1) % all));
    try (Model good = model(4, ofFileOnly(RowGroupsTest::ofRow), 0)) {
      proveWithFile(good, rows, folder);
    }
    try (Model bad = model(4, ofFileOnly(withTheNext), 0)) {
      assertThatThrownBy(() -> proveWithFile(bad, rows, folder))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("the answer to one changes with those beside it");
    }
  }

  @Test
  void rowsThatAreAllTheSameProveNothing(@TempDir Path folder) {
    try (Model model = model(4, ofFileOnly(RowGroupsTest::ofRow), 0)) {
      assertThatThrownBy(() -> proveWithFile(model, 1, folder))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("nothing proves that they do not change each other's answers")
          .hasMessageContaining("two different ones or more");
    }
  }

  @Test
  void answersThatAreNoNumbersProveNothing() {
    Model model = new FakeModel(SIGNATURE.inBatchesOf(4)).behave(FakeModel.answeringNaN());

    assertThatThrownBy(() -> new RowIndependence(model, Optional.empty()).require())
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("because it answers nothing but NaN to made-up rows (expected: ");
  }
}
