package io.tidemill.model.engine.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * The fields of one message of a protocol buffer, one after another, by their numbers.
 *
 * <p>What is malformed is an {@link IllegalArgumentException}.
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
    if (tag >>> 3 > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("no field " + (tag >>> 3));
    }
    field = (int) (tag >>> 3);
    wire = (int) tag & 7;
    switch (wire) {
      case 0 -> number = varint(bytes);
      case 1 -> take(Long.BYTES);
      case MESSAGE -> take(varint(bytes));
      case 5 -> take(Integer.BYTES);
      default -> throw new IllegalArgumentException("no wire type " + wire);
    }
    return true;
  }

  private void take(long length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new IllegalArgumentException("ends early");
    }
    content = bytes.slice(bytes.position(), (int) length);
    bytes.position(bytes.position() + (int) length);
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

  /** Its bytes; of a number of fixed width too. */
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

  /** Its numbers: one, or as many as are packed in it. */
  void numbers(LongConsumer each) {
    if (wire == MESSAGE) {
      for (ByteBuffer packed = content(); packed.hasRemaining(); ) {
        each.accept(varint(packed));
      }
    } else {
      each.accept(number);
    }
  }

  /** A file of a message, which has at most 2 GiB. */
  static ByteBuffer map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = Math.min(channel.size(), Integer.MAX_VALUE);
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
    }
  }

  /** The first text of a field of a message; empty if there is none. */
  static String text(ByteBuffer message, int field) {
    for (ProtoFields fields = new ProtoFields(message.duplicate()); fields.next(); ) {
      if (fields.isBytes(field)) {
        return fields.text();
      }
    }
    return "";
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (!bytes.hasRemaining()) {
        throw new IllegalArgumentException("ends early");
      }
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
