package io.tidemill.model.engine.tensorflow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.TensorProto;

class WarmupRequestsTest {
  @TempDir Path folder;

  private static ByteString message(int field, ByteString... contents) {
    UnknownFieldSet.Field.Builder values = UnknownFieldSet.Field.newBuilder();
    for (ByteString content : contents) {
      values.addLengthDelimited(content);
    }
    return UnknownFieldSet.newBuilder().addField(field, values.build()).build().toByteString();
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString spec(String signature) {
    return message(1, signature.isEmpty() ? ByteString.EMPTY : message(3, text(signature)));
  }

  /** A log of a Predict. */
  private static ByteString predict(String signature, String input, TensorProto tensor) {
    ByteString entry = message(1, text(input)).concat(message(2, tensor.toByteString()));
    return message(6, message(1, spec(signature).concat(message(2, entry))));
  }

  private static TensorProto.Builder tensor(DataType type, long... sizes) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDtype(type);
    for (long size : sizes) {
      tensor.getTensorShapeBuilder().addDimBuilder().setSize(size);
    }
    return tensor;
  }

  private void write(ByteString... logs) throws IOException {
    Path file = Files.createDirectories(folder.resolve("assets.extra"));
    ByteBuffer records = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (ByteString log : logs) {
      byte[] length = new byte[8];
      ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).putLong(log.size());
      records.put(length).putInt(masked(length));
      records.put(log.toByteArray()).putInt(masked(log.toByteArray()));
    }
    byte[] bytes = new byte[records.position()];
    records.get(0, bytes);
    Files.write(file.resolve("tf_serving_warmup_requests"), bytes);
  }

  private static int masked(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    int value = (int) checksum.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  private List<Map<String, Object>> rows(String signature) {
    TensorSpec examples = TensorSpec.of("examples", ElementType.STRING, -1);
    Constant constant = new Constant("keep_prob", ElementType.FLOAT32, List.of(), List.of("1"));
    return WarmupRequests.in(
            folder,
            signature,
            new Signature(List.of(examples), List.of(examples)).with(List.of(constant)))
        .rows();
  }

  @Test
  void answersTheRowsOfPredictLogs() throws IOException {
    ByteBuffer memory = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    memory.putFloat(1f).putFloat(2f).putFloat(3f).putFloat(4f);
    write(
        predict(
            "",
            "x",
            tensor(DataType.DT_FLOAT, 2, 2)
                .setTensorContent(ByteString.copyFrom(memory.array()))
                .build()),
        predict("serving_default", "x", tensor(DataType.DT_FLOAT, 1, 2).addFloatVal(7f).build()),
        predict("other", "x", tensor(DataType.DT_FLOAT, 1, 2).build()));

    List<Map<String, Object>> rows = rows("serving_default");

    assertThat(rows).hasSize(3);
    assertThat((byte[]) rows.get(1).get("x")).isEqualTo(Arrays.copyOfRange(memory.array(), 8, 16));
    assertThat(rows.get(2)).isEqualTo(Map.of("x", List.of(7f, 7f)));
    assertThat(rows("other")).containsExactly(Map.of("x", List.of(0, 0)));
  }

  @Test
  void answersStringsAndTheExamplesOfClassifyAndRegress() throws IOException {
    Example example = Example.newBuilder().build();
    ByteString input = message(1, message(1, text("first"), example.toByteString()));
    write(
        predict(
            "",
            "word",
            tensor(DataType.DT_STRING, 2).addStringVal(text("a")).addStringVal(text("b")).build()),
        message(2, message(1, spec("").concat(message(2, input)))));

    List<Map<String, Object>> rows = rows("serving_default");

    assertThat(rows.stream().map(row -> String.join(",", row.keySet())))
        .containsExactly("word", "word", "examples", "examples");
    assertThat(rows.stream().map(row -> (List<?>) row.values().iterator().next()))
        .allMatch(values -> values.size() == 1)
        .map(values -> new String((byte[]) values.get(0), UTF_8))
        .containsExactly("a", "b", "first", "");
  }

  @Test
  void answersNumbersOfEveryType() throws IOException {
    BigInteger large = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    answers(tensor(DataType.DT_UINT32, 1).addUint32Val(-1), 4294967295L);
    answers(tensor(DataType.DT_UINT64, 1).addUint64Val(-1), large);
    answers(tensor(DataType.DT_HALF, 1).addHalfVal(0x3e00), 1.5f);
    answers(tensor(DataType.DT_BFLOAT16, 1).addHalfVal(0xbfc0), -1.5f);
    answers(tensor(DataType.DT_INT8, 1).addIntVal(-7), -7);
    answers(tensor(DataType.DT_INT16, 1).addIntVal(-7), -7);
    answers(tensor(DataType.DT_UINT16, 1).addIntVal(65535), 65535);
    answers(tensor(DataType.DT_BOOL, 1).addBoolVal(true), true);
    answers(tensor(DataType.DT_DOUBLE, 1).addDoubleVal(1.5), 1.5);
  }

  private void answers(TensorProto.Builder tensor, Object value) throws IOException {
    write(predict("", "x", tensor.build()));

    assertThat(rows("serving_default")).containsExactly(Map.of("x", List.of(value)));
  }

  @Test
  void refusesTensorsThatMakeNoSense() throws IOException {
    write(predict("", "x", tensor(DataType.DT_FLOAT, 1, 1L << 40, 1L << 40).build()));
    refuses("long overflow");
    write(predict("", "x", tensor(DataType.DT_FLOAT, 1, -4).build()));
    refuses("a row of -4 elements in 0 bytes");
    write(predict("", "x", tensor(DataType.DT_FLOAT, 1L << 40, 1 << 21).build()));
    refuses("a row of 2097152 elements in 0 bytes");
    write(predict("", "x", tensor(DataType.DT_COMPLEX64, 1).build()));
    refuses("a tensor of DT_COMPLEX64");
    write(message(6, message(1, spec("").concat(message(2, ByteString.EMPTY)))));
    refuses("Index: 0");
    write(predict("", "x", tensor(DataType.DT_FLOAT, -1, 4).build()));
    assertThat(rows("serving_default")).isEmpty();
  }

  @Test
  void refusesAnInputOfAnotherType() throws IOException {
    // As many bytes would be taken for other values.
    write(predict("", "examples", tensor(DataType.DT_INT32, 1).addIntVal(7).build()));

    refuses("input 'examples': a tensor of int32 (expected: string)");
  }

  @Test
  void passesOverAnInputThatIsAConstant() throws IOException {
    ByteString rate =
        message(1, text("keep_prob"))
            .concat(message(2, tensor(DataType.DT_FLOAT).addFloatVal(0.5f).build().toByteString()));
    ByteString values =
        message(1, text("x"))
            .concat(
                message(2, tensor(DataType.DT_FLOAT, 1).addFloatVal(7f).build().toByteString()));
    write(message(6, message(1, spec("").concat(message(2, rate, values)))));

    assertThat(rows("serving_default")).containsExactly(Map.of("x", List.of(7f)));
  }

  @Test
  void answersNothingWhereThereIsNoSuchFile() {
    assertThat(rows("serving_default")).isEmpty();
  }

  @Test
  void refusesRecordsWithOtherChecksumsAndAnEndTooEarly() throws IOException {
    write(predict("", "x", tensor(DataType.DT_FLOAT, 1, 2).build()));
    Path file = folder.resolve("assets.extra/tf_serving_warmup_requests");
    byte[] whole = Files.readAllBytes(file);
    byte[] changed = whole.clone();
    changed[20] ^= 1;
    byte[] endless = whole.clone();
    endless[7] = 127;

    Files.write(file, changed);
    refuses("a record with another checksum than it says");
    Files.write(file, endless);
    refuses("a record with another checksum than it says");
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    refuses("ends early");
  }

  private void refuses(String reason) {
    assertThatThrownBy(() -> rows("serving_default"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tf_serving_warmup_requests: " + reason)
        .hasMessageContaining("(expected: TFRecords of PredictionLog)");
  }
}
