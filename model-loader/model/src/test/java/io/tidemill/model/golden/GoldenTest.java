package io.tidemill.model.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GoldenTest {
  private static final int SEED = 5;
  private static final Signature FLOATS =
      new Signature(
          List.of(TensorSpec.of("x", ElementType.FLOAT32, -1)),
          List.of(TensorSpec.of("y", ElementType.FLOAT32, -1)));

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();
  @TempDir private Path folder;

  private final long allocatedBefore = ColumnMemory.allocatedBytes();

  @AfterEach
  void noMemoryIsKept() {
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(allocatedBefore);
  }

  private Golden golden() {
    return Golden.in(folder).orElseThrow();
  }

  private void record(FakeModel model, int rows) throws IOException {
    new GoldenRecorder(model).record(folder.resolve(Golden.FILE_NAME), rows, new Random(SEED));
  }

  /** A file with these inputs x and outputs y. */
  private void write(Map<String, String> metadata, float[] x, float[] y) throws IOException {
    List<FieldVector> vectors = List.of(vector("x", x), vector("y", y));
    Schema schema = new Schema(vectors.stream().map(FieldVector::getField).toList(), metadata);
    try (VectorSchemaRoot root = new VectorSchemaRoot(schema, vectors, x.length);
        OutputStream out = Files.newOutputStream(folder.resolve(Golden.FILE_NAME));
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
    }
  }

  private FieldVector vector(String name, float[] values) {
    Float4Vector vector = new Float4Vector(name, allocator.get());
    vector.allocateNew(values.length);
    for (int i = 0; i < values.length; i++) {
      vector.set(i, values[i]);
    }
    vector.setValueCount(values.length);
    return vector;
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void whatAModelAnsweredIsWhatItMustAnswer(ElementType type) throws IOException {
    Signature wide =
        new Signature(
            List.of(TensorSpec.of("x", type, -1, 2, 3), TensorSpec.of("n", type, -1)),
            List.of(TensorSpec.of("x", type, -1, 4), TensorSpec.of("y", type, -1)));
    record(new FakeModel(wide), 7);

    GoldenReport report = golden().check(new FakeModel(wide));

    assertThat(report).isEqualTo(new GoldenReport(7, 0, 0, null));
    assertThat(report).hasToString("7 rows as expected, largest difference 0.0");
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void anotherAnswerOfAnyTypeIsFound(ElementType type) throws IOException {
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", ElementType.BOOL, -1)),
            List.of(TensorSpec.of("y", type, -1)));
    record(new FakeModel(signature), 16);
    FakeModel other = new FakeModel(signature);
    other.behave(FakeModel.answeringNaN());

    assertThat(golden().check(other).matches()).isFalse();
  }

  @Test
  void namesTheRowThatIsFurthestOff() throws IOException {
    write(Map.of(), new float[] {1, 2, 3, 4}, new float[] {1, 2.5f, 5, 4});

    GoldenReport report = golden().check(new FakeModel(FLOATS));

    assertThat(report.wrongRows()).isEqualTo(2);
    assertThat(report.largestDifference()).isEqualTo(2);
    assertThat(report.worst()).isEqualTo(new GoldenReport.Difference("y", 2, 0, "5.0", "3.0"));
    assertThatThrownBy(() -> golden().require(new FakeModel(FLOATS)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(
            "fake:1.0.0: golden.arrow: 2 of 4 rows differ, most in row 2: output 'y'[0] is 3.0 (expected: 5.0); ");
  }

  @Test
  void theFileSaysHowMuchIsTooMuch() throws IOException {
    float[] x = {1000, 0};
    float[] y = {1000.5f, 0.25f};

    write(Map.of(), x, y);
    assertThat(golden().check(new FakeModel(FLOATS)).wrongRows()).isEqualTo(2);
    write(Map.of("relative-tolerance", "1e-3"), x, y);
    assertThat(golden().check(new FakeModel(FLOATS)).wrongRows()).isEqualTo(1);
    write(Map.of("relative-tolerance", "1e-3", "absolute-tolerance", "0.25"), x, y);
    assertThat(golden().check(new FakeModel(FLOATS)).matches()).isTrue();
  }

  @Test
  void aNumberThatIsNoneIsOnlyAsItself() throws IOException {
    float[] special = {Float.NaN, Float.POSITIVE_INFINITY, 1};

    write(Map.of(), special, special);
    assertThat(golden().check(new FakeModel(FLOATS)).matches()).isTrue();
    write(Map.of(), special, new float[] {1, Float.NEGATIVE_INFINITY, Float.NaN});
    assertThat(golden().check(new FakeModel(FLOATS)).wrongRows()).isEqualTo(3);
  }

  @Test
  void refusesAToleranceThatIsNone() {
    for (String tolerance : List.of("-1", "much", "NaN", "Infinity")) {
      Map<String, String> metadata = Map.of("absolute-tolerance", tolerance);
      assertThatThrownBy(() -> Tolerance.of(Subject.UNKNOWN.in("golden.arrow"), metadata))
          .isInstanceOf(InvalidModelException.class)
          .hasMessage(
              "golden.arrow: absolute-tolerance: '%s' (expected: a number >= 0)", tolerance);
    }
  }

  @Test
  void refusesOtherColumnsThanTheSignatures() throws IOException {
    record(FakeModel.ofFeatures(2), 3);

    assertThatThrownBy(() -> golden().check(new FakeModel(FLOATS)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "fake:1.0.0: golden.arrow: columns: 'features', 'score' (expected: one per input and output, 'x', 'y')");
    assertThatThrownBy(() -> golden().check(FakeModel.ofFeatures(3)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("column 'features': FixedSizeList(2) of ")
        .hasMessageContaining("(expected: features float32[-1, 3])");
  }

  @Test
  void refusesAFileWithoutRows() throws IOException {
    write(Map.of(), new float[0], new float[0]);

    assertThatThrownBy(() -> golden().check(new FakeModel(FLOATS)))
        .hasMessage("fake:1.0.0: golden.arrow: no rows (expected: >= 1)");
  }

  @Test
  void refusesEveryFileThatIsCutShortOrScrambled() throws IOException {
    write(Map.of(), new float[] {1, 2}, new float[] {1, 2});
    Path file = folder.resolve(Golden.FILE_NAME);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(SEED);
    List<byte[]> damaged =
        Stream.concat(
                Stream.of(new byte[0], "not arrow".getBytes(StandardCharsets.UTF_8)),
                Stream.generate(() -> Arrays.copyOf(whole, random.nextInt(whole.length))).limit(50))
            .toList();

    for (byte[] bytes : damaged) {
      Files.write(file, bytes);
      assertThatThrownBy(() -> golden().check(new FakeModel(FLOATS)))
          .as("%d of %d bytes, seed %d", bytes.length, whole.length, SEED)
          .isInstanceOf(InvalidModelException.class);
    }
  }

  @Test
  void aFileWithDamagedBytesIsRefusedOrReadAndKeepsNoMemory() throws IOException {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("x", ElementType.FLOAT32, -1, 3),
                TensorSpec.of("s", ElementType.STRING, -1),
                TensorSpec.of("b", ElementType.BOOL, -1)),
            List.of(TensorSpec.of("y", ElementType.FLOAT32, -1)));
    FakeModel model = new FakeModel(signature);
    record(model, 5);
    Path file = folder.resolve(Golden.FILE_NAME);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(SEED);
    int refused = 0;
    for (int round = 0; round < 600; round++) {
      byte[] damaged = whole.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        int at = random.nextInt(damaged.length);
        damaged[at] = (byte) (damaged[at] ^ (1 << random.nextInt(8)));
      }
      Files.write(file, damaged);

      try {
        golden().check(model);
      } catch (InvalidModelException e) {
        refused++;
      }

      assertThat(ColumnMemory.allocatedBytes())
          .as("round %d, seed %d", round, SEED)
          .isEqualTo(allocatedBefore);
    }
    assertThat(refused).isBetween(200, 600);
  }

  @Test
  void aSampleRepeatsTheFilesRows() throws IOException {
    write(Map.of(), new float[] {1, 2, 3}, new float[] {1, 2, 3});

    try (ColumnBatch sample = golden().sample(FLOATS).of(7, allocator.get())) {
      assertThat(sample.rows()).isEqualTo(7);
      float[] values = new float[7];
      sample.fixedWidth(0).getFloats(0, values, 0, 7);
      assertThat(values).containsExactly(1, 2, 3, 1, 2, 3, 1);
    }
  }

  @Test
  void aSampleWithoutRoomForItsRowsIsNoDamagedFile() throws IOException {
    float[] values = new float[4096];
    write(Map.of(), values, values);
    Sample sample = golden().sample(FLOATS);

    try (BufferAllocator small = ColumnMemory.child("small", 4096)) {
      assertThatThrownBy(() -> sample.of(4096, small)).isInstanceOf(OutOfMemoryException.class);
      try (ColumnBatch few = sample.of(16, small)) {
        assertThat(few.rows()).isEqualTo(16);
      }
    }
  }

  @Test
  void whatAModelAnsweredToRecordsIsWhatItMustAnswer() throws IOException {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("x", ElementType.FLOAT32, -1, 2),
                TensorSpec.of("n", ElementType.UINT8, -1),
                TensorSpec.of("b", ElementType.BOOL, -1, -1),
                TensorSpec.of("s", ElementType.STRING, -1)),
            List.of(TensorSpec.of("y", ElementType.FLOAT64, -1)));
    FakeModel model = new FakeModel(signature);
    List<Map<String, Object>> records =
        List.of(
            Map.of("x", List.of(1, 2.5), "n", 255, "b", List.of(true, false), "s", "ab"),
            Map.of(
                "x",
                List.of(List.of(3), List.of(4)),
                "n",
                0,
                "b",
                List.of(true, true),
                "s",
                Map.of("b64", "/9j/")));

    new GoldenRecorder(model).record(folder.resolve(Golden.FILE_NAME), records);

    assertThat(golden().check(model)).hasToString("2 rows as expected, largest difference 0.0");
    try (ColumnBatch sample = golden().sample(signature).of(2, allocator.get())) {
      assertThat(FakeModel.sum(sample, 0)).isEqualTo(1 + 2.5 + 255 + 1 + 2);
      assertThat(FakeModel.sum(sample, 1)).isEqualTo(3 + 4 + 0 + 2 + 3);
    }
  }

  /** It is asked for whenever a record is to be blamed. */
  @Test
  void theFirstRowIsReadOnce() throws IOException {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("x", ElementType.FLOAT32, -1, 2),
                TensorSpec.of("s", ElementType.STRING, -1, 2)),
            List.of(TensorSpec.of("y", ElementType.FLOAT64, -1)));
    List<Map<String, Object>> records =
        List.of(
            Map.of("x", List.of(1, 2.5), "s", List.of("ab", "")),
            Map.of("x", List.of(9, 9), "s", List.of("c", "d")));
    new GoldenRecorder(new FakeModel(signature)).record(folder.resolve(Golden.FILE_NAME), records);
    Sample sample = golden().sample(signature);
    sample.of(2, allocator.get()).close();
    Files.delete(folder.resolve(Golden.FILE_NAME));

    for (int again = 0; again < 2; again++) {
      try (ColumnBatch one = sample.of(1, allocator.get())) {
        assertThat(one.rows()).isEqualTo(1);
        assertThat(FakeModel.sum(one, 0)).isEqualTo(1 + 2.5 + 2);
      }
    }
  }

  @Test
  void refusesRecordsThatDoNotFitWithEveryProblem() {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("x", ElementType.INT32, -1, 2),
                TensorSpec.of("s", ElementType.STRING, -1)),
            List.of(TensorSpec.of("y", ElementType.FLOAT32, -1)));
    GoldenRecorder recorder = new GoldenRecorder(new FakeModel(signature));
    Path target = folder.resolve(Golden.FILE_NAME);

    assertThatThrownBy(() -> recorder.record(target, List.of()))
        .hasMessage("records: none (expected: >= 1)");
    assertThatThrownBy(
            () -> recorder.record(target, List.of(Map.of("x", 1, "s", "a"), Map.of("z", 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("record 2: values of [z] (expected: of the inputs ")
        .hasMessageContaining("record 1: input 'x': 1 elements (expected: 2)");
    assertThatThrownBy(
            () ->
                recorder.record(
                    target,
                    List.of(
                        Map.of("x", List.of(1.5, 3_000_000_000L), "s", "a"),
                        Map.of("x", List.of("one", 2), "s", 5))))
        .hasMessageContaining("record 1: input 'x': 1.5 for int32 (expected: a whole number)")
        .hasMessageContaining(
            "record 1: input 'x': 3000000000 for int32 (expected: -2147483648 to ")
        .hasMessageContaining("record 2: input 'x': one (expected: a value for int32)")
        .hasMessageContaining("record 2: input 's': 5 (expected: a value for string)");
    assertThat(target).doesNotExist();
  }

  @Test
  void recordsIntoANewFileOnly() throws IOException {
    record(new FakeModel(FLOATS), 1);

    assertThatThrownBy(() -> record(new FakeModel(FLOATS), 1)).isInstanceOf(IOException.class);
  }
}
