package io.tidemill.model.importing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** MLflow's signature of tensors made into ours. One of columns says nothing of tensors. */
final class MlflowSignature {
  private static final ObjectMapper JSON = new ObjectMapper();

  private MlflowSignature() {}

  /**
   * The signature; empty if there is none, or part of it has no counterpart here.
   *
   * @param place the file, as messages name it
   * @param signature the value of {@code signature} in {@code MLmodel}
   */
  static Optional<Signature> read(String place, @Nullable Object signature) {
    if (!(signature instanceof Map<?, ?> sides)) {
      return Optional.empty();
    }
    List<TensorSpec> inputs = new ArrayList<>();
    List<TensorSpec> outputs = new ArrayList<>();
    if (!add(place, "input", sides.get("inputs"), inputs)
        || !add(place, "output", sides.get("outputs"), outputs)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Signature(inputs, outputs));
    } catch (IllegalArgumentException twice) {
      throw new InvalidModelException(place + ": " + twice.getMessage(), twice);
    }
  }

  private static boolean add(
      String place, String side, @Nullable Object json, List<TensorSpec> specs) {
    if (json == null) {
      return false;
    }
    try {
      for (JsonNode column : JSON.readTree(String.valueOf(json))) {
        Optional<TensorSpec> spec = spec(side, column);
        if (spec.isEmpty()) {
          return false;
        }
        specs.add(spec.get());
      }
      return !specs.isEmpty();
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          "%s: %ss of the signature: %s".formatted(place, side, malformed.getOriginalMessage()),
          malformed);
    }
  }

  private static Optional<TensorSpec> spec(String side, JsonNode tensor) {
    List<Long> shape = new ArrayList<>();
    tensor.at("/tensor-spec/shape").forEach(size -> shape.add(size.asLong()));
    String name = tensor.path("name").asText(side);
    boolean batched = !shape.isEmpty() && shape.get(0) == -1;
    return batched
        ? type(tensor.at("/tensor-spec/dtype").asText())
            .map(element -> new TensorSpec(name, element, shape))
        : Optional.empty();
  }

  /** By NumPy's names. */
  private static Optional<ElementType> type(String name) {
    return switch (name) {
      case "float32" -> Optional.of(ElementType.FLOAT32);
      case "float64" -> Optional.of(ElementType.FLOAT64);
      case "int32" -> Optional.of(ElementType.INT32);
      case "int64" -> Optional.of(ElementType.INT64);
      case "uint8" -> Optional.of(ElementType.UINT8);
      case "bool" -> Optional.of(ElementType.BOOL);
      case "str" -> Optional.of(ElementType.STRING);
      default -> Optional.empty();
    };
  }
}
