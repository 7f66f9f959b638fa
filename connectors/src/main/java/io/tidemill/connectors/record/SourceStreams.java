package io.tidemill.connectors.record;

import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a source gives. Immutable.
 *
 * @param records rows of the source's row type
 * @param deadLetters rows of {@link DeadLetterRecord#TYPE}: what did not decode; empty where the
 *     source decodes nothing itself or the job has no dead-letter sink
 */
public record SourceStreams(
    DataStream<RowData> records, Optional<DataStream<RowData>> deadLetters) {
  /**
   * What a source gives whose records hold in their origin why they did not decode.
   *
   * @param uidPrefix of the source, which begins the uid and the name of what is added
   * @param rowType of the records
   */
  public static SourceStreams ofDecoded(
      SingleOutputStreamOperator<RowData> read, String uidPrefix, RowType rowType) {
    String splitter = uidPrefix + "-undecoded";
    SingleOutputStreamOperator<RowData> split =
        read.process(new UndecodedSplitter(Origin.indexIn(rowType)), InternalTypeInfo.of(rowType))
            .name(splitter)
            .uid(splitter)
            .setParallelism(read.getParallelism());
    return new SourceStreams(
        split, Optional.of(split.getSideOutput(UndecodedSplitter.DEAD_LETTERS)));
  }
}
