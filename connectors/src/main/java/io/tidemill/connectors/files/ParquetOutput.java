package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.io.OutputFormat;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/** One Parquet file, whose rows come as columns. Not thread-safe. */
final class ParquetOutput implements OutputFormat<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final Path path;
  private final BulkWriter.Factory<RowData> writers;
  private transient @Nullable FSDataOutputStream stream;
  private transient @Nullable BulkWriter<RowData> writer;

  ParquetOutput(Path path, BulkWriter.Factory<RowData> writers) {
    this.path = path;
    this.writers = writers;
  }

  @Override
  public void configure(Configuration parameters) {}

  @Override
  public void open(InitializationContext context) throws IOException {
    stream = path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE);
    writer = writers.create(stream);
  }

  @Override
  public void writeRecord(VectorizedColumnBatch columns) throws IOException {
    BulkWriter<RowData> present = writer;
    if (present == null) {
      throw new IllegalStateException(path + ": not open");
    }
    ColumnarRowData row = new ColumnarRowData(columns);
    for (int i = 0; i < columns.getNumRows(); i++) {
      row.setRowId(i);
      present.addElement(row);
    }
  }

  @Override
  public void close() throws IOException {
    try (FSDataOutputStream open = stream) {
      if (open != null && writer != null) {
        writer.flush();
        writer.finish();
      }
    } finally {
      writer = null;
      stream = null;
    }
  }
}
