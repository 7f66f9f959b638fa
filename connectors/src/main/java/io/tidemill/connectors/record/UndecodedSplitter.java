package io.tidemill.connectors.record;

import java.util.Map;
import java.util.Objects;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Sends what did not decode to a side output, and everything else on. Task thread only.
 *
 * <p>It stands behind the source because a decoder inside a source has no second output.
 */
final class UndecodedSplitter extends ProcessFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  static final OutputTag<RowData> DEAD_LETTERS =
      new OutputTag<>("undecoded", DeadLetterRecord.typeInformation());

  private final int originIndex;

  UndecodedSplitter(int originIndex) {
    this.originIndex = originIndex;
  }

  @Override
  public void processElement(RowData row, Context context, Collector<RowData> out) {
    Origin origin = Origin.of(row, originIndex);
    if (origin == null || origin.field(Origin.ERROR_CLASS) == null) {
      out.collect(row);
      return;
    }
    String cause = String.valueOf(origin.string(Origin.ERROR_CLASS));
    String message = Objects.requireNonNullElse(origin.string(Origin.ERROR_MESSAGE), "");
    context.output(
        DEAD_LETTERS,
        DeadLetterRecord.of(origin, DeadLetterRecord.STAGE_DECODE, cause, message, Map.of())
            .toRow());
  }
}
