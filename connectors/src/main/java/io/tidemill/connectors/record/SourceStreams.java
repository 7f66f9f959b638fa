package io.tidemill.connectors.record;

import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;

/**
 * What a source gives. Immutable.
 *
 * @param records rows of the source's row type
 * @param deadLetters rows of {@link DeadLetterRecord#TYPE}: what did not decode; empty where the
 *     source decodes nothing itself or the job has no dead-letter sink
 */
public record SourceStreams(
    DataStream<RowData> records, Optional<DataStream<RowData>> deadLetters) {}
