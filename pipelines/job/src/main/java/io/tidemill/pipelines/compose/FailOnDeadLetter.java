package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.DeadLetterRecord;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;

/** Fails a job without a dead-letter sink at the first record that cannot be scored. */
final class FailOnDeadLetter implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  @Override
  public RowData map(RowData row) {
    DeadLetterRecord letter = DeadLetterRecord.fromRow(row);
    throw new UnscoredRecordException(
        "step '%s': a record from %s, partition %s, offset %s cannot be scored: %s; give the job a dead-letter sink to go on without it"
            .formatted(
                letter.stage(),
                letter.topic(),
                letter.partition(),
                letter.offset(),
                letter.message()));
  }
}
