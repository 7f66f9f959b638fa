package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.ElementType.Kind;
import java.io.Serializable;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An input that has the same value in every call and no row of its own, such as the probability of
 * a drop-out or a sample rate.
 *
 * @param name as the model calls it
 * @param shape the whole tensor's; empty for a single value
 * @param values every element in order, as text
 */
public record Constant(String name, ElementType type, List<Long> shape, List<String> values)
    implements Serializable {
  private static final int MOST_DIGITS = 100;

  public Constant {
    requireNonNull(name, "name");
    requireNonNull(type, "type");
    shape = List.copyOf(shape);
    values = List.copyOf(values);
    if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "constant's name: '" + name + "' (expected: not blank, without control characters)");
    }
    if (shape.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "shape of constant '%s': %s (expected: sizes >= 1)".formatted(name, shape));
    }
    // What is too large for a double to tell is no number of values.
    if (shape.stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b) != values.size()) {
      throw new IllegalArgumentException(
          "constant '%s': %d values (expected: %s)"
              .formatted(name, values.size(), type.label() + shape));
    }
    if (type != ElementType.STRING) {
      for (String value : values) {
        number(name, type, value);
      }
    }
  }

  private static Number number(String name, ElementType type, String text) {
    try {
      if (type.kind() == Kind.FLOAT) {
        return Double.valueOf(text);
      }
      if (type.kind() == Kind.BOOL && List.of("true", "false").contains(text)) {
        return text.equals("true") ? 1 : 0;
      }
      // Neither many digits nor a large exponent may take long.
      BigDecimal whole =
          new BigDecimal(text.length() > MOST_DIGITS ? "" : text).stripTrailingZeros();
      if (whole.scale() <= 0
          && whole.compareTo(new BigDecimal(type.min())) >= 0
          && whole.compareTo(new BigDecimal(type.max())) <= 0) {
        return whole.toBigIntegerExact();
      }
    } catch (ArithmeticException | NumberFormatException noNumber) {
      throw refused(name, type, text);
    }
    throw refused(name, type, text);
  }

  private static IllegalArgumentException refused(String name, ElementType type, String text) {
    return new IllegalArgumentException(
        "constant '%s': '%s' (expected: %s)".formatted(name, text, type.label()));
  }

  /** A column that has room for it, as its only row. */
  public ColumnSpec column() {
    return new ColumnSpec(name, type, values.size());
  }

  /** Writes it into such a column of a batch. */
  public void write(ColumnBatch batch, int column) {
    for (int i = 0; i < values.size(); i++) {
      if (type == ElementType.STRING) {
        byte[] bytes = values.get(i).getBytes(StandardCharsets.UTF_8);
        batch.strings(column).append(bytes, 0, bytes.length);
      } else {
        batch.fixedWidth(column).number(i, number(name, type, values.get(i)));
      }
    }
  }

  /** {@code keep_prob float32[] = 1.0}. */
  @Override
  public String toString() {
    return "%s %s%s = %s"
        .formatted(
            name,
            type.label(),
            shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]")),
            String.join(",", values));
  }
}
