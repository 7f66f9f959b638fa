package io.tidemill.model;

import io.tidemill.model.columnar.ColumnSpec;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A model's typed inputs and outputs. Their order here is the order of the columns in every call.
 */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) implements Serializable {
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    check("inputs", inputs);
    check("outputs", outputs);
  }

  private static void check(String side, List<TensorSpec> tensors) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("signature's " + side + ": none (expected: >= 1)");
    }
    Set<String> names = new HashSet<>();
    for (TensorSpec tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "signature's " + side + ": '" + tensor.name() + "' twice (expected: distinct names)");
      }
    }
  }

  /** The columns of an input batch. */
  public List<ColumnSpec> inputColumns() {
    return inputs.stream().map(TensorSpec::column).toList();
  }
}
