package io.tidemill.connectors.record;

import java.io.Serializable;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What a source gives. Immutable.
 *
 * @param <E> a row of the source's row type, or columns of many
 * @param records in their order
 * @param deadLetters rows of {@link DeadLetterRecord#TYPE}: what did not decode; empty where the
 *     source decodes nothing itself or the job has no dead-letter sink
 */
public record SourceStreams<E>(DataStream<E> records, Optional<DataStream<RowData>> deadLetters) {
  /** Tells what is no record, but the dead letter of one. */
  @FunctionalInterface
  interface LetterOf<E> extends Serializable {
    @Nullable DeadLetterRecord of(E element);
  }

  /**
   * What a source gives whose records hold in their origin why they did not decode.
   *
   * @param uidPrefix of the source, which begins the uid and the name of what is added
   * @param rowType of the records
   */
  public static SourceStreams<RowData> ofDecoded(
      SingleOutputStreamOperator<RowData> read, String uidPrefix, RowType rowType) {
    int origin = Origin.indexIn(rowType);
    return split(read, uidPrefix, row -> DeadLetterRecord.ofUndecoded(Origin.of(row, origin)));
  }

  /**
   * What a source gives whose elements are columns, of which one without rows holds in its origin,
   * where that of the first row would be, why those are not there.
   *
   * @param uidPrefix of the source, which begins the uid and the name of what is added
   * @param rowType of the rows
   */
  public static SourceStreams<VectorizedColumnBatch> ofColumns(
      SingleOutputStreamOperator<VectorizedColumnBatch> read, String uidPrefix, RowType rowType) {
    int origin = Origin.indexIn(rowType);
    return split(
        read,
        uidPrefix,
        columns ->
            columns.getNumRows() > 0
                ? null
                : DeadLetterRecord.ofUndecoded(Origin.of(new ColumnarRowData(columns, 0), origin)));
  }

  private static <E> SourceStreams<E> split(
      SingleOutputStreamOperator<E> read, String uidPrefix, LetterOf<E> letters) {
    String splitter = uidPrefix + "-undecoded";
    SingleOutputStreamOperator<E> split =
        read.process(new UndecodedSplitter<>(letters), read.getType())
            .name(splitter)
            .uid(splitter)
            .setParallelism(read.getParallelism());
    return new SourceStreams<>(
        split, Optional.of(split.getSideOutput(UndecodedSplitter.DEAD_LETTERS)));
  }
}
