package io.tidemill.model.store.signing;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The few forms of DER that an EC private key has, to elements and back. */
final class Der {
  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int SEQUENCE = 0x30;

  private static final int LONG_FORM = 0x80;

  private Der() {}

  /** One element: its tag and what it holds. */
  static final class Element {
    private final int tag;
    private final byte[] content;

    Element(int tag, byte[] content) {
      this.tag = tag;
      this.content = content;
    }

    int tag() {
      return tag;
    }

    byte[] content() {
      return content.clone();
    }
  }

  /**
   * The elements that stand one after the other.
   *
   * @throws IllegalArgumentException if they are not DER
   */
  static List<Element> elements(byte[] bytes) {
    List<Element> elements = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      while (in.hasRemaining()) {
        int tag = in.get() & 0xff;
        byte[] content = new byte[length(in)];
        in.get(content);
        elements.add(new Element(tag, content));
      }
    } catch (BufferUnderflowException e) {
      throw malformed();
    }
    return elements;
  }

  private static int length(ByteBuffer in) {
    int first = in.get() & 0xff;
    int length = first;
    if (first >= LONG_FORM) {
      length = 0;
      for (int i = first - LONG_FORM; i > 0; i--) {
        length = (length << 8) | (in.get() & 0xff);
      }
    }
    if (length < 0 || length > in.remaining()) {
      throw malformed();
    }
    return length;
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException("not DER (expected: an EC key in PEM)");
  }

  /** An element of these parts. */
  static byte[] write(int tag, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer out = ByteBuffer.allocate(length + 4);
    out.put((byte) tag);
    if (length < LONG_FORM) {
      out.put((byte) length);
    } else if (length <= 0xff) {
      out.put((byte) 0x81).put((byte) length);
    } else {
      out.put((byte) 0x82).putShort((short) length);
    }
    for (byte[] part : parts) {
      out.put(part);
    }
    byte[] written = new byte[out.position()];
    out.flip().get(written);
    return written;
  }
}
