package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One input or output of a model.
 *
 * @param name as the model calls it
 * @param shape the batch's dimension first and always -1; the others at least 1, or -1 where the
 *     model takes any size
 */
public record TensorSpec(String name, ElementType type, List<Long> shape) implements Serializable {
  public TensorSpec {
    requireNonNull(name, "name");
    requireNonNull(type, "type");
    shape = List.copyOf(shape);
    if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "tensor name: '" + name + "' (expected: not blank, without control characters)");
    }
    if (shape.isEmpty() || shape.get(0) != -1) {
      throw new IllegalArgumentException(
          "shape of tensor '" + name + "': " + shape + " (expected: -1, the batch, first)");
    }
    if (shape.stream().skip(1).anyMatch(size -> size != -1 && size < 1)) {
      throw new IllegalArgumentException(
          "shape of tensor '" + name + "': " + shape + " (expected: sizes >= 1, or -1 for any)");
    }
    double elements =
        shape.stream()
            .skip(1)
            .filter(size -> size > 0)
            .mapToDouble(Long::doubleValue)
            .reduce(1, (a, b) -> a * b);
    if (elements > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "shape of tensor '%s': %s (expected: at most %d elements in a row)"
              .formatted(name, shape, Integer.MAX_VALUE));
    }
  }

  public static TensorSpec of(String name, ElementType type, long... shape) {
    return new TensorSpec(name, type, Arrays.stream(shape).boxed().toList());
  }

  /** Whether every dimension but the batch's is fixed. */
  public boolean hasFixedRows() {
    return shape.stream().skip(1).noneMatch(size -> size == -1);
  }

  /**
   * Elements of one row.
   *
   * @throws IllegalStateException if a dimension besides the batch's is -1
   */
  public int elementsPerRow() {
    if (!hasFixedRows()) {
      throw new IllegalStateException(
          "tensor " + this + " (expected: every size but the batch's is fixed)");
    }
    return Math.toIntExact(shape.stream().skip(1).reduce(1L, Math::multiplyExact));
  }

  /** The column that is this tensor's memory. */
  public ColumnSpec column() {
    return new ColumnSpec(name, type, elementsPerRow());
  }

  /** {@code features float32[-1, 32]}. */
  @Override
  public String toString() {
    return name
        + " "
        + type.label()
        + shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
  }
}
