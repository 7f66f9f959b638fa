package io.tidemill.model.columnar;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The type of one tensor element, with the width that it has in a column's memory. */
public enum ElementType {
  FLOAT32(Kind.FLOAT, Float.BYTES),
  FLOAT64(Kind.FLOAT, Double.BYTES),
  /** Half precision of IEEE 754. */
  FLOAT16(Kind.FLOAT, Short.BYTES),
  /** The first half of a float32. */
  BFLOAT16(Kind.FLOAT, Short.BYTES),
  INT8(Kind.SIGNED, Byte.BYTES),
  INT16(Kind.SIGNED, Short.BYTES),
  INT32(Kind.SIGNED, Integer.BYTES),
  INT64(Kind.SIGNED, Long.BYTES),
  UINT8(Kind.UNSIGNED, Byte.BYTES),
  UINT16(Kind.UNSIGNED, Short.BYTES),
  UINT32(Kind.UNSIGNED, Integer.BYTES),
  UINT64(Kind.UNSIGNED, Long.BYTES),
  /**
   * One byte per element, 0 or 1, as tensors have it (an Arrow bit vector would have to be
   * unpacked).
   */
  BOOL(Kind.BOOL, Byte.BYTES),
  /**
   * UTF-8 or raw bytes of any length; such a column has offsets and data instead of a fixed width.
   */
  STRING(Kind.STRING, 0);

  private final Kind kind;
  private final int bytes;

  /** What the elements of a type are, whatever their width. */
  public enum Kind {
    FLOAT,
    SIGNED,
    UNSIGNED,
    BOOL,
    STRING
  }

  ElementType(Kind kind, int bytes) {
    this.kind = kind;
    this.bytes = bytes;
  }

  public Kind kind() {
    return kind;
  }

  /** Bytes per element; 0 for {@link #STRING}. */
  public int bytes() {
    return bytes;
  }

  /** The least that a whole number of this type is. */
  public BigInteger min() {
    return kind == Kind.SIGNED ? BigInteger.ONE.shiftLeft(bits() - 1).negate() : BigInteger.ZERO;
  }

  /** The most that a whole number of this type is. */
  public BigInteger max() {
    if (kind == Kind.BOOL) {
      return BigInteger.ONE;
    }
    int powers = kind == Kind.SIGNED ? bits() - 1 : bits();
    return BigInteger.ONE.shiftLeft(powers).subtract(BigInteger.ONE);
  }

  private int bits() {
    return bytes * Byte.SIZE;
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
