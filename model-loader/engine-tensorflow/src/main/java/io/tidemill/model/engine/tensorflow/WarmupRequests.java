package io.tidemill.model.engine.tensorflow;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.Engine;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.util.Float16;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;

/**
 * The calls of one signature that TensorFlow Serving warms a SavedModel up with: a TFRecord file of
 * its {@code PredictionLog}s. Logs of other signatures, and of calls that are neither Predict nor
 * Classify nor Regress, are passed over.
 *
 * @param tensors of that signature; its first input takes an {@code Example}, for Classify and
 *     Regress
 */
record WarmupRequests(Path file, String signature, Signature tensors) {
  private static final String FILE = "assets.extra/tf_serving_warmup_requests";
  private static final int MOST_BYTES = 64 << 20;

  /** What TFRecord adds to a checksum, so that one of a checksum is no trap. */
  private static final int MASK = 0xa282ead8;

  static WarmupRequests in(Path savedModel, String signature, Signature tensors) {
    return new WarmupRequests(savedModel.resolve(FILE), signature, tensors);
  }

  /**
   * The first rows, as {@link Engine#samples} answers them.
   *
   * @throws InvalidModelException if the file is damaged
   */
  List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    if (!Files.isRegularFile(file)) {
      return rows;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      while (rows.size() < Engine.SAMPLE_ROWS && hasMore(in)) {
        ByteString log = ByteString.copyFrom(content(in));
        for (ByteString predicted : messages(log, 6)) {
          predict(predicted, rows);
        }
        for (int examples : new int[] {2, 3}) {
          for (ByteString answered : messages(log, examples)) {
            examples(answered, rows);
          }
        }
      }
    } catch (IOException | RuntimeException damaged) {
      throw new InvalidModelException(
          "%s: %s (expected: TFRecords of PredictionLog)"
              .formatted(file, damaged.getMessage() == null ? "ends early" : damaged.getMessage()),
          damaged);
    }
    return rows.subList(0, Math.min(Engine.SAMPLE_ROWS, rows.size()));
  }

  private static boolean hasMore(DataInputStream in) throws IOException {
    in.mark(1);
    boolean more = in.read() >= 0;
    in.reset();
    return more;
  }

  private static byte[] content(DataInputStream in) throws IOException {
    byte[] length = proved(in, Long.BYTES);
    long bytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (bytes < 0 || bytes > MOST_BYTES) {
      throw new IOException(
          "a record of %d bytes (expected: at most %d)".formatted(bytes, MOST_BYTES));
    }
    return proved(in, (int) bytes);
  }

  private static byte[] proved(DataInputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    int expected = Integer.reverseBytes(in.readInt());
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, bytes.length);
    if (Integer.rotateRight((int) checksum.getValue(), 15) + MASK != expected) {
      throw new IOException("a record with another checksum than it says");
    }
    return bytes;
  }

  private static List<ByteString> messages(ByteString message, int field)
      throws InvalidProtocolBufferException {
    return UnknownFieldSet.parseFrom(message).getField(field).getLengthDelimitedList();
  }

  /** Whether a request's ModelSpec, which is its first field, names the signature. */
  private boolean isOfSignature(ByteString request) throws InvalidProtocolBufferException {
    String name = "";
    for (ByteString spec : messages(request, 1)) {
      for (ByteString said : messages(spec, 3)) {
        name = said.toString(UTF_8);
      }
    }
    return signature.equals(name.isEmpty() ? SavedModelFolder.PREFERRED : name);
  }

  private void predict(ByteString log, List<Map<String, Object>> rows)
      throws InvalidProtocolBufferException {
    for (ByteString request : messages(log, 1)) {
      if (isOfSignature(request)) {
        Map<String, TensorProto> inputs = new LinkedHashMap<>();
        for (ByteString entry : messages(request, 2)) {
          inputs.put(
              messages(entry, 1).get(0).toString(UTF_8),
              TensorProto.parseFrom(messages(entry, 2).get(0)));
        }
        tensors.constants().forEach(constant -> inputs.remove(constant.name()));
        checkTypes(inputs);
        addRows(inputs, rows);
      }
    }
  }

  /** A row's bytes would be taken for values of the input's type. */
  private void checkTypes(Map<String, TensorProto> inputs) {
    for (TensorSpec input : tensors.inputs()) {
      TensorProto tensor = inputs.get(input.name());
      if (tensor != null && TensorType.column(tensor.getDtypeValue()) != input.type()) {
        throw new IllegalArgumentException(
            "input '%s': a tensor of %s (expected: %s)"
                .formatted(
                    input.name(), TensorType.label(tensor.getDtypeValue()), input.type().label()));
      }
    }
  }

  private static void addRows(Map<String, TensorProto> inputs, List<Map<String, Object>> rows) {
    long count = inputs.values().stream().mapToLong(WarmupRequests::rowsOf).min().orElse(0);
    for (int row = 0; row < Math.min(count, Engine.SAMPLE_ROWS); row++) {
      Map<String, Object> record = new LinkedHashMap<>();
      for (Map.Entry<String, TensorProto> input : inputs.entrySet()) {
        record.put(input.getKey(), row(input.getValue(), row));
      }
      rows.add(record);
    }
  }

  private static long rowsOf(TensorProto tensor) {
    return tensor.getTensorShape().getDimCount() == 0
        ? 0
        : tensor.getTensorShape().getDim(0).getSize();
  }

  private static Object row(TensorProto tensor, int row) {
    long elements = 1;
    for (int i = 1; i < tensor.getTensorShape().getDimCount(); i++) {
      elements = Math.multiplyExact(elements, tensor.getTensorShape().getDim(i).getSize());
    }
    ByteString content = tensor.getTensorContent();
    long bytes = content.size() / rowsOf(tensor);
    if (elements < 0 || elements > Engine.SAMPLE_ELEMENTS || bytes > elements * Long.BYTES) {
      throw new IllegalArgumentException(
          "a row of %d elements in %d bytes (expected: at most %d)"
              .formatted(elements, bytes, Engine.SAMPLE_ELEMENTS));
    }
    if (!content.isEmpty() && tensor.getDtype() != DataType.DT_STRING) {
      int begin = Math.toIntExact(row * bytes);
      return content.substring(begin, begin + (int) bytes).toByteArray();
    }
    List<?> values =
        switch (tensor.getDtype()) {
          case DT_FLOAT -> tensor.getFloatValList();
          case DT_DOUBLE -> tensor.getDoubleValList();
          case DT_INT64 -> tensor.getInt64ValList();
          case DT_UINT32 -> mapped(tensor.getUint32ValList(), Integer::toUnsignedLong);
          case DT_UINT64 ->
              mapped(
                  tensor.getUint64ValList(), value -> new BigInteger(Long.toUnsignedString(value)));
          case DT_HALF ->
              mapped(tensor.getHalfValList(), bits -> Float16.toFloat(bits.shortValue()));
          case DT_BFLOAT16 ->
              mapped(tensor.getHalfValList(), bits -> Float.intBitsToFloat(bits << Short.SIZE));
          case DT_BOOL -> tensor.getBoolValList();
          case DT_STRING -> tensor.getStringValList();
          case DT_INT8, DT_INT16, DT_INT32, DT_UINT8, DT_UINT16 -> tensor.getIntValList();
          default ->
              throw new IllegalArgumentException("a tensor of %s".formatted(tensor.getDtype()));
        };
    List<Object> elementsOfRow = new ArrayList<>();
    for (long i = row * elements; i < (row + 1) * elements; i++) {
      // What is missing at the end is as the last one; of none it is zero.
      Object value = values.isEmpty() ? 0 : values.get((int) Math.min(i, values.size() - 1));
      elementsOfRow.add(value instanceof ByteString text ? text.toByteArray() : value);
    }
    return elementsOfRow;
  }

  private static <T> List<Object> mapped(List<T> values, Function<T, Object> value) {
    return values.stream().map(value).toList();
  }

  /** An Input's first field is an ExampleList. */
  private void examples(ByteString log, List<Map<String, Object>> rows)
      throws InvalidProtocolBufferException {
    for (ByteString request : messages(log, 1)) {
      if (isOfSignature(request)) {
        String example = tensors.inputs().get(0).name();
        for (ByteString input : messages(request, 2)) {
          for (ByteString list : messages(input, 1)) {
            messages(list, 1).forEach(one -> rows.add(Map.of(example, List.of(one.toByteArray()))));
          }
        }
      }
    }
  }
}
