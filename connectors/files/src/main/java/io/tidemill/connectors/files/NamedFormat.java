package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * A format whose failures know their file, however many files its reader has before it. Immutable.
 *
 * @param <E> what the files hold
 */
record NamedFormat<E>(BulkFormat<E, FileSourceSplit> format)
    implements BulkFormat<E, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  /** A file failed to be read, by the cause. */
  static final class UnreadException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Path file;

    UnreadException(Path file, Exception cause) {
      super(cause);
      this.file = file;
    }

    Path file() {
      return file;
    }
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T extends @Nullable Object> T named(FileSourceSplit split, Reading<T> reading)
      throws IOException {
    try {
      return reading.read();
    } catch (IOException | RuntimeException e) {
      throw new UnreadException(split.path(), e);
    }
  }

  @Override
  public BulkFormat.Reader<E> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new NamedReader<>(named(split, () -> format.createReader(config, split)), split);
  }

  @Override
  public BulkFormat.Reader<E> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new NamedReader<>(named(split, () -> format.restoreReader(config, split)), split);
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<E> getProducedType() {
    return format.getProducedType();
  }

  private record NamedReader<E>(BulkFormat.Reader<E> reader, FileSourceSplit split)
      implements BulkFormat.Reader<E> {
    @Override
    public BulkFormat.@Nullable RecordIterator<E> readBatch() throws IOException {
      return named(split, reader::readBatch);
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
