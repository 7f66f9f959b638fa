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

/**
 * What MLflow says of a model's inputs and outputs. Of its two kinds, one of columns says nothing
 * of tensors.
 *
 * @param place the file, as messages name it
 * @param sides the value of {@code signature} in {@code MLmodel}
 */
record MlflowSignature(String place, Map<?, ?> sides) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The signature; empty if there is none, or part of it has no counterpart here. */
  Optional<DeclaredSignature> tensors() {
    List<TensorSpec> inputs = tensors("input");
    List<TensorSpec> outputs = tensors("output");
    if (inputs.isEmpty() || outputs.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new DeclaredSignature("MLmodel", new Signature(inputs, outputs)));
    } catch (IllegalArgumentException twice) {
      throw new InvalidModelException(place + ": " + twice.getMessage(), twice);
    }
  }

  private List<TensorSpec> tensors(String side) {
    List<TensorSpec> specs = new ArrayList<>();
    if (sides.get(side + "s") instanceof String json) {
      for (JsonNode tensor : parse(side, json)) {
        Optional<TensorSpec> spec = spec(side, tensor);
        if (spec.isEmpty()) {
          return List.of();
        }
        specs.add(spec.get());
      }
    }
    return specs;
  }

  private JsonNode parse(String side, String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          "%s: %ss of the signature: %s".formatted(place, side, malformed.getOriginalMessage()),
          malformed);
    }
  }

  private static Optional<TensorSpec> spec(String side, JsonNode tensor) {
    List<Long> shape = new ArrayList<>();
    tensor.at("/tensor-spec/shape").forEach(size -> shape.add(size.asLong()));
    if (shape.isEmpty() || shape.get(0) != -1) {
      return Optional.empty();
    }
    // NumPy's names are ours but for strings.
    String type = tensor.at("/tensor-spec/dtype").asText();
    return ElementType.ofLabel(type.equals("str") ? "string" : type)
        .map(element -> new TensorSpec(tensor.path("name").asText(side), element, shape));
  }
}
