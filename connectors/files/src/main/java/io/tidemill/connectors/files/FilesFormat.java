package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.MutableRecordAndPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.jspecify.annotations.Nullable;

/**
 * A format that reads the files of a {@link FilesSplit} one after the other. Immutable.
 *
 * @param <E> what the files hold
 * @param format of one file
 */
record FilesFormat<E>(BulkFormat<E, FileSourceSplit> format)
    implements BulkFormat<E, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<E> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return split instanceof FilesSplit several
        ? new OneByOne(config, several.splits())
        : format.createReader(config, split);
  }

  /** Of a split of one file: those of several have no position of their own. */
  @Override
  public BulkFormat.Reader<E> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return format.restoreReader(config, split);
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<E> getProducedType() {
    return format.getProducedType();
  }

  private final class OneByOne implements BulkFormat.Reader<E> {
    private final Configuration config;
    private final List<FileSourceSplit> splits;
    private BulkFormat.@Nullable Reader<E> reader;

    /** Of that which is read. */
    private int index;

    OneByOne(Configuration config, List<FileSourceSplit> splits) {
      this.config = config;
      this.splits = splits;
    }

    @Override
    public BulkFormat.@Nullable RecordIterator<E> readBatch() throws IOException {
      while (index < splits.size()) {
        BulkFormat.Reader<E> open = reader == null ? open(splits.get(index)) : reader;
        reader = open;
        BulkFormat.RecordIterator<E> batch = open.readBatch();
        if (batch != null) {
          return new Placed<>(batch, index);
        }
        close();
        index++;
      }
      return null;
    }

    private BulkFormat.Reader<E> open(FileSourceSplit split) throws IOException {
      return split.getReaderPosition().isPresent()
          ? format.restoreReader(config, split)
          : format.createReader(config, split);
    }

    @Override
    public void close() throws IOException {
      BulkFormat.Reader<E> open = reader;
      reader = null;
      if (open != null) {
        open.close();
      }
    }
  }

  /** Records with their offset in the whole split. */
  private static final class Placed<E> implements BulkFormat.RecordIterator<E> {
    private final BulkFormat.RecordIterator<E> batch;
    private final int split;
    private final MutableRecordAndPosition<E> handed = new MutableRecordAndPosition<>();

    Placed(BulkFormat.RecordIterator<E> batch, int split) {
      this.batch = batch;
      this.split = split;
    }

    @Override
    public @Nullable RecordAndPosition<E> next() {
      RecordAndPosition<E> next = batch.next();
      if (next == null) {
        return null;
      }
      handed.set(
          next.getRecord(), FilesSplit.offset(split, next.getOffset()), next.getRecordSkipCount());
      return handed;
    }

    @Override
    public void releaseBatch() {
      batch.releaseBatch();
    }
  }
}
