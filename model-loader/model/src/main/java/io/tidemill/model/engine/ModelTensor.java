package io.tidemill.model.engine;

import io.tidemill.model.Constant;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An input or output as a model's own files describe it.
 *
 * @param type null where columns have none
 * @param label of its type, the engine's own where columns have none
 * @param shape null where any is allowed, or none is known before a call
 * @param fault why it can be no column whatever its type, as a predicate; empty if it can
 */
public record ModelTensor(
    @Nullable ElementType type, String label, @Nullable List<Long> shape, String fault) {
  private static final String TYPES =
      Arrays.stream(ElementType.values()).map(ElementType::label).collect(Collectors.joining(", "));

  /** Any number of rows. */
  static final long ANY = -1;

  public ModelTensor {
    shape = shape == null ? null : List.copyOf(shape);
  }

  /** A tensor whose elements lie one after another. */
  public static ModelTensor dense(
      @Nullable ElementType type, String label, @Nullable List<Long> shape) {
    return new ModelTensor(type, label, shape, "");
  }

  /** What no manifest can mend. */
  List<String> faults(String tensor) {
    List<String> faults = new ArrayList<>();
    if (!fault.isEmpty()) {
      faults.add(tensor + " " + fault);
      return faults;
    }
    if (type == null) {
      faults.add("%s has type %s (expected: %s)".formatted(tensor, label, TYPES));
    }
    return faults;
  }

  /** How many rows it has in every call; {@link #ANY} if any number, or if it is not known. */
  long rows() {
    return shape == null || shape.isEmpty() ? ANY : Math.max(ANY, shape.get(0));
  }

  /** The shape of all of it if it has so many elements, as far as one size that is open says. */
  List<Long> shapeOf(int elements) {
    if (shape == null) {
      return elements == 1 ? List.of() : List.of((long) elements);
    }
    double others =
        shape.stream()
            .filter(size -> size > 0)
            .mapToDouble(Long::doubleValue)
            .reduce(1, (a, b) -> a * b);
    return shape.stream().map(size -> size < 0 ? (long) (elements / others) : size).toList();
  }

  boolean fits(Constant manifest) {
    boolean fits =
        type == manifest.type() && (shape == null || shape.size() == manifest.shape().size());
    for (int i = 0; fits && shape != null && i < shape.size(); i++) {
      fits = shape.get(i) < 0 || shape.get(i).equals(manifest.shape().get(i));
    }
    return fits;
  }

  boolean fits(TensorSpec manifest) {
    if (type != manifest.type()) {
      return false;
    }
    if (shape == null) {
      return true;
    }
    boolean fits = shape.size() == manifest.shape().size();
    for (int i = 1; fits && i < shape.size(); i++) {
      fits = shape.get(i) == -1 || shape.get(i).equals(manifest.shape().get(i));
    }
    return fits;
  }

  /** {@code float32[-1, 4]}. */
  @Override
  public String toString() {
    return label + (shape == null ? "[of any rank]" : shape);
  }
}
