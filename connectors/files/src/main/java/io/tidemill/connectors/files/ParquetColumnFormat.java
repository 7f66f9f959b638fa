package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/**
 * Reads Parquet files by their columns, with Flink's readers of each column. An element is columns
 * of up to so many rows of one row group, and whoever gets it may keep it: its vectors are filled
 * again once it is {@linkplain FileOrigin#release released}, and no sooner. Behind the columns of
 * the file stands the {@link FileOrigin}.
 *
 * <p>Flink's own format of columns parses all of Hadoop's configuration for each file that it
 * opens, which takes several times as long as to read a small file.
 *
 * <p>A position counts rows, where an element ends. Readers of one copy are used one at a time.
 */
final class ParquetColumnFormat implements BulkFormat<VectorizedColumnBatch, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  private final DeclaredColumns columns;
  private final TypeInformation<VectorizedColumnBatch> type;
  private final int rowsAtOnce;
  private final boolean utc;
  private final boolean checksums;

  /** Of the last file, which the next is mostly like. */
  private transient @Nullable ColumnVectors vectors;

  /** Of all files, which one thread reads one after the other. */
  private transient @Nullable PageMemory memory;

  /**
   * A format.
   *
   * @param columns of the files, each in one vector
   * @param rowsAtOnce the most rows of an element
   * @param utc whether timestamps are read as UTC and not in this machine's time zone
   * @param checksums whether pages that have one must match it
   */
  ParquetColumnFormat(
      DeclaredColumns columns,
      TypeInformation<VectorizedColumnBatch> type,
      int rowsAtOnce,
      boolean utc,
      boolean checksums) {
    this.columns = columns;
    this.type = type;
    this.rowsAtOnce = rowsAtOnce;
    this.utc = utc;
    this.checksums = checksums;
  }

  @Override
  public ParquetColumnReader createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    PageMemory present = memory;
    if (present == null) {
      present = new PageMemory();
      memory = present;
    }
    return ParquetColumnReader.open(split, columns, utc, checksums, present, this::vectors);
  }

  @Override
  public ParquetColumnReader restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    ParquetColumnReader reader = createReader(config, split);
    long rows =
        split.getReaderPosition().map(CheckpointedPosition::getRecordsAfterOffset).orElse(0L);
    try {
      reader.skip(rows);
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
    return reader;
  }

  private ColumnVectors vectors(ColumnVectors.Kinds kinds, Runnable check) {
    ColumnVectors present = vectors;
    if (present == null || !present.are(kinds)) {
      check.run();
      present = new ColumnVectors(kinds, rowsAtOnce);
      vectors = present;
    }
    return present;
  }

  @Override
  public boolean isSplittable() {
    return true;
  }

  @Override
  public TypeInformation<VectorizedColumnBatch> getProducedType() {
    return type;
  }
}
