package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnSpec;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A model's typed inputs and outputs. Their order here is the order of the columns in every call.
 *
 * @param name which of a model's signatures is served; empty where it is the usual one
 * @param method what the model says that this one is for; empty if nothing
 */
public record Signature(
    List<TensorSpec> inputs, List<TensorSpec> outputs, String name, String method)
    implements Serializable {
  public Signature {
    requireNonNull(name, "name");
    requireNonNull(method, "method");
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    check("inputs", inputs);
    check("outputs", outputs);
  }

  /** The usual signature of a model. */
  public Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    this(inputs, outputs, "", "");
  }

  /** The same tensors, in one of a model's signatures. */
  public Signature of(String otherName, String otherMethod) {
    return new Signature(inputs, outputs, otherName, otherMethod);
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
