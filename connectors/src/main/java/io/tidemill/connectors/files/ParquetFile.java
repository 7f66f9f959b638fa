package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.ParquetInputFile;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.format.converter.ParquetMetadataConverter.MetadataFilter;
import org.apache.parquet.hadoop.ParquetFileReader;

/**
 * A Parquet file of any file system that Flink knows.
 *
 * @param bytes its length
 */
record ParquetFile(Path path, long bytes) {
  /** The file as it is now. */
  static ParquetFile at(Path path) throws IOException {
    return new ParquetFile(path, path.getFileSystem().getFileStatus(path).getLen());
  }

  /**
   * Opens it and reads its footer.
   *
   * @param filter of what is wanted of the footer
   * @param checksums whether pages that have one must match it
   * @param memory for what is read
   */
  ParquetFileReader open(MetadataFilter filter, boolean checksums, PageMemory memory)
      throws IOException {
    FSDataInputStream stream = path.getFileSystem().open(path);
    // Without Hadoop's configuration, of which each new one parses a file of a thousand settings.
    PlainParquetConfiguration configuration = new PlainParquetConfiguration();
    ParquetReadOptions options =
        ParquetReadOptions.builder(configuration)
            .withMetadataFilter(filter)
            .usePageChecksumVerification(checksums)
            .withAllocator(memory)
            .withCodecFactory(memory.codecs(configuration))
            .build();
    try {
      return ParquetFileReader.open(new ParquetInputFile(stream, bytes), options);
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }
}
