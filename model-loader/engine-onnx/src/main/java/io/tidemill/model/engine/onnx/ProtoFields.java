package io.tidemill.model.engine.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The fields of one message of a protocol buffer, one after another, by their numbers.
 *
 * <p>What is malformed is a {@link BufferUnderflowException} or an {@link
 * IllegalArgumentException}.
 *
 * <p>Not thread-safe.
 */
final class ProtoFields {
  private static final int MESSAGE = 2;

  private final ByteBuffer bytes;
  private int begin;
  private int field;
  private int wire;
  private long number;
  private ByteBuffer content = ByteBuffer.allocate(0);

  ProtoFields(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** Goes to the next field; answers whether there is one. */
  boolean next() {
    if (!bytes.hasRemaining()) {
      return false;
    }
    begin = bytes.position();
    long tag = varint(bytes);
    field = Math.toIntExact(tag >>> 3);
    wire = (int) tag & 7;
    switch (wire) {
      case 0 -> number = varint(bytes);
      case 1 -> skip(Long.BYTES);
      case MESSAGE -> {
        long length = varint(bytes);
        if (length < 0 || length > bytes.remaining()) {
          throw new BufferUnderflowException();
        }
        content = bytes.slice(bytes.position(), (int) length);
        skip((int) length);
      }
      case 5 -> skip(Integer.BYTES);
      default -> throw new IllegalArgumentException("no wire type " + wire);
    }
    return true;
  }

  int field() {
    return field;
  }

  /** Whether it is this field, of bytes: a message, a text or numbers. */
  boolean isBytes(int number) {
    return field == number && wire == MESSAGE;
  }

  /** Whether it has bytes. */
  boolean hasBytes() {
    return wire == MESSAGE;
  }

  /** Its bytes. */
  ByteBuffer content() {
    return content.duplicate();
  }

  String text() {
    return StandardCharsets.UTF_8.decode(content()).toString();
  }

  /** Its number, where it is one. */
  long number() {
    return number;
  }

  /** The field as it stands, with its number. */
  byte[] raw() {
    byte[] raw = new byte[bytes.position() - begin];
    bytes.get(begin, raw);
    return raw;
  }

  private void skip(int length) {
    bytes.position(bytes.position() + length);
  }

  static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = bytes.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number without end");
  }

  /** A message that is written field by field. */
  static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Writer raw(byte[] field) {
      out.writeBytes(field);
      return this;
    }

    Writer number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Writer text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Writer message(int field, Writer message) {
      return bytes(field, message.bytes());
    }

    private Writer bytes(int field, byte[] value) {
      varint(((long) field << 3) | MESSAGE);
      varint(value.length);
      return raw(value);
    }

    private void varint(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        out.write((int) ((left & 0x7f) | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
