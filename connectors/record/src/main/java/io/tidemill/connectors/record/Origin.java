package io.tidemill.connectors.record;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * Where a record came from: the last column of every record in a pipeline, null for sources that
 * have no such thing to tell.
 *
 * <p>Its fields are read by the positions below. {@link #VALUE} holds the original bytes only where
 * the job has a dead-letter sink; {@link #ERROR_CLASS} and {@link #ERROR_MESSAGE} are there only
 * between a source and its own splitter. A view of the record's row, immutable.
 */
public final class Origin {
  /** The column's name, which no schema may use. */
  public static final String COLUMN = "__origin";

  public static final int KEY = 0;
  public static final int HEADERS = 1;

  /** The topic, or the path of a file. */
  public static final int TOPIC = 2;

  /** Null for a file, but one of Avro: the record's number within its block, from 0. */
  public static final int PARTITION = 3;

  /**
   * The offset in a topic; of a file the number of the row, or of the byte where it, or in a file
   * of Avro its block, begins.
   */
  public static final int OFFSET = 4;

  /** Milliseconds since the epoch. */
  public static final int TIMESTAMP = 5;

  public static final int VALUE = 6;
  public static final int ERROR_CLASS = 7;
  public static final int ERROR_MESSAGE = 8;

  static final int HEADER_FIELDS = 2;

  /** {@code ARRAY<ROW<name STRING, value BYTES>>}. */
  static final LogicalType HEADERS_TYPE =
      new ArrayType(
          RowType.of(new LogicalType[] {string(), bytes()}, new String[] {"name", "value"}));

  /** The column's type; nullable, and so is each field. */
  public static final RowType TYPE =
      RowType.of(
          new LogicalType[] {
            bytes(),
            HEADERS_TYPE,
            string(),
            new IntType(),
            new BigIntType(),
            new BigIntType(),
            bytes(),
            string(),
            string()
          },
          new String[] {
            "key",
            "headers",
            "topic",
            "partition",
            "offset",
            "timestamp",
            "value",
            "error_class",
            "error_message"
          });

  private static final RowData.FieldGetter[] GETTERS = getters(TYPE);

  private final RowData row;

  private Origin(RowData row) {
    this.row = row;
  }

  /**
   * The type of a record with these values: the same fields, each nullable since a tombstone has
   * none of them, and the origin last.
   */
  public static RowType appendTo(RowType values) {
    List<RowType.RowField> fields = new ArrayList<>();
    for (RowType.RowField field : values.getFields()) {
      fields.add(new RowType.RowField(field.getName(), field.getType().copy(true)));
    }
    fields.add(new RowType.RowField(COLUMN, TYPE));
    return new RowType(false, fields);
  }

  /** The position of the origin in a record's type, or -1. */
  public static int indexIn(RowType rowType) {
    return rowType.getFieldIndex(COLUMN);
  }

  /** The origin of a record, or null. {@code index} is what {@link #indexIn} answered. */
  public static @Nullable Origin of(RowData record, int index) {
    return index < 0 || record.isNullAt(index)
        ? null
        : new Origin(record.getRow(index, TYPE.getFieldCount()));
  }

  /** A field as the row holds it, or null. Not a copy. */
  public @Nullable Object field(int field) {
    return GETTERS[field].getFieldOrNull(row);
  }

  /** A field of type BYTES, or null. Not a copy. */
  public byte @Nullable [] bytes(int field) {
    return row.isNullAt(field) ? null : row.getBinary(field);
  }

  /** A field of type STRING, or null. */
  public @Nullable String string(int field) {
    return row.isNullAt(field) ? null : row.getString(field).toString();
  }

  /** Milliseconds since the epoch, or null. */
  public @Nullable Long timestamp() {
    return row.isNullAt(TIMESTAMP) ? null : row.getLong(TIMESTAMP);
  }

  /** {@link #position} of a record that may have none. */
  public static String positionOf(@Nullable Origin origin) {
    return origin == null ? "a record" : origin.position();
  }

  /**
   * {@code topic-partition offset n}, as a message names a record, and {@code file/n} or {@code
   * file/record/byte} for that of a file.
   */
  public String position() {
    if (row.isNullAt(TOPIC)) {
      return "a record";
    }
    String name = String.valueOf(string(TOPIC));
    if (row.isNullAt(PARTITION)) {
      return "%s/%s".formatted(name, field(OFFSET));
    }
    // No topic has a slash in its name, and each path of a file has one.
    String form = name.contains("/") ? "%s/%s/%s" : "%s-%s offset %s";
    return form.formatted(name, field(PARTITION), field(OFFSET));
  }

  public boolean hasHeaders() {
    return !row.isNullAt(HEADERS);
  }

  /** The headers in their order; empty if there are none. */
  public List<Header> headers() {
    return hasHeaders() ? readHeaders(row.getArray(HEADERS)) : List.of();
  }

  static RowData.FieldGetter[] getters(RowType type) {
    RowData.FieldGetter[] getters = new RowData.FieldGetter[type.getFieldCount()];
    for (int i = 0; i < getters.length; i++) {
      getters[i] = RowData.createFieldGetter(type.getTypeAt(i), i);
    }
    return getters;
  }

  static List<Header> readHeaders(ArrayData array) {
    List<Header> headers = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      RowData header = array.getRow(i, HEADER_FIELDS);
      headers.add(
          new Header(
              header.getString(0).toString(), header.isNullAt(1) ? null : header.getBinary(1)));
    }
    return headers;
  }

  /** Headers as the {@link #HEADERS} field holds them. */
  public static ArrayData writeHeaders(List<Header> headers) {
    Object[] rows = new Object[headers.size()];
    for (int i = 0; i < rows.length; i++) {
      Header header = headers.get(i);
      rows[i] = GenericRowData.of(StringData.fromString(header.name()), header.value());
    }
    return new GenericArrayData(rows);
  }

  private static LogicalType bytes() {
    return new VarBinaryType(VarBinaryType.MAX_LENGTH);
  }

  private static LogicalType string() {
    return new VarCharType(VarCharType.MAX_LENGTH);
  }
}
