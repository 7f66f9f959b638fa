package io.tidemill.model.engine.onnx;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.TypedValues;
import io.tidemill.model.golden.Samples;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestDataSetsTest {
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  @TempDir Path folder;

  private void write(String place, TensorProto.Builder tensor) throws IOException {
    write(place, tensor.build().toByteArray());
  }

  private void write(String place, byte[] bytes) throws IOException {
    Path file = folder.resolve(place);
    Files.createDirectories(file.resolveSibling(""));
    Files.write(file, bytes);
  }

  private static TensorProto.Builder tensor(int type, long... sizes) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName("any").setDataType(type);
    Arrays.stream(sizes).forEach(tensor::addDims);
    return tensor;
  }

  private static TensorProto.Builder floats(long rows, float... values) {
    TensorProto.Builder tensor = tensor(TensorProto.DataType.FLOAT_VALUE, rows);
    for (float value : values) {
      tensor.addFloatData(value);
    }
    return tensor;
  }

  private static List<Float> numbers(List<Map<String, Object>> rows, String input) {
    List<Float> numbers = new ArrayList<>();
    for (Map<String, Object> row : rows) {
      ByteBuffer memory = ByteBuffer.wrap((byte[]) row.get(input)).order(ByteOrder.LITTLE_ENDIAN);
      numbers.add(memory.getFloat());
    }
    return numbers;
  }

  /** Two rows of three elements, as exporters write them and as ONNX's own helper does. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void readsEveryTypeAsMemoryAndAsNumbers(ElementType type) throws IOException {
    Signature signature = OnnxModels.identity(folder, type);
    int number = OnnxType.of(type).number();
    TensorProto.Builder numbers = tensor(number, 1, 3);
    TensorProto.Builder raw = tensor(number, 1, 3);
    try (ColumnBatch values = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      TypedValues.write(values, type, 2, 0);
      for (int i = 0; i < 3; i++) {
        addNumber(numbers, values, type, i);
      }
      if (type == ElementType.STRING) {
        raw = tensor(number, 1, 3);
        for (int i = 3; i < 6; i++) {
          raw.addStringData(ByteString.copyFrom(values.strings(0).get(i)));
        }
      } else {
        byte[] memory = new byte[3 * type.bytes()];
        values.fixedWidth(0).getBytes(memory.length, memory, 0, memory.length);
        raw.setRawData(ByteString.copyFrom(memory));
      }
    }
    write("test_data_set_0/input_0.pb", numbers);
    write("test_data_set_1/input_0.pb", raw);

    new Samples(new OnnxEngine().samples(folder, signature))
        .write(signature, folder.resolve(Samples.FILE_NAME));

    try (ColumnBatch sample = Samples.in(folder, signature).orElseThrow().of(2, allocator.get())) {
      for (int i = 0; i < 6; i++) {
        assertThat(read(sample, type, i)).isEqualTo(expected(type, i));
      }
    }
  }

  private static void addNumber(
      TensorProto.Builder tensor, ColumnBatch values, ElementType type, int i) {
    switch (type) {
      case FLOAT32 -> tensor.addFloatData(values.fixedWidth(0).getFloat(i));
      case FLOAT64 -> tensor.addDoubleData(values.fixedWidth(0).getDouble(i));
      case INT64 -> tensor.addInt64Data(values.fixedWidth(0).getLong(i));
      case UINT32, UINT64 -> tensor.addUint64Data(values.fixedWidth(0).whole(i));
      case STRING -> tensor.addStringData(ByteString.copyFrom(values.strings(0).get(i)));
      case FLOAT16, BFLOAT16 ->
          tensor.addInt32Data(Short.toUnsignedInt(values.fixedWidth(0).getShort(i)));
      case INT8, INT16, INT32, UINT8, UINT16, BOOL ->
          tensor.addInt32Data((int) values.fixedWidth(0).whole(i));
    }
  }

  @Test
  void takesTheInputsInTheOrderOfTheGraphAndTheSetsByNumber() throws IOException {
    Signature signature = OnnxModels.twoByTwo(folder);
    write("test_data_set_10/input_0.pb", floats(1, 5f));
    write("test_data_set_10/input_1.pb", floats(1, 6f));
    write("test_data_set_2/input_0.pb", floats(2, 1f, 2f));
    write("test_data_set_2/input_1.pb", floats(2, 3f, 4f));
    write("test_data_set_2/output_0.pb", new byte[] {1});
    write("test_data_sets/input_0.pb", new byte[] {1});
    Signature swapped =
        new Signature(
            List.of(signature.inputs().get(1), signature.inputs().get(0)), signature.outputs());

    List<Map<String, Object>> rows = new OnnxEngine().samples(folder, swapped);

    assertThat(numbers(rows, "left")).containsExactly(1f, 2f, 5f);
    assertThat(numbers(rows, "right")).containsExactly(3f, 4f, 6f);
    assertThat(new OnnxEngine().samples(folder.resolve(OnnxModels.FILE), signature)).hasSize(3);
  }

  @Test
  void answersSixteenRowsAtMostAndNoneWhereThereAreNoSets() throws IOException {
    Signature signature = OnnxModels.mlp(folder, 4);
    assertThat(new OnnxEngine().samples(folder, signature)).isEmpty();

    write(
        "test_data_set_0/input_0.pb",
        tensor(TensorProto.DataType.FLOAT_VALUE, 1000, 4)
            .setRawData(ByteString.copyFrom(new byte[16_000])));
    write("test_data_set_1/input_0.pb", new byte[] {1});

    assertThat(new OnnxEngine().samples(folder, signature)).hasSize(16);
  }

  @Test
  void passesOverAnInputThatIsAConstant() throws IOException {
    OnnxModels.scaled(folder);
    Signature signature =
        new OnnxEngine()
            .signature(folder, "", Map.of("rate", "2", "offsets", "0,0,0"))
            .orElseThrow();
    write(
        "test_data_set_0/input_0.pb",
        tensor(TensorProto.DataType.FLOAT_VALUE, 1, 3).addAllFloatData(List.of(1f, 2f, 3f)));
    write("test_data_set_0/input_1.pb", tensor(TensorProto.DataType.FLOAT_VALUE).addFloatData(2f));

    assertThat(new OnnxEngine().samples(folder, signature))
        .singleElement()
        .satisfies(row -> assertThat(row).containsOnlyKeys("values"));
  }

  @Test
  void refusesWhatIsNoTensorOfTheInput() throws IOException {
    int floats = TensorProto.DataType.FLOAT_VALUE;
    refuses(tensor(floats, 1L << 62, 4), "sizes [4611686018427387904, 4] (expected: rows first");
    refuses(tensor(floats, 1 << 20, 1 << 20, 1 << 20), "sizes [1048576, 1048576, 1048576]");
    refuses(tensor(floats, -1, 4), "sizes [-1, 4]");
    refuses(tensor(floats, 0, 4), "sizes [0, 4]");
    refuses(tensor(floats), "sizes []");
    refuses(tensor(floats, 2), "more or fewer elements than its sizes [2]");
    refuses(floats(1, 1f, 2f), "more or fewer elements than its sizes [1]");
    refuses(
        tensor(floats, 2).setRawData(ByteString.copyFrom(new byte[7])),
        "more or fewer elements than its sizes [2]");
    refuses(tensor(TensorProto.DataType.STRING_VALUE, 1), "more or fewer elements");
    refuses(tensor(17, 1), "elements of type 17");
    refuses(tensor(TensorProto.DataType.INT32_VALUE, 1).addInt32Data(7), "elements of int32");

    refuses(new byte[] {8}, "ends early");
    refuses(new byte[] {10, 127, 1}, "ends early");
    refuses(new byte[] {3}, "no wire type 3");
    byte[] endless = new byte[11];
    Arrays.fill(endless, (byte) -1);
    refuses(endless, "a number without end");
    byte[] field = {-1, -1, -1, -1, -1, -1, -1, -1, 1};
    refuses(field, "no field ");
    refuses(new byte[0], "elements of type 0");
  }

  private void refuses(TensorProto.Builder tensor, String reason) throws IOException {
    refuses(tensor.build().toByteArray(), reason);
  }

  private void refuses(byte[] bytes, String reason) throws IOException {
    Signature signature = OnnxModels.twoByTwo(folder);
    write("test_data_set_0/input_0.pb", bytes);

    assertThatThrownBy(() -> new OnnxEngine().samples(folder, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(folder.resolve("test_data_set_0/input_0.pb") + ": ")
        .hasMessageContaining(reason)
        .hasMessageEndingWith("(expected: a TensorProto for left float32[-1])");
  }

  @Test
  void aModelWithAFieldOfNoNumberHasNoWeightsBesideIt() throws IOException {
    write("model.onnx", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, 1});

    assertThat(new OnnxEngine().detect(folder.resolve("model.onnx"))).isPresent();
  }

  @Test
  void refusesALargeFileBeforeItIsReadAndLinksNowhere() throws IOException {
    Signature signature = OnnxModels.mlp(folder, 4);
    write("elsewhere", new byte[] {1});
    write("test_data_set_0/input_1.pb", new byte[] {1});
    Path file = folder.resolve("test_data_set_0/input_0.pb");
    Files.createSymbolicLink(file, folder.resolve("elsewhere"));
    assertThat(new OnnxEngine().samples(folder, signature)).isEmpty();

    Files.delete(file);
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength((64 << 20) + 1);
    }
    assertThatThrownBy(() -> new OnnxEngine().samples(folder, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("input_0.pb: 67108865 bytes (expected: at most 67108864)");
  }
}
