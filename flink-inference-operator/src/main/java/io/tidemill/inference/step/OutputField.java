package io.tidemill.inference.step;

import java.io.Serializable;
import java.util.List;

/**
 * The field that an output tensor becomes.
 *
 * @param name the new field of the record
 * @param labels if not empty, the field is the label of the tensor's largest element instead of its
 *     values
 */
public record OutputField(String name, List<String> labels) implements Serializable {
  public OutputField {
    labels = List.copyOf(labels);
    if (name.isBlank()) {
      throw new IllegalArgumentException("output field: '" + name + "' (expected: not blank)");
    }
  }

  /** A field that holds what the tensor holds. */
  public OutputField(String name) {
    this(name, List.of());
  }
}
