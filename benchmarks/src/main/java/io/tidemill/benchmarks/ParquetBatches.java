package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.Pool;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.connector.file.src.util.SingletonResultIterator;
import org.apache.flink.formats.parquet.ParquetVectorizedInputFormat;
import org.apache.flink.formats.parquet.utils.SerializableConfiguration;
import org.apache.flink.formats.parquet.vector.ColumnBatchFactory;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.RowType;

/**
 * Flink's vectorized reader of Parquet by itself: no rows, no source, no job.
 *
 * @param type of the columns that are read, by their names
 */
record ParquetBatches(RowType type) {
  private static final int BATCH = 2_048;

  /** Takes one batch, which is another one's after that. */
  interface Consumer {
    void take(VectorizedColumnBatch batch);
  }

  /** Reads all files that readers see in a folder, one after the other, in this thread. */
  void read(Path folder, Consumer consumer) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> seen = files.filter(file -> !isHidden(file)).sorted().toList();
      for (Path file : seen) {
        readFile(file, consumer);
      }
    }
  }

  private static boolean isHidden(Path file) {
    return file.getFileName().toString().matches("[._].*");
  }

  private void readFile(Path file, Consumer consumer) throws IOException {
    long bytes = Files.size(file);
    FileSourceSplit split =
        new FileSourceSplit(
            "one",
            new org.apache.flink.core.fs.Path(file.toUri()),
            0,
            bytes,
            Files.getLastModifiedTime(file).toMillis(),
            bytes);
    try (BulkFormat.Reader<VectorizedColumnBatch> reader =
        new Format(type).createReader(new Configuration(), split)) {
      for (var batch = reader.readBatch(); batch != null; batch = reader.readBatch()) {
        consumer.take(batch.next().getRecord());
        batch.releaseBatch();
      }
    }
  }

  private static final class Format
      extends ParquetVectorizedInputFormat<VectorizedColumnBatch, FileSourceSplit> {
    private static final long serialVersionUID = 1L;

    Format(RowType type) {
      super(
          new SerializableConfiguration(new org.apache.hadoop.conf.Configuration()),
          type,
          ColumnBatchFactory.withoutExtraFields(),
          BATCH,
          true,
          true);
    }

    @Override
    protected ParquetReaderBatch<VectorizedColumnBatch> createReaderBatch(
        WritableColumnVector[] vectors,
        VectorizedColumnBatch batch,
        Pool.Recycler<ParquetReaderBatch<VectorizedColumnBatch>> recycler) {
      return new WholeBatch(vectors, batch, recycler);
    }

    @Override
    public TypeInformation<VectorizedColumnBatch> getProducedType() {
      return TypeInformation.of(VectorizedColumnBatch.class);
    }

    private static final class WholeBatch extends ParquetReaderBatch<VectorizedColumnBatch> {
      private final SingletonResultIterator<VectorizedColumnBatch> one =
          new SingletonResultIterator<>(this::recycle);

      WholeBatch(
          WritableColumnVector[] vectors,
          VectorizedColumnBatch batch,
          Pool.Recycler<ParquetReaderBatch<VectorizedColumnBatch>> recycler) {
        super(vectors, batch, recycler);
      }

      @Override
      public BulkFormat.RecordIterator<VectorizedColumnBatch> convertAndGetIterator(
          long rowsBefore) {
        one.set(columnarBatch, RecordAndPosition.NO_OFFSET, rowsBefore);
        return one;
      }
    }
  }
}
