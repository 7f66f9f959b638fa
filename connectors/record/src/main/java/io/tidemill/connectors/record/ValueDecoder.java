package io.tidemill.connectors.record;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;
import org.apache.flink.util.InstantiationUtil;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a record's value into rows, by a format of Flink.
 *
 * <p>A format that failed once may stay broken (FLINK-31951): it is thrown away then, and a new one
 * made from its serialized form, unless it is known to stay whole. Not thread-safe.
 */
public final class ValueDecoder implements Serializable {
  private static final long serialVersionUID = 1L;

  private final byte[] serializedFormat;
  private final boolean staysWhole;
  private final RowData.FieldGetter[] getters;

  private transient @Nullable DeserializationSchema<RowData> format;
  private transient DeserializationSchema.@Nullable InitializationContext context;
  private transient @Nullable Rows decoded;

  /**
   * A decoder, which serializes {@code format} at once.
   *
   * @param values the type of the rows that the format makes
   * @param staysWhole whether the format is as good as new when it has failed
   */
  public ValueDecoder(DeserializationSchema<RowData> format, RowType values, boolean staysWhole)
      throws IOException {
    this.serializedFormat = InstantiationUtil.serializeObject(format);
    this.staysWhole = staysWhole;
    this.getters =
        IntStream.range(0, values.getFieldCount())
            .mapToObj(i -> RowData.createFieldGetter(values.getTypeAt(i), i))
            .toArray(RowData.FieldGetter[]::new);
  }

  /**
   * Starts the format, before the first value.
   *
   * @param with what formats are opened with from now on
   * @throws IllegalStateException if it does not start, of which no value is at fault
   */
  public void open(DeserializationSchema.InitializationContext with) {
    this.context = with;
    this.format = current();
  }

  /** How many fields the format's rows have. */
  public int fieldCount() {
    return getters.length;
  }

  /** A field of a row of the format, as the row holds it. */
  public @Nullable Object field(RowData row, int field) {
    return row instanceof GenericRowData generic
        ? generic.getField(field)
        : getters[field].getFieldOrNull(row);
  }

  /**
   * The rows of a value: one or more, valid until the next call.
   *
   * @throws IOException as the format does, if they do not decode, as it may any other exception
   */
  public List<RowData> decode(byte[] value) throws IOException {
    Rows rows = decoded == null ? new Rows() : decoded;
    decoded = rows;
    rows.all.clear();
    boolean whole = staysWhole;
    try {
      current().deserialize(value, rows);
      whole = true;
    } finally {
      if (!whole) {
        format = null;
      }
    }
    if (rows.all.isEmpty()) {
      throw new IOException("the format made no record of " + value.length + " bytes");
    }
    return rows.all;
  }

  private DeserializationSchema<RowData> current() {
    DeserializationSchema<RowData> current = format;
    if (current != null) {
      return current;
    }
    try {
      DeserializationSchema<RowData> created =
          InstantiationUtil.deserializeObject(
              serializedFormat, Thread.currentThread().getContextClassLoader());
      if (context != null) {
        created.open(context);
      }
      format = created;
      return created;
    } catch (Exception e) {
      throw new IllegalStateException("the decoder of the format does not start", e);
    }
  }

  /** What a format made of one value. */
  private static final class Rows implements Collector<RowData> {
    final List<RowData> all = new ArrayList<>(1);

    @Override
    public void collect(RowData row) {
      if (row != null) {
        all.add(row);
      }
    }

    @Override
    public void close() {}
  }
}
