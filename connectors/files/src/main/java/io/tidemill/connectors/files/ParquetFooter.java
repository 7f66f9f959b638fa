package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.core.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;

/** What stands at the end of a file of Parquet. Immutable. */
public record ParquetFooter(Path file, long bytes) {
  /**
   * How many rows the file says that it has. Blocks on the file system.
   *
   * @throws IOException if it cannot be read, or is no file of Parquet, which some say with any
   *     {@link RuntimeException}
   */
  public long rows() throws IOException {
    try (ParquetFileReader reader =
        ParquetColumnReader.open(file, bytes, false, new PageMemory())) {
      return reader.getRecordCount();
    }
  }
}
