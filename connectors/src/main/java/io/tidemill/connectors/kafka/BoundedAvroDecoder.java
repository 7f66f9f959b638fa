package io.tidemill.connectors.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro and believes no length that is longer than what is left of the bytes.
 *
 * <p>Avro's decoder allocates what a length says before it looks for the bytes: a few bytes of
 * garbage would ask for gigabytes and end the task. Not thread-safe.
 */
final class BoundedAvroDecoder extends Decoder {
  private final BinaryDecoder bytes;

  BoundedAvroDecoder(BinaryDecoder bytes) {
    this.bytes = bytes;
  }

  @Override
  public void readNull() throws IOException {
    bytes.readNull();
  }

  @Override
  public boolean readBoolean() throws IOException {
    return bytes.readBoolean();
  }

  @Override
  public int readInt() throws IOException {
    return bytes.readInt();
  }

  @Override
  public long readLong() throws IOException {
    return bytes.readLong();
  }

  @Override
  public float readFloat() throws IOException {
    return bytes.readFloat();
  }

  @Override
  public double readDouble() throws IOException {
    return bytes.readDouble();
  }

  @Override
  public Utf8 readString(@Nullable Utf8 old) throws IOException {
    return new Utf8(readCounted());
  }

  @Override
  public String readString() throws IOException {
    return readString(null).toString();
  }

  @Override
  public void skipString() throws IOException {
    skipBytes();
  }

  @Override
  public ByteBuffer readBytes(@Nullable ByteBuffer old) throws IOException {
    return ByteBuffer.wrap(readCounted());
  }

  @Override
  public void skipBytes() throws IOException {
    bytes.skipFixed(checked(bytes.readLong()));
  }

  @Override
  public void readFixed(byte[] target, int start, int length) throws IOException {
    bytes.readFixed(target, start, length);
  }

  @Override
  public void skipFixed(int length) throws IOException {
    bytes.skipFixed(length);
  }

  @Override
  public int readEnum() throws IOException {
    return bytes.readEnum();
  }

  @Override
  public long readArrayStart() throws IOException {
    return checked(bytes.readArrayStart());
  }

  @Override
  public long arrayNext() throws IOException {
    return checked(bytes.arrayNext());
  }

  @Override
  public long skipArray() throws IOException {
    return bytes.skipArray();
  }

  @Override
  public long readMapStart() throws IOException {
    return checked(bytes.readMapStart());
  }

  @Override
  public long mapNext() throws IOException {
    return checked(bytes.mapNext());
  }

  @Override
  public long skipMap() throws IOException {
    return bytes.skipMap();
  }

  @Override
  public int readIndex() throws IOException {
    return bytes.readIndex();
  }

  private byte[] readCounted() throws IOException {
    byte[] value = new byte[checked(bytes.readLong())];
    bytes.readFixed(value, 0, value.length);
    return value;
  }

  private int checked(long length) throws IOException {
    int left = bytes.inputStream().available();
    if (length < 0 || length > left) {
      throw new IOException("Avro: length " + length + " (expected: 0 to " + left + " bytes left)");
    }
    return (int) length;
  }
}
