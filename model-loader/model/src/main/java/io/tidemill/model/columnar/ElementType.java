package io.tidemill.model.columnar;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The type of one tensor element, with the width that it has in a column's memory. */
public enum ElementType {
  FLOAT32(Float.BYTES),
  FLOAT64(Double.BYTES),
  INT32(Integer.BYTES),
  INT64(Long.BYTES),
  UINT8(Byte.BYTES),
  /**
   * One byte per element, 0 or 1, as tensors have it (an Arrow bit vector would have to be
   * unpacked).
   */
  BOOL(Byte.BYTES),
  /**
   * UTF-8 or raw bytes of any length; such a column has offsets and data instead of a fixed width.
   */
  STRING(0);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element; 0 for {@link #STRING}. */
  public int bytes() {
    return bytes;
  }

  /** The name that manifests and messages use, such as {@code float32}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type with this {@link #label()}, or empty. */
  public static Optional<ElementType> ofLabel(String label) {
    return Arrays.stream(values()).filter(type -> type.label().equals(label)).findFirst();
  }
}
