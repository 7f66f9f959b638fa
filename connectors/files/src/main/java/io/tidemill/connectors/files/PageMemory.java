package io.tidemill.connectors.files;

import static java.util.Comparator.comparingInt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.apache.parquet.bytes.ByteBufferAllocator;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopCodecs;
import org.apache.parquet.io.ParquetDecodingException;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/**
 * What the readers of Parquet files hold their bytes in, one file after the other: as it was read,
 * and one page of each column decompressed. It is used again, as a gigabyte of new arrays costs
 * more than to read and decompress as much into arrays that are there.
 *
 * <p>Not thread-safe: for the files that one thread reads one by one.
 */
final class PageMemory implements ByteBufferAllocator {
  private static final LZ4SafeDecompressor LZ4 = LZ4Factory.fastestInstance().safeDecompressor();

  /** What a byte can stand for. */
  private static final long LZ4_MOST = 255;

  private final List<byte[]> free = new ArrayList<>();
  private final Map<List<String>, Target> columns = new HashMap<>();

  /** Where the page that is read goes; null for a new array. */
  private @Nullable Target target;

  private int lastPage;

  /** The last page of a column, which nobody reads once the next is read. */
  private static final class Target {
    private byte[] bytes = {};

    byte[] ofAtLeast(int size) {
      if (bytes.length < size) {
        bytes = new byte[size];
      }
      return bytes;
    }
  }

  @Override
  public ByteBuffer allocate(int size) {
    byte[] chosen =
        free.stream()
            .filter(array -> array.length >= size)
            .min(comparingInt(array -> array.length))
            .orElse(null);
    if (chosen != null) {
      free.remove(chosen);
      return ByteBuffer.wrap(chosen, 0, size);
    }
    // In place of one, so that there are never more than are in use at once.
    free.stream().max(comparingInt(array -> array.length)).ifPresent(free::remove);
    return ByteBuffer.allocate(size);
  }

  @Override
  @SuppressWarnings("ByteBufferBackingArray") // As allocated here.
  public void release(ByteBuffer buffer) {
    free.add(buffer.array());
  }

  @Override
  public boolean isDirect() {
    return false;
  }

  /** A row group's pages, each readable until the next of its column is read. */
  PageReadStore pagesOf(PageReadStore group) {
    return new ReusedPages(group);
  }

  /** Parquet's codecs, which decompress into this memory where that is known. */
  CompressionCodecFactory codecs(ParquetConfiguration configuration) {
    return new Codecs(HadoopCodecs.newFactory(configuration, 0));
  }

  /**
   * How many bytes the last page has that was decompressed since the last question, as its header
   * says; 0 if there was none.
   */
  int takeLastPage() {
    int last = lastPage;
    lastPage = 0;
    return last;
  }

  private byte[] unpackSnappy(byte[] from, int offset, int length, int size) throws IOException {
    // Snappy writes as much as the page's own head says, wherever the array ends.
    checkSize(Snappy.uncompressedLength(from, offset, length), size);
    byte[] to = room(size);
    Snappy.uncompress(from, offset, length, to, 0);
    return to;
  }

  private byte[] unpackLz4(byte[] from, int offset, int length, int size) throws IOException {
    // Before there is room for what a damaged header says.
    checkSize(Math.min(size, LZ4_MOST * length), size);
    byte[] to = room(size);
    checkSize(LZ4.decompress(from, offset, length, to, 0, size), size);
    return to;
  }

  private static void checkSize(long found, int size) {
    if (found != size) {
      throw new ParquetDecodingException(
          "page of %d bytes (expected: %d, as its header says; the file is damaged)"
              .formatted(found, size));
    }
  }

  private byte[] room(int size) {
    return target == null ? new byte[size] : target.ofAtLeast(size);
  }

  private final class ReusedPages implements PageReadStore {
    private final PageReadStore group;

    ReusedPages(PageReadStore group) {
      this.group = group;
    }

    @Override
    public PageReader getPageReader(ColumnDescriptor column) {
      Target own = columns.computeIfAbsent(List.of(column.getPath()), path -> new Target());
      PageReader pages = group.getPageReader(column);
      return new PageReader() {
        // Its values are looked up by whoever has the rows, also when others have been read since.
        @Override
        public @Nullable DictionaryPage readDictionaryPage() {
          DictionaryPage page = pages.readDictionaryPage();
          if (page != null && page.getDictionarySize() > page.getUncompressedSize()) {
            // There would be room for them before they are looked at.
            throw new ParquetDecodingException(
                "dictionary of %d values in %d bytes (expected: a byte or more each; the file is damaged)"
                    .formatted(page.getDictionarySize(), page.getUncompressedSize()));
          }
          try {
            return page == null ? null : page.copy();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }

        @Override
        public long getTotalValueCount() {
          return pages.getTotalValueCount();
        }

        @Override
        public @Nullable DataPage readPage() {
          target = own;
          try {
            return pages.readPage();
          } finally {
            target = null;
          }
        }
      };
    }

    @Override
    public long getRowCount() {
      return group.getRowCount();
    }

    @Override
    public void close() {
      group.close();
    }
  }

  private final class Codecs implements CompressionCodecFactory {
    private final CompressionCodecFactory parquet;

    Codecs(CompressionCodecFactory parquet) {
      this.parquet = parquet;
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      return switch (codec) {
        case SNAPPY -> new Noted(new ArrayPages(PageMemory.this::unpackSnappy));
        case LZ4_RAW -> new Noted(new ArrayPages(PageMemory.this::unpackLz4));
        default -> new Noted(parquet.getDecompressor(codec));
      };
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return parquet.getCompressor(codec);
    }

    @Override
    public void release() {
      parquet.release();
    }
  }

  /** Notes how large pages are before there is room for them. */
  private final class Noted implements CompressionCodecFactory.BytesInputDecompressor {
    private final CompressionCodecFactory.BytesInputDecompressor codec;

    Noted(CompressionCodecFactory.BytesInputDecompressor codec) {
      this.codec = codec;
    }

    @Override
    public BytesInput decompress(BytesInput page, int size) throws IOException {
      lastPage = size;
      return codec.decompress(page, size);
    }

    @Override
    public void decompress(ByteBuffer page, int length, ByteBuffer decompressed, int size)
        throws IOException {
      lastPage = size;
      codec.decompress(page, length, decompressed, size);
    }

    @Override
    public void release() {
      codec.release();
    }
  }

  /** From an array to another one. */
  @FunctionalInterface
  private interface Unpacker {
    /** So many bytes at the begin of an array, or a failure. */
    byte[] unpack(byte[] from, int offset, int length, int size) throws IOException;
  }

  /**
   * From array to array: Parquet itself copies a page to native memory and back, through a stream
   * that it makes for each, or wants a library that is not there.
   */
  private record ArrayPages(Unpacker unpacker)
      implements CompressionCodecFactory.BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput page, int size) throws IOException {
      // Nothing, as of a column that is null throughout, has no head.
      if (size == 0) {
        return BytesInput.empty();
      }
      ByteBuffer compressed = page.toInputStream().slice((int) page.size());
      byte[] unpacked =
          unpacker.unpack(
              compressed.array(),
              compressed.arrayOffset() + compressed.position(),
              compressed.remaining(),
              size);
      return BytesInput.from(unpacked, 0, size);
    }

    @Override
    public void decompress(ByteBuffer page, int length, ByteBuffer decompressed, int size) {
      throw new UnsupportedOperationException("pages that are not in arrays");
    }

    @Override
    public void release() {}
  }
}
