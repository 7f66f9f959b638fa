package io.tidemill.pipelines.definition;

import java.util.List;

/**
 * The field that an output tensor becomes.
 *
 * @param name the field's name
 * @param labels if not empty, the field is the label of the tensor's largest element, in its order
 */
public record OutputField(String name, List<String> labels) {
  public OutputField {
    Names.checkText("output field", name);
    labels = List.copyOf(labels);
  }

  /** A field that holds what the tensor holds. */
  public static OutputField of(String name) {
    return new OutputField(name, List.of());
  }
}
