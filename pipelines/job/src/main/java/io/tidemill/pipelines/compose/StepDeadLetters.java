package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RowJson;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Turns what a step could not score into a dead letter with the record's own bytes; where its
 * source keeps none, with its fields as JSON. Not thread-safe.
 */
final class StepDeadLetters implements MapFunction<DeadLetter<RowData>, RowData> {
  private static final long serialVersionUID = 1L;

  static final String STEP = "tidemill.step";
  static final String MODEL = "tidemill.model";
  static final String VERSION = "tidemill.version";
  static final String DIGEST = "tidemill.digest";

  private final int originIndex;
  private final RowJson json;

  /** For rows of a type, which may have an origin. */
  StepDeadLetters(RowType rows) {
    this.originIndex = Origin.indexIn(rows);
    this.json = new RowJson(rows);
  }

  @Override
  public RowData map(DeadLetter<RowData> letter) {
    Map<String, String> context = new LinkedHashMap<>();
    context.put(DeadLetterRecord.COUNTED_CAUSE, label(letter.cause()));
    context.put(STEP, letter.step());
    context.put(MODEL, letter.model().name());
    context.put(VERSION, letter.model().version().toString());
    context.put(DIGEST, letter.model().digest());
    context.put("tidemill.batch", String.valueOf(letter.batch()));
    context.put("tidemill.attempts", String.valueOf(letter.attempts()));
    Origin origin = Origin.of(letter.record(), originIndex);
    DeadLetterRecord record =
        DeadLetterRecord.of(
            origin,
            letter.step(),
            DeadLetterCause.class.getName() + "." + letter.cause().name(),
            letter.message(),
            context);
    boolean original = origin != null && origin.bytes(Origin.VALUE) != null;
    return (original ? record : record.withValue(json.encode(letter.record()))).toRow();
  }

  private static String label(DeadLetterCause cause) {
    return cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
