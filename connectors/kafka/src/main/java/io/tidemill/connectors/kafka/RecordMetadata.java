package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.connectors.record.Origin;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a record of a topic has beside its value, as columns: with the names and types that Flink's
 * own connector has, and its key.
 */
enum RecordMetadata {
  KEY,
  TOPIC,
  PARTITION,
  OFFSET,
  TIMESTAMP,
  TIMESTAMP_TYPE,
  LEADER_EPOCH,
  HEADERS;

  /** Begins each option that names a column. */
  static final String PREFIX = "metadata";

  LogicalType type() {
    LogicalType bytes = new VarBinaryType(VarBinaryType.MAX_LENGTH);
    LogicalType text = new VarCharType(VarCharType.MAX_LENGTH);
    return switch (this) {
      case KEY -> bytes;
      case TOPIC, TIMESTAMP_TYPE -> text.copy(false);
      case PARTITION -> new IntType(false);
      case OFFSET -> new BigIntType(false);
      case TIMESTAMP -> new LocalZonedTimestampType(false, 3);
      case LEADER_EPOCH -> new IntType();
      case HEADERS -> new MapType(false, text, bytes);
    };
  }

  @Nullable Object of(ConsumerRecord<byte[], byte[]> record) {
    return switch (this) {
      case KEY -> record.key();
      case TOPIC -> StringData.fromString(record.topic());
      case PARTITION -> record.partition();
      case OFFSET -> record.offset();
      case TIMESTAMP -> TimestampData.fromEpochMillis(record.timestamp());
      case TIMESTAMP_TYPE -> StringData.fromString(record.timestampType().toString());
      case LEADER_EPOCH -> record.leaderEpoch().orElse(null);
      case HEADERS -> {
        Map<StringData, byte @Nullable []> headers = new LinkedHashMap<>();
        record
            .headers()
            .forEach(header -> headers.put(StringData.fromString(header.key()), header.value()));
        yield new GenericMapData(headers);
      }
    };
  }

  RowType.RowField field(String column) {
    return new RowType.RowField(column, type());
  }

  /** As Flink writes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The columns that options such as {@code metadata.sent-at: timestamp} ask for, in their order.
   */
  static Map<String, RecordMetadata> read(RowType values, OptionCheck check) {
    Map<String, RecordMetadata> columns = new LinkedHashMap<>();
    check
        .options()
        .values()
        .forEach(
            (key, name) -> {
              if (key.startsWith(PREFIX + ".")) {
                String column = key.substring(PREFIX.length() + 1);
                if (values.getFieldIndex(column) >= 0 || column.equals(Origin.COLUMN)) {
                  check.refuse(key, "the name of another field (expected: a new one)");
                }
                Arrays.stream(values())
                    .filter(kind -> kind.toString().equals(name))
                    .findAny()
                    .ifPresentOrElse(
                        kind -> columns.put(column, kind),
                        () -> check.refuse(key, "'%s' %s", name, new Suggestion(name, names())));
              }
            });
    return columns;
  }

  private static List<String> names() {
    return Arrays.stream(values()).map(RecordMetadata::toString).toList();
  }
}
