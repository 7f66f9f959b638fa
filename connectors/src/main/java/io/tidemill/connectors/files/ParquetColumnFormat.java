package io.tidemill.connectors.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.Pool;
import org.apache.flink.connector.file.src.util.SingletonResultIterator;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.ParquetInputFile;
import org.apache.flink.formats.parquet.ParquetVectorizedInputFormat;
import org.apache.flink.formats.parquet.utils.SerializableConfiguration;
import org.apache.flink.formats.parquet.vector.ColumnBatchFactory;
import org.apache.flink.formats.parquet.vector.ParquetDecimalVector;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.heap.HeapBooleanVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapByteVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapBytesVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapDoubleVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapFloatVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapIntVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapShortVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapTimestampVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.RowType;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.jspecify.annotations.Nullable;

/**
 * Flink's reader of Parquet's columns, whose vectors are handed on instead of cut into rows. Flink
 * fills its vectors again; these go away with their element, and others take their place, so that
 * nobody has to copy what waits for a model: those of an element that has been {@linkplain
 * FileOrigin#release released}, or else new ones. Behind the columns of the file stands the {@link
 * FileOrigin}.
 *
 * <p>A position counts rows, and Flink restores one by skipping elements: for mode batch alone,
 * where a split is read from its beginning.
 */
final class ParquetColumnFormat
    extends ParquetVectorizedInputFormat<VectorizedColumnBatch, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  private final TypeInformation<VectorizedColumnBatch> type;
  private final int rowsAtOnce;

  /**
   * A format.
   *
   * @param values the columns of the files, each in one vector
   * @param rowsAtOnce the most rows of an element
   * @param utc whether timestamps are read as UTC and not in this machine's time zone
   */
  ParquetColumnFormat(
      org.apache.hadoop.conf.Configuration hadoop,
      RowType values,
      TypeInformation<VectorizedColumnBatch> type,
      int rowsAtOnce,
      boolean utc) {
    super(
        new SerializableConfiguration(hadoop), values, new PlacedColumns(), rowsAtOnce, utc, true);
    this.type = type;
    this.rowsAtOnce = rowsAtOnce;
  }

  @Override
  public TypeInformation<VectorizedColumnBatch> getProducedType() {
    return type;
  }

  /** The columns that Flink reads of a split, which know where they are from. */
  private static final class SplitColumns extends VectorizedColumnBatch {
    private static final long serialVersionUID = 1L;

    private final transient Place place;

    SplitColumns(ColumnVector[] vectors, Place place) {
      super(vectors);
      this.place = place;
    }
  }

  /** Where a split is. */
  private record Place(FileSourceSplit split, String path, long firstRow) {}

  /** Makes the batches of columns of a split, all of which are asked for after one another. */
  private static final class PlacedColumns implements ColumnBatchFactory<FileSourceSplit> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable Place last;

    @Override
    public synchronized VectorizedColumnBatch create(
        FileSourceSplit split, ColumnVector[] vectors) {
      Place place = last;
      if (place == null || place.split != split) {
        try {
          place = new Place(split, split.path().toString(), firstRow(split));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        last = place;
      }
      return new SplitColumns(vectors, place);
    }
  }

  /** The rows of the file that are before a split. */
  private static long firstRow(FileSourceSplit split) throws IOException {
    if (split.offset() == 0) {
      return 0;
    }
    FileSystem files = split.path().getFileSystem();
    long length = files.getFileStatus(split.path()).getLen();
    try (ParquetFileReader before =
        ParquetFileReader.open(
            new ParquetInputFile(files.open(split.path()), length),
            ParquetReadOptions.builder().withRange(0, split.offset()).build())) {
      return before.getRecordCount();
    }
  }

  @Override
  protected ParquetReaderBatch<VectorizedColumnBatch> createReaderBatch(
      WritableColumnVector[] writableVectors,
      VectorizedColumnBatch columnarBatch,
      Pool.Recycler<ParquetReaderBatch<VectorizedColumnBatch>> recycler) {
    return new HandedOn(writableVectors, (SplitColumns) columnarBatch, recycler);
  }

  private final class HandedOn extends ParquetReaderBatch<VectorizedColumnBatch> {
    private final WritableColumnVector[] written;
    private final SplitColumns columns;

    /** What has come back, from other threads. */
    private final Queue<WritableColumnVector[]> spares = new ConcurrentLinkedQueue<>();

    HandedOn(
        WritableColumnVector[] written,
        SplitColumns columns,
        Pool.Recycler<ParquetReaderBatch<VectorizedColumnBatch>> recycler) {
      super(written, columns, recycler);
      this.written = written;
      this.columns = columns;
    }

    @Override
    public SingletonResultIterator<VectorizedColumnBatch> convertAndGetIterator(long rowsBefore) {
      int count = written.length;
      WritableColumnVector[] filled = written.clone();
      ColumnVector[] all = Arrays.copyOf(columns.columns, count + 1);
      all[count] =
          new FileOrigin(
              columns.place.path, columns.place.firstRow + rowsBefore, () -> spares.add(filled));
      VectorizedColumnBatch element = new VectorizedColumnBatch(all);
      element.setNumRows(columns.getNumRows());
      WritableColumnVector[] next = spares.poll();
      for (int i = 0; i < count; i++) {
        written[i] = next == null ? like(filled[i]) : next[i];
        columns.columns[i] =
            columns.columns[i] instanceof ParquetDecimalVector
                ? new ParquetDecimalVector(written[i])
                : written[i];
      }
      SingletonResultIterator<VectorizedColumnBatch> elements =
          new SingletonResultIterator<>(this::recycle);
      elements.set(element, CheckpointedPosition.NO_OFFSET, rowsBefore + element.getNumRows());
      return elements;
    }
  }

  /** A vector of the same kind, without values. */
  private WritableColumnVector like(WritableColumnVector vector) {
    if (vector instanceof HeapFloatVector) {
      return new HeapFloatVector(rowsAtOnce);
    } else if (vector instanceof HeapDoubleVector) {
      return new HeapDoubleVector(rowsAtOnce);
    } else if (vector instanceof HeapLongVector) {
      return new HeapLongVector(rowsAtOnce);
    } else if (vector instanceof HeapIntVector) {
      return new HeapIntVector(rowsAtOnce);
    } else if (vector instanceof HeapShortVector) {
      return new HeapShortVector(rowsAtOnce);
    } else if (vector instanceof HeapByteVector) {
      return new HeapByteVector(rowsAtOnce);
    } else if (vector instanceof HeapBooleanVector) {
      return new HeapBooleanVector(rowsAtOnce);
    } else if (vector instanceof HeapTimestampVector) {
      return new HeapTimestampVector(rowsAtOnce);
    } else if (vector instanceof HeapBytesVector) {
      return new HeapBytesVector(rowsAtOnce);
    }
    throw new IllegalStateException(
        "vector: " + vector.getClass().getName() + " (expected: one of a flat type)");
  }
}
