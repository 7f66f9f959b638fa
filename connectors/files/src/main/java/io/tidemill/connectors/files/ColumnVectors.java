package io.tidemill.connectors.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.formats.parquet.vector.ParquetDecimalVector;
import org.apache.flink.formats.parquet.vector.ParquetSplitReaderUtil;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapArrayVector;
import org.apache.flink.table.data.columnar.vector.heap.HeapBytesVector;
import org.apache.flink.table.data.columnar.vector.writable.WritableColumnVector;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/** Vectors of columns that are filled again and again. Any thread may bring some back. */
final class ColumnVectors {
  private final Kinds kinds;
  private final int rows;
  private final Queue<Filled> spares = new ConcurrentLinkedQueue<>();

  /**
   * What makes vectors alike.
   *
   * @param declared how each column is read
   * @param found how it is in the file; null where it is not
   */
  record Kinds(List<LogicalType> declared, List<@Nullable Type> found) {}

  /**
   * One of each column.
   *
   * @param written null for a column that is not in the file
   * @param read the same, as readers take them; not changed
   */
  @SuppressWarnings("ArrayRecordComponent") // As Flink takes them, and never compared.
  record Filled(List<@Nullable WritableColumnVector> written, ColumnVector[] read) {}

  ColumnVectors(Kinds kinds, int rows) {
    this.kinds = kinds;
    this.rows = rows;
  }

  boolean are(Kinds other) {
    return kinds.equals(other);
  }

  /** The most rows that they hold. */
  int rows() {
    return rows;
  }

  /** Some, with or without values of before. */
  Filled take() {
    Filled spare = spares.poll();
    return spare == null ? make() : spare;
  }

  /** Takes back some that nobody reads any more. */
  void giveBack(Filled vectors) {
    spares.add(vectors);
  }

  /**
   * Copies rows of some of these vectors behind those that others have.
   *
   * @param at how many those others have
   */
  void copy(Filled from, int count, Filled to, int at) {
    for (int i = 0; i < from.written().size(); i++) {
      WritableColumnVector source = from.written().get(i);
      WritableColumnVector target = to.written().get(i);
      if (source != null && target != null) {
        if (at == 0) {
          target.reset();
          // Which that leaves, and which would be read in the place of the values.
          target.setDictionary(null);
        }
        VectorCopy.of(source).copy(source, count, target, at);
      }
    }
  }

  /** How many bytes texts and lists take of rows that were copied into vectors. */
  static long bytes(Filled copied, int from, int to) {
    long bytes = 0;
    for (WritableColumnVector column : copied.written()) {
      if (column instanceof HeapBytesVector texts) {
        for (int row = from; row < to; row++) {
          bytes += texts.isNullAt(row) ? 0 : texts.length[row];
        }
      } else if (column instanceof HeapArrayVector lists) {
        for (int row = from; row < to; row++) {
          bytes += lists.isNullAt(row) ? 0 : Long.BYTES * lists.getLengths()[row];
        }
      }
    }
    return bytes;
  }

  private Filled make() {
    List<@Nullable WritableColumnVector> written = new ArrayList<>();
    List<ColumnVector> read = new ArrayList<>();
    for (int i = 0; i < kinds.declared().size(); i++) {
      LogicalType type = kinds.declared().get(i);
      Type found = kinds.found().get(i);
      if (found == null) {
        written.add(null);
        read.add(nulls(type));
      } else {
        WritableColumnVector vector =
            ListReader.reads(type)
                ? ListReader.vector(rows, type)
                : ParquetSplitReaderUtil.createWritableColumnVector(
                    rows, type, found, new MessageType("column", found).getColumns(), 0);
        written.add(vector);
        read.add(type.is(LogicalTypeRoot.DECIMAL) ? new ParquetDecimalVector(vector) : vector);
      }
    }
    return new Filled(written, read.toArray(ColumnVector[]::new));
  }

  private ColumnVector nulls(LogicalType type) {
    if (!type.getChildren().isEmpty() && !ListReader.reads(type)) {
      return row -> true;
    }
    if (ListReader.reads(type)) {
      WritableColumnVector lists = ListReader.vector(rows, type);
      lists.fillWithNulls();
      return lists;
    }
    // Of two types Flink makes no vector of one value; they lie in vectors as these do.
    LogicalType alike =
        switch (type.getTypeRoot()) {
          case TIME_WITHOUT_TIME_ZONE -> new IntType();
          case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> new TimestampType();
          default -> type;
        };
    return ParquetSplitReaderUtil.createVectorFromConstant(alike, null, rows);
  }
}
