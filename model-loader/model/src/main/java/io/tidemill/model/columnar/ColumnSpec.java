package io.tidemill.model.columnar;

import static java.util.Objects.requireNonNull;

/**
 * What a column holds.
 *
 * @param name the tensor that the column is the memory of
 * @param type the type of every element
 * @param elementsPerRow elements that one row has, at least 1
 */
public record ColumnSpec(String name, ElementType type, int elementsPerRow) {
  public ColumnSpec {
    requireNonNull(name, "name");
    requireNonNull(type, "type");
    if (elementsPerRow < 1) {
      throw new IllegalArgumentException(
          "elements per row of column '" + name + "': " + elementsPerRow + " (expected: >= 1)");
    }
  }

  /** Bytes of one row; 0 for strings. */
  public long bytesPerRow() {
    return (long) elementsPerRow * type.bytes();
  }
}
