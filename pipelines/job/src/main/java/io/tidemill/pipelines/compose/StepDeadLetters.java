package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a step could not score into a dead letter with the record's own bytes; where its
 * source keeps none, with its fields as text.
 */
final class StepDeadLetters implements MapFunction<DeadLetter<RowData>, RowData> {
  private static final long serialVersionUID = 1L;
  private static final String PREFIX = "tidemill.";

  private final int originIndex;
  private final RowType rows;

  /**
   * For rows of a type.
   *
   * @param originIndex the origin's position in a row, or -1
   */
  StepDeadLetters(int originIndex, RowType rows) {
    this.originIndex = originIndex;
    this.rows = rows;
  }

  @Override
  public RowData map(DeadLetter<RowData> letter) {
    Map<String, String> context = new LinkedHashMap<>();
    context.put(PREFIX + "cause", label(letter.cause()));
    context.put(PREFIX + "step", letter.step());
    context.put(PREFIX + "model", letter.model().name());
    context.put(PREFIX + "version", letter.model().version().toString());
    context.put(PREFIX + "digest", letter.model().digest());
    context.put(PREFIX + "batch", String.valueOf(letter.batch()));
    context.put(PREFIX + "attempts", String.valueOf(letter.attempts()));
    RowData origin = Origin.of(letter.record(), originIndex);
    DeadLetterRecord record =
        DeadLetterRecord.of(
            origin,
            letter.step(),
            DeadLetterCause.class.getName() + "." + letter.cause().name(),
            letter.message(),
            context);
    return (hasBytes(origin) ? record : record.withValue(text(letter.record()))).toRow();
  }

  private static boolean hasBytes(@Nullable RowData origin) {
    return origin != null && Origin.bytes(origin, Origin.VALUE) != null;
  }

  private byte[] text(RowData record) {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < rows.getFieldCount(); i++) {
      if (i != originIndex) {
        Object value = RowData.createFieldGetter(rows.getTypeAt(i), i).getFieldOrNull(record);
        text.append(text.length() == 1 ? "" : ", ")
            .append(rows.getFieldNames().get(i))
            .append(": ")
            .append(value);
      }
    }
    return text.append("}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String label(DeadLetterCause cause) {
    return cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
