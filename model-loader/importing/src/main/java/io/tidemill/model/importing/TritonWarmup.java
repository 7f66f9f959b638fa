package io.tidemill.model.importing;

import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The calls that Triton warms a model up with: each message of {@code model_warmup} is a row here.
 * One with random data is none of the model's own, and passed over.
 *
 * @param folder of the model, with {@code warmup} in it
 * @param messages of the configuration
 */
record TritonWarmup(Path folder, List<Object> messages) {
  /**
   * A row for each of the first messages, as {@link Engine#samples} answers them.
   *
   * @throws RuntimeException if one does not fit the signature, or its file is not there
   */
  List<Map<String, Object>> rows(Signature signature) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Object message : messages.subList(0, Math.min(Engine.SAMPLE_ROWS, messages.size()))) {
      if (message instanceof Map<?, ?> warmup && warmup.get("inputs") instanceof List<?> inputs) {
        Map<String, Object> row = row(inputs, signature);
        if (!row.isEmpty()) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private Map<String, Object> row(List<?> inputs, Signature signature) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (TensorSpec tensor : signature.inputs()) {
      Map<?, ?> said =
          inputs.stream()
              .filter(input -> first(input, "key").equals(tensor.name()))
              .map(input -> TritonConfig.message((Map<?, ?>) input, "value"))
              .findFirst()
              .orElse(Map.of());
      if (said.containsKey("random_data")) {
        return Map.of();
      }
      String type = first(said, "data_type");
      // A file's bytes would be taken for values of the input's type.
      if (!type.isEmpty() && !TritonConfig.type(type).equals(Optional.of(tensor.type()))) {
        throw new IllegalArgumentException(
            "input '%s': data_type %s (expected: %s)"
                .formatted(tensor.name(), type, tensor.type().label()));
      }
      String file = first(said, "input_data_file");
      row.put(tensor.name(), file.isEmpty() ? zeros(tensor, said) : content(tensor, file));
    }
    return row;
  }

  private static String first(@Nullable Object message, String field) {
    return message instanceof Map<?, ?> map ? TritonConfig.first(map.get(field)) : "";
  }

  private static List<Object> zeros(TensorSpec tensor, Map<?, ?> said) {
    long elements = 1;
    for (Object size : said.get("dims") instanceof List<?> sizes ? sizes : List.of()) {
      elements = Math.multiplyExact(elements, Long.parseLong(String.valueOf(size)));
    }
    if (!said.containsKey("zero_data") || elements < 1 || elements > Engine.SAMPLE_ELEMENTS) {
      throw new IllegalArgumentException(
          "input '%s': no data for %d elements (expected: zero_data or an input_data_file)"
              .formatted(tensor.name(), elements));
    }
    Object zero =
        switch (tensor.type().kind()) {
          case BOOL -> false;
          case STRING -> "";
          case FLOAT, SIGNED, UNSIGNED -> 0;
        };
    return Collections.nCopies((int) elements, zero);
  }

  private Object content(TensorSpec tensor, String name) {
    try (InputStream in = Files.newInputStream(new Listing(folder).file("warmup/" + name))) {
      byte[] bytes = in.readNBytes(Engine.SAMPLE_ELEMENTS * Long.BYTES);
      return tensor.type() == ElementType.STRING ? strings(bytes) : bytes;
    } catch (IOException e) {
      throw new IllegalArgumentException("warmup/" + name + ": cannot be read", e);
    }
  }

  /** Each behind its length, which has four bytes. */
  private static List<Object> strings(byte[] bytes) {
    List<Object> strings = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.remaining() >= Integer.BYTES) {
      int length = in.getInt();
      if (length < 0 || length > in.remaining()) {
        throw new IllegalArgumentException(
            "a string of %d bytes (expected: at most %d)".formatted(length, in.remaining()));
      }
      byte[] string = new byte[length];
      in.get(string);
      strings.add(string);
    }
    return strings;
  }
}
