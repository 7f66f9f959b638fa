package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a file is compressed, told by its first bytes, which no text begins with. */
enum Packing {
  GZIP("\u001f\u008b"),
  ZSTD("(\u00b5/\u00fd"),
  XZ("\u00fd7zXZ\0"),
  LZ4("\u0004\"M\u0018"),
  SNAPPY("\u00ff\u0006\0\0sN"),
  ZIP("PK\u0003\u0004");

  /** As many bytes tell all of them. */
  static final int HEAD = 6;

  // A letter for each byte.
  private final String begin;

  Packing(String begin) {
    this.begin = begin;
  }

  /** That of a file; empty for one that may be a text. */
  static Optional<Packing> of(byte[] head) {
    String letters = new String(head, ISO_8859_1);
    return Arrays.stream(values()).filter(packing -> letters.startsWith(packing.begin)).findFirst();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
