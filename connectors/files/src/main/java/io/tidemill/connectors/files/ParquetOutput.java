package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.io.OutputFormat;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.formats.parquet.utils.SerializableConfiguration;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** One Parquet file, whose rows come as columns. Not thread-safe. */
final class ParquetOutput implements OutputFormat<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final Path path;
  private final RowType type;
  private final SerializableConfiguration settings;
  private final boolean utc;
  private transient @Nullable FSDataOutputStream stream;
  private transient @Nullable ColumnFile file;

  ParquetOutput(Path path, RowType type, SerializableConfiguration settings, boolean utc) {
    this.path = path;
    this.type = type;
    this.settings = settings;
    this.utc = utc;
  }

  @Override
  public void configure(Configuration parameters) {}

  @Override
  public void open(InitializationContext context) throws IOException {
    FSDataOutputStream opened = path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE);
    stream = opened;
    file = new ColumnFile(opened, type, settings.conf(), utc);
  }

  @Override
  public void writeRecord(VectorizedColumnBatch columns) throws IOException {
    ColumnFile present = file;
    if (present == null) {
      throw new IllegalStateException(path + ": not open");
    }
    present.write(columns);
  }

  @Override
  public void close() throws IOException {
    try (FSDataOutputStream opened = stream;
        ColumnFile ended = file) {
      stream = null;
      file = null;
    }
  }
}
