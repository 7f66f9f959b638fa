package io.tidemill.connectors.files;

import io.tidemill.connectors.record.CorruptFileException;
import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.RowColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Origin} of rows that follow one another in a file: its path is the topic, the row's
 * number, from 0, the offset. It goes with the columns of these rows, and knows who wants them
 * back.
 */
final class FileOrigin implements RowColumnVector {
  private static final ColumnVector NULL = row -> true;

  private final VectorizedColumnBatch fields;
  private @Nullable Runnable taker;

  /**
   * An origin.
   *
   * @param taker of the columns, once they are released; any thread calls it
   */
  FileOrigin(String path, long firstRow, Runnable taker) {
    this.taker = taker;
    ColumnVector[] columns = new ColumnVector[Origin.TYPE.getFieldCount()];
    Arrays.fill(columns, NULL);
    columns[Origin.TOPIC] = SameText.of(path);
    columns[Origin.OFFSET] = new RowNumber(firstRow);
    fields = new VectorizedColumnBatch(columns);
  }

  /** The origin of rows that are not there, as their file is corrupt. */
  FileOrigin(CorruptFileException damage) {
    DecodeFailure failure = damage.asFailure();
    ColumnVector[] columns = new ColumnVector[Origin.TYPE.getFieldCount()];
    Arrays.fill(columns, NULL);
    columns[Origin.TOPIC] = SameText.of(damage.file());
    columns[Origin.OFFSET] = new RowNumber(damage.offset());
    columns[Origin.ERROR_CLASS] = SameText.of(failure.causeClass());
    columns[Origin.ERROR_MESSAGE] = SameText.of(failure.message());
    fields = new VectorizedColumnBatch(columns);
  }

  private record SameText(BytesColumnVector.Bytes text) implements BytesColumnVector {
    static SameText of(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return new SameText(new BytesColumnVector.Bytes(bytes, 0, bytes.length));
    }

    @Override
    public Bytes getBytes(int row) {
      return text;
    }

    @Override
    public boolean isNullAt(int row) {
      return false;
    }
  }

  private record RowNumber(long first) implements LongColumnVector {
    @Override
    public long getLong(int row) {
      return first + row;
    }

    @Override
    public boolean isNullAt(int row) {
      return false;
    }
  }

  /** Nobody reads the columns of these rows any more. */
  void release() {
    Runnable once = taker;
    taker = null;
    if (once != null) {
      once.run();
    }
  }

  @Override
  public ColumnarRowData getRow(int row) {
    return new ColumnarRowData(fields, row);
  }

  @Override
  public boolean isNullAt(int row) {
    return false;
  }
}
