package io.tidemill.connectors.avro;

import java.io.EOFException;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.jspecify.annotations.Nullable;

/**
 * Flink's format of Avro's files, which fails where a block is cut off: Avro's reader takes that
 * for the end of the file, and leaves out all that is behind. Immutable.
 *
 * @param format whose places are those of blocks
 */
public record WholeBlocks<E>(BulkFormat<E, FileSourceSplit> format)
    implements BulkFormat<E, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<E> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new ToTheEnd<>(format.createReader(config, split), split);
  }

  @Override
  public BulkFormat.Reader<E> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new ToTheEnd<>(format.restoreReader(config, split), split);
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<E> getProducedType() {
    return format.getProducedType();
  }

  private static final class ToTheEnd<E> implements BulkFormat.Reader<E> {
    private final BulkFormat.Reader<E> reader;
    private final FileSourceSplit split;
    private long block;

    ToTheEnd(BulkFormat.Reader<E> reader, FileSourceSplit split) {
      this.reader = reader;
      this.split = split;
      block =
          split
              .getReaderPosition()
              .map(CheckpointedPosition::getOffset)
              .filter(offset -> offset != CheckpointedPosition.NO_OFFSET)
              .orElse(split.offset());
    }

    @Override
    public BulkFormat.@Nullable RecordIterator<E> readBatch() throws IOException {
      BulkFormat.RecordIterator<E> batch = reader.readBatch();
      if (batch == null) {
        checkEnd();
        return null;
      }
      return new BulkFormat.RecordIterator<>() {
        @Override
        public @Nullable RecordAndPosition<E> next() {
          RecordAndPosition<E> next = batch.next();
          if (next != null) {
            block = next.getOffset();
          }
          return next;
        }

        @Override
        public void releaseBatch() {
          batch.releaseBatch();
        }
      };
    }

    private void checkEnd() throws IOException {
      try (AvroBlocks blocks = AvroBlocks.of(split.path())) {
        long next = blocks.nextIn(block, split.offset() + split.length());
        if (next >= 0) {
          throw new EOFException(
              "the block at byte %d has no end, or no record (expected: whole blocks to the end of the file)"
                  .formatted(next));
        }
      }
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
