package io.tidemill.pipelines.definition;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The field that an output tensor becomes.
 *
 * @param name the field's name
 * @param type the field's SQL type, such as {@code FLOAT}; null for the one nearest to the tensor
 * @param labels the words that stand for the classes of the tensor, in its order; empty for none
 */
public record OutputField(String name, @Nullable String type, List<String> labels) {
  public OutputField {
    Names.checkText("output field", name);
    if (type != null) {
      Names.checkText("type of output field '" + name + "'", type);
    }
    labels = List.copyOf(labels);
  }

  /** A field of the type nearest to the tensor. */
  public static OutputField of(String name) {
    return new OutputField(name, null, List.of());
  }
}
