package io.tidemill.model.engine.xgboost;

import io.tidemill.model.InvalidModelException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Walks through a file in Universal Binary JSON, to prove that it is whole.
 *
 * <p>XGBoost reads such a file without looking where it ends, and takes the process with it when
 * one is cut off. This walk keeps nothing and goes nowhere beyond the end.
 *
 * <p>Not thread-safe.
 */
final class UbjWalk {
  private static final int DEEPEST = 64;

  private final DataInputStream in;
  private final long size;
  private long position;

  private UbjWalk(DataInputStream in, long size) {
    this.in = in;
    this.size = size;
  }

  /**
   * Walks through a file.
   *
   * @param subject what messages begin with
   * @throws InvalidModelException if it is cut off or something else
   */
  static void check(String subject, Path file) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      UbjWalk walk = new UbjWalk(in, Files.size(file));
      int first = walk.marker();
      if (first != '{') {
        throw walk.malformed(first);
      }
      walk.value(first, 0);
    } catch (IOException e) {
      throw new InvalidModelException(
          "%s: %s is damaged or no Universal Binary JSON: %s; save it again with Booster.save_model(\"model.ubj\")"
              .formatted(subject, file.getFileName(), e.getMessage()),
          e);
    }
  }

  private int marker() throws IOException {
    need(1);
    return in.readUnsignedByte();
  }

  private void value(int marker, int depth) throws IOException {
    switch (marker) {
      case '{' -> object(depth + 1);
      case '[' -> array(depth + 1);
      case 'S' -> skip(length(marker()));
      default -> skip(width(marker));
    }
  }

  private void object(int depth) throws IOException {
    checkDepth(depth);
    for (int marker = marker(); marker != '}'; marker = marker()) {
      skip(length(marker));
      value(marker(), depth);
    }
  }

  private void array(int depth) throws IOException {
    checkDepth(depth);
    int marker = marker();
    if (marker == '$') {
      int width = width(marker());
      expectCount();
      long count = length(marker());
      if (width > 0 && count > size / width) {
        throw cutOff();
      }
      skip(width * count);
    } else if (marker == '#') {
      long count = length(marker());
      for (long i = 0; i < count; i++) {
        value(marker(), depth);
      }
    } else {
      for (; marker != ']'; marker = marker()) {
        value(marker, depth);
      }
    }
  }

  private void expectCount() throws IOException {
    int marker = marker();
    if (marker != '#') {
      throw malformed(marker);
    }
  }

  private long length(int marker) throws IOException {
    int width = width(marker);
    need(width);
    long length =
        switch (marker) {
          case 'U' -> in.readUnsignedByte();
          case 'i' -> in.readByte();
          case 'I' -> in.readShort();
          case 'l' -> in.readInt();
          case 'L' -> in.readLong();
          default -> throw malformed(marker);
        };
    if (length < 0) {
      throw malformed(marker);
    }
    return length;
  }

  private int width(int marker) throws IOException {
    return switch (marker) {
      case 'Z', 'T', 'F', 'N' -> 0;
      case 'i', 'U', 'C' -> 1;
      case 'I' -> 2;
      case 'l', 'd' -> 4;
      case 'L', 'D' -> 8;
      default -> throw malformed(marker);
    };
  }

  private void skip(long bytes) throws IOException {
    need(bytes);
    in.skipNBytes(bytes);
  }

  private void need(long bytes) throws IOException {
    if (bytes > size - position) {
      throw cutOff();
    }
    position += bytes;
  }

  private void checkDepth(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("nested deeper than %d at byte %d".formatted(DEEPEST, position));
    }
  }

  private EOFException cutOff() {
    return new EOFException("cut off after %d bytes, inside a value".formatted(size));
  }

  private IOException malformed(int marker) {
    return new IOException("unexpected byte %d before byte %d".formatted(marker, position));
  }
}
