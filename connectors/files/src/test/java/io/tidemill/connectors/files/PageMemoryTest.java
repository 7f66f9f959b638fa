package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputDecompressor;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ParquetDecodingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

class PageMemoryTest {
  private final PageMemory memory = new PageMemory();
  private final BytesInputDecompressor snappy =
      memory.codecs(new PlainParquetConfiguration()).getDecompressor(CompressionCodecName.SNAPPY);

  @SuppressWarnings("ByteBufferBackingArray") // What is asked is whether it is the same array.
  private byte[] allocated(int size) {
    ByteBuffer buffer = memory.allocate(size);
    assertThat(buffer.remaining()).isEqualTo(size);
    return buffer.array();
  }

  private byte[] decompressed(BytesInput page, int size) throws IOException {
    return decompressed(snappy, page, size);
  }

  private static byte[] decompressed(BytesInputDecompressor codec, BytesInput page, int size)
      throws IOException {
    byte[] bytes = new byte[size];
    codec.decompress(page, size).toInputStream().slice(size).get(bytes);
    return bytes;
  }

  private void release(byte[] array) {
    memory.release(ByteBuffer.wrap(array));
  }

  @Test
  void whatWasReleasedIsUsedAgainAndTheLeastThatIsEnough() {
    byte[] small = allocated(10);
    byte[] large = allocated(100);
    release(large);
    release(small);

    assertThat(allocated(8)).isSameAs(small);
    assertThat(allocated(8)).isSameAs(large);
    assertThat(allocated(8)).isNotSameAs(large);
  }

  @Test
  void oneThatIsTooSmallMakesRoomForALargerOne() {
    byte[] small = allocated(10);
    release(small);
    byte[] large = allocated(11);
    release(large);

    assertThat(allocated(1)).isSameAs(large);
    assertThat(allocated(1)).isNotSameAs(small);
  }

  @Test
  void pageIsDecompressedWhereverItLiesInWhatWasRead() throws IOException {
    byte[] page = "a page a page a page".getBytes(UTF_8);
    byte[] compressed = Snappy.compress(page);
    byte[] read = new byte[compressed.length + 7];
    System.arraycopy(compressed, 0, read, 3, compressed.length);
    BytesInput one = BytesInput.from(read, 3, compressed.length);
    BytesInput two =
        BytesInput.from(
            ByteBuffer.wrap(compressed, 0, 2),
            ByteBuffer.wrap(compressed, 2, compressed.length - 2));

    assertThat(decompressed(one, page.length)).isEqualTo(page);
    assertThat(decompressed(two, page.length)).isEqualTo(page);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 101})
  void pageOfAnotherSizeThanItsHeaderSaysIsRefusedBeforeItIsWritten(int size) throws IOException {
    BytesInput page = BytesInput.from(Snappy.compress(new byte[100]));

    assertThatThrownBy(() -> snappy.decompress(page, size))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessage(
            "page of 100 bytes (expected: " + size + ", as its header says; the file is damaged)");
  }

  @Test
  void pageOfLz4IsReadWhereItHasTheSizeOfItsHeader() throws IOException {
    BytesInputDecompressor lz4 =
        memory
            .codecs(new PlainParquetConfiguration())
            .getDecompressor(CompressionCodecName.LZ4_RAW);
    byte[] page = "a page a page a page".getBytes(UTF_8);
    BytesInput compressed =
        BytesInput.from(LZ4Factory.safeInstance().fastCompressor().compress(page));

    assertThat(decompressed(lz4, compressed, page.length)).isEqualTo(page);
    for (int size : new int[] {1, page.length - 1, page.length + 1, Integer.MAX_VALUE}) {
      assertThat(catchThrowable(() -> lz4.decompress(compressed, size)))
          .as("size %d", size)
          .isInstanceOfAny(ParquetDecodingException.class, LZ4Exception.class);
    }
  }
}
