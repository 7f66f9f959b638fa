package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.MutableRecordAndPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * The rows of Parquet files that are read by their columns. A row is that of its batch, and changes
 * with it. A place to go on from counts the rows of the split.
 *
 * @param type of the rows
 */
record ParquetRows(ParquetColumnFormat columns, RowType type)
    implements BulkFormat<RowData, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new Rows(columns.createReader(config, split));
  }

  @Override
  public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    return new Rows(columns.restoreReader(config, split));
  }

  @Override
  public boolean isSplittable() {
    return columns.isSplittable();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(type);
  }

  private record Rows(ParquetColumnReader reader) implements BulkFormat.Reader<RowData>, StandsAt {
    @Override
    public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
      long before = reader.rowsRead();
      VectorizedColumnBatch element = reader.readColumns();
      return element == null ? null : new Batch(element, before);
    }

    @Override
    public long offset() {
      return reader.offset();
    }

    @Override
    public String place() {
      return reader.place();
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  private static final class Batch implements BulkFormat.RecordIterator<RowData> {
    private final VectorizedColumnBatch element;
    private final ColumnarRowData row;
    private final MutableRecordAndPosition<RowData> handed = new MutableRecordAndPosition<>();
    private int next;

    Batch(VectorizedColumnBatch element, long before) {
      this.element = element;
      row = new ColumnarRowData(element);
      handed.set(row, CheckpointedPosition.NO_OFFSET, before);
    }

    @Override
    public @Nullable RecordAndPosition<RowData> next() {
      if (next == element.getNumRows()) {
        return null;
      }
      row.setRowId(next++);
      handed.setNext(row);
      return handed;
    }

    @Override
    public void releaseBatch() {
      FileOrigin.of(element).release();
    }
  }
}
