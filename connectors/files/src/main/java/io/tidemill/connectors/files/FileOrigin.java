package io.tidemill.connectors.files;

import io.tidemill.connectors.record.CorruptFileException;
import io.tidemill.connectors.record.DecodeFailure;
import io.tidemill.connectors.record.Origin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.RowColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Origin} of rows that follow one another in a file, or in one and then in others: its
 * path is the topic, the row's number, from 0, the offset. It goes with the columns of these rows,
 * and knows who wants them back.
 */
final class FileOrigin implements RowColumnVector {
  private static final ColumnVector NULL = row -> true;

  private final List<Part> parts;
  private final VectorizedColumnBatch fields;
  private @Nullable Taken taken;

  /**
   * Vectors that go with an origin.
   *
   * @param vectors to which they go back
   */
  record Taken(ColumnVectors vectors, ColumnVectors.Filled filled) {}

  /**
   * Rows of one file.
   *
   * @param begin where they begin among all
   * @param firstRow the number in the file of the first of them
   */
  private record Part(SameText path, int begin, long firstRow) {}

  private FileOrigin(List<Part> parts, @Nullable Taken taken) {
    this.parts = parts;
    this.taken = taken;
    ColumnVector[] columns = new ColumnVector[Origin.TYPE.getFieldCount()];
    Arrays.fill(columns, NULL);
    columns[Origin.TOPIC] = new Paths();
    columns[Origin.OFFSET] = new RowNumbers();
    fields = new VectorizedColumnBatch(columns);
  }

  /**
   * An origin.
   *
   * @param taken the columns, which go back once they are released
   */
  FileOrigin(String path, long firstRow, Taken taken) {
    this(List.of(new Part(SameText.of(path), 0, firstRow)), taken);
  }

  /** The origin of rows that are not there, as their file is corrupt. */
  FileOrigin(CorruptFileException damage) {
    this(List.of(new Part(SameText.of(damage.file()), 0, damage.offset())), null);
    DecodeFailure failure = damage.asFailure();
    fields.columns[Origin.ERROR_CLASS] = SameText.of(failure.causeClass());
    fields.columns[Origin.ERROR_MESSAGE] = SameText.of(failure.message());
  }

  /**
   * The origin of the rows of several elements, one behind the other.
   *
   * @param taken the columns of all of them
   */
  static FileOrigin of(List<VectorizedColumnBatch> elements, Taken taken) {
    List<Part> parts = new ArrayList<>();
    int begin = 0;
    for (VectorizedColumnBatch element : elements) {
      for (Part part : of(element).parts) {
        parts.add(new Part(part.path, begin + part.begin, part.firstRow));
      }
      begin += element.getNumRows();
    }
    return new FileOrigin(List.copyOf(parts), taken);
  }

  /** That of an element, which is its last column. */
  static FileOrigin of(VectorizedColumnBatch element) {
    return (FileOrigin) element.columns[element.columns.length - 1];
  }

  private Part part(int row) {
    int last = parts.size() - 1;
    while (parts.get(last).begin > row) {
      last--;
    }
    return parts.get(last);
  }

  private final class Paths implements BytesColumnVector {
    @Override
    public Bytes getBytes(int row) {
      return part(row).path.text;
    }

    @Override
    public boolean isNullAt(int row) {
      return false;
    }
  }

  private final class RowNumbers implements LongColumnVector {
    @Override
    public long getLong(int row) {
      Part part = part(row);
      return part.firstRow + row - part.begin;
    }

    @Override
    public boolean isNullAt(int row) {
      return false;
    }
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

  /** The columns of these rows; null where they are no vectors that are filled again. */
  @Nullable Taken taken() {
    return taken;
  }

  /** Nobody reads the columns of these rows any more. Any thread calls it. */
  void release() {
    Taken once = taken;
    taken = null;
    if (once != null) {
      once.vectors.giveBack(once.filled);
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
