package io.tidemill.connectors.avro;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.SeekableInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.avro.utils.FSDataInputStreamWrapper;

/**
 * Where the blocks of a file end. Avro's own reader takes a block that is cut off for the end of
 * the file, and says nothing. For use by one thread.
 */
public final class AvroBlocks implements Closeable {
  private final SeekableInput file;
  private final DataFileReader<GenericRecord> reader;
  private final long first;

  private AvroBlocks(SeekableInput file) throws IOException {
    this.file = file;
    reader = new DataFileReader<>(file, new GenericDatumReader<>());
    first = reader.previousSync();
  }

  /** Reads the head of a file. */
  public static AvroBlocks of(Path path) throws IOException {
    FileSystem files = path.getFileSystem();
    long length = files.getFileStatus(path).getLen();
    SeekableInput file = new FSDataInputStreamWrapper(files.open(path), length);
    try {
      return new AvroBlocks(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Whether the file ends with the marker that all of its blocks end with, and its head, too. */
  public boolean endWithTheFile() throws IOException {
    return Arrays.equals(marker(first), marker(file.length()));
  }

  private byte[] marker(long end) throws IOException {
    byte[] marker = new byte[Math.toIntExact(Math.min(16, end))];
    file.seek(end - marker.length);
    int read = 0;
    while (read < marker.length) {
      int more = file.read(marker, read, marker.length - read);
      if (more < 0) {
        break;
      }
      read += more;
    }
    return marker;
  }

  /**
   * Where the block begins that is behind the one at a place and yet in a range of the file.
   *
   * @param place of a block that was read, or where the range begins if none was
   * @param end of the range
   * @return the block's place, or -1 if the range, or the file, has no more
   */
  long nextIn(long place, long end) throws IOException {
    reader.sync(Math.max(place, first - 16));
    return reader.pastSync(end) ? -1 : reader.previousSync();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
