package io.tidemill.connectors.record;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * A record that could not be scored: its key, value and headers as they came, and its cause.
 *
 * <p>In a stream it is a row of {@link #TYPE}. It shares the arrays of the record that it was made
 * from. Immutable.
 */
public final class DeadLetterRecord {
  /** The stage at which the bytes of a record did not decode, in Kafka Connect's words. */
  public static final String STAGE_DECODE = "VALUE_CONVERTER";

  /** The stage at which a prediction could not be written, in Kafka Connect's words. */
  public static final String STAGE_WRITE = "KAFKA_PRODUCE";

  /** The cause of a prediction that does not encode, or that its sink does not take. */
  public static final String UNWRITABLE = "unwritable";

  /** The context that tells the cause in the word by which it is counted. */
  public static final String COUNTED_CAUSE = "tidemill.cause";

  /** The word for a file of which not all could be read, as its contents are corrupt. */
  public static final String CORRUPT_FILE = "corrupt-file";

  /** The columns of a dead letter, each nullable except the stage. */
  public static final RowType TYPE =
      RowType.of(
          false,
          new LogicalType[] {
            new VarBinaryType(VarBinaryType.MAX_LENGTH),
            new VarBinaryType(VarBinaryType.MAX_LENGTH),
            Origin.HEADERS_TYPE,
            string(),
            new IntType(),
            new BigIntType(),
            new BigIntType(),
            new VarCharType(false, VarCharType.MAX_LENGTH),
            string(),
            string(),
            new MapType(new VarCharType(false, VarCharType.MAX_LENGTH), string())
          },
          new String[] {
            "key",
            "value",
            "headers",
            "topic",
            "partition",
            "offset",
            "timestamp",
            "stage",
            "cause",
            "message",
            "context"
          });

  private static final int LONGEST_MESSAGE = 1_000;

  private static final int KEY = 0;
  private static final int VALUE = 1;
  private static final int HEADERS = 2;
  private static final int TOPIC = 3;
  private static final int PARTITION = 4;
  private static final int OFFSET = 5;
  private static final int TIMESTAMP = 6;
  private static final int STAGE = 7;
  private static final int CAUSE = 8;
  private static final int MESSAGE = 9;
  private static final int CONTEXT = 10;

  /** The origin's fields that a dead letter begins with, in their order. */
  private static final int[] OF_ORIGIN = {
    Origin.KEY,
    Origin.VALUE,
    Origin.HEADERS,
    Origin.TOPIC,
    Origin.PARTITION,
    Origin.OFFSET,
    Origin.TIMESTAMP
  };

  private static final RowData.FieldGetter[] GETTERS = Origin.getters(TYPE);

  private final RowData row;

  private DeadLetterRecord(RowData row) {
    this.row = row;
  }

  /**
   * The dead letter of a record that a source read.
   *
   * @param origin the record's origin, or null where its source has none
   * @param stage what was being done, such as {@link #STAGE_DECODE} or a step's id
   * @param causeClass the class name of the exception
   * @param message the exception's message; what is {@linkplain #shortened too long} is left out
   * @param context more to say, by header name: {@code tidemill.step}, {@code tidemill.model}, …
   */
  public static DeadLetterRecord of(
      @Nullable Origin origin,
      String stage,
      String causeClass,
      String message,
      Map<String, String> context) {
    GenericRowData row = new GenericRowData(TYPE.getFieldCount());
    if (origin != null) {
      for (int i = 0; i < OF_ORIGIN.length; i++) {
        row.setField(i, origin.field(OF_ORIGIN[i]));
      }
    }
    row.setField(STAGE, StringData.fromString(stage));
    row.setField(CAUSE, StringData.fromString(causeClass));
    row.setField(MESSAGE, StringData.fromString(shortened(message)));
    row.setField(CONTEXT, writeContext(context));
    return new DeadLetterRecord(row);
  }

  /** The dead letter of what did not decode, as its origin tells why; null where it did. */
  public static @Nullable DeadLetterRecord ofUndecoded(@Nullable Origin origin) {
    String cause = origin == null ? null : origin.string(Origin.ERROR_CLASS);
    if (origin == null || cause == null) {
      return null;
    }
    String message = origin.string(Origin.ERROR_MESSAGE);
    return of(
        origin,
        STAGE_DECODE,
        cause,
        message == null ? "" : message,
        cause.equals(CorruptFileException.class.getName())
            ? Map.of(COUNTED_CAUSE, CORRUPT_FILE)
            : Map.of());
  }

  /** Whether it is that of a file of which not all could be read. */
  boolean isOfCorruptFile() {
    return CORRUPT_FILE.equals(context().get(COUNTED_CAUSE));
  }

  /**
   * A message that fits into a header: some exceptions quote the whole value, which would not fit
   * into a record beside that value.
   */
  public static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + '…';
  }

  /** The same dead letter with other bytes as its value, for sources that keep no original. */
  public DeadLetterRecord withValue(byte[] value) {
    return with(VALUE, value);
  }

  /** The same dead letter with more to say. */
  public DeadLetterRecord withContext(List<Header> more) {
    Map<String, String> context = context();
    for (Header header : more) {
      byte @Nullable [] value = header.value();
      context.put(header.name(), value == null ? "" : new String(value, StandardCharsets.UTF_8));
    }
    return with(CONTEXT, writeContext(context));
  }

  /** Reads a row of {@link #TYPE}, without a copy. */
  public static DeadLetterRecord fromRow(RowData row) {
    return new DeadLetterRecord(row);
  }

  /** Whether a row has what every dead letter has; others were written by someone else. */
  public boolean isComplete() {
    return !row.isNullAt(STAGE);
  }

  /** The type of a stream of dead letters. */
  public static TypeInformation<RowData> typeInformation() {
    return InternalTypeInfo.of(TYPE);
  }

  /** This dead letter as a row of {@link #TYPE}, without a copy. */
  public RowData toRow() {
    return row;
  }

  public byte @Nullable [] key() {
    return row.isNullAt(KEY) ? null : row.getBinary(KEY);
  }

  public byte @Nullable [] value() {
    return row.isNullAt(VALUE) ? null : row.getBinary(VALUE);
  }

  /** The record's own headers in their order. */
  public List<Header> headers() {
    return row.isNullAt(HEADERS) ? List.of() : Origin.readHeaders(row.getArray(HEADERS));
  }

  /** The topic or file. */
  public @Nullable String topic() {
    return row.isNullAt(TOPIC) ? null : row.getString(TOPIC).toString();
  }

  public @Nullable Integer partition() {
    return row.isNullAt(PARTITION) ? null : row.getInt(PARTITION);
  }

  public @Nullable Long offset() {
    return row.isNullAt(OFFSET) ? null : row.getLong(OFFSET);
  }

  /**
   * Where the record was, as in {@code topic/0/42}, or in {@code folder/file/42} for the row of a
   * file, counted from 0, or the one that begins at that byte, or in {@code folder/file/3/4200} for
   * record 3 of the block of an Avro file that begins at byte 4200; null where its source does not
   * tell.
   */
  public @Nullable String position() {
    String name = topic();
    if (name == null) {
      return null;
    }
    Integer part = partition();
    return name + (part == null ? "" : "/" + part) + "/" + offset();
  }

  /** Milliseconds since the epoch. */
  public @Nullable Long timestamp() {
    return row.isNullAt(TIMESTAMP) ? null : row.getLong(TIMESTAMP);
  }

  public String stage() {
    return row.getString(STAGE).toString();
  }

  public @Nullable String causeClass() {
    return row.isNullAt(CAUSE) ? null : row.getString(CAUSE).toString();
  }

  public @Nullable String message() {
    return row.isNullAt(MESSAGE) ? null : row.getString(MESSAGE).toString();
  }

  /** More that was said, by header name. */
  public Map<String, String> context() {
    Map<String, String> context = new LinkedHashMap<>();
    if (!row.isNullAt(CONTEXT)) {
      MapData map = row.getMap(CONTEXT);
      ArrayData names = map.keyArray();
      ArrayData values = map.valueArray();
      for (int i = 0; i < map.size(); i++) {
        context.put(
            names.getString(i).toString(),
            values.isNullAt(i) ? "" : values.getString(i).toString());
      }
    }
    return context;
  }

  private DeadLetterRecord with(int field, Object value) {
    GenericRowData copy = new GenericRowData(TYPE.getFieldCount());
    for (int i = 0; i < TYPE.getFieldCount(); i++) {
      copy.setField(i, GETTERS[i].getFieldOrNull(row));
    }
    copy.setField(field, value);
    return new DeadLetterRecord(copy);
  }

  private static MapData writeContext(Map<String, String> context) {
    Map<StringData, StringData> entries = new LinkedHashMap<>();
    context.forEach(
        (name, value) -> entries.put(StringData.fromString(name), StringData.fromString(value)));
    return new GenericMapData(entries);
  }

  private static LogicalType string() {
    return new VarCharType(VarCharType.MAX_LENGTH);
  }
}
