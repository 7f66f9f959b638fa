package io.tidemill.pipelines.compose;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/** Counts one predicted field of each record. For use by one thread. */
final class FieldCounter {
  /** A text longer than this is free text. */
  private static final int LONGEST_CATEGORY = 256;

  private final String field;
  private final int position;
  private final @Nullable Reading reading;
  private final NumberSample numbers = new NumberSample();
  private @Nullable Map<StringData, long[]> texts;
  private long records;
  private long missing;

  /** Reads a number without making an object of it. */
  private interface Reading {
    double of(RowData row, int position);
  }

  FieldCounter(String field, int position, LogicalType type) {
    this.field = field;
    this.position = position;
    this.reading =
        switch (type.getTypeRoot()) {
          case FLOAT -> RowData::getFloat;
          case DOUBLE -> RowData::getDouble;
          case TINYINT -> RowData::getByte;
          case SMALLINT -> RowData::getShort;
          case INTEGER -> RowData::getInt;
          case BIGINT -> RowData::getLong;
          case BOOLEAN -> (row, at) -> row.getBoolean(at) ? 1 : 0;
          default -> null;
        };
    this.texts =
        switch (type.getTypeRoot()) {
          case CHAR, VARCHAR -> new HashMap<>();
          default -> null;
        };
  }

  static void addTo(RowData row, FieldCounter[] counters) {
    for (FieldCounter counter : counters) {
      counter.add(row);
    }
  }

  void add(RowData row) {
    records++;
    if (row.isNullAt(position)) {
      missing++;
    } else if (reading != null) {
      add(reading.of(row, position));
    } else if (texts != null) {
      add(texts, row.getString(position));
    }
  }

  private void add(double number) {
    if (Double.isNaN(number)) {
      missing++;
    } else {
      numbers.add(number);
    }
  }

  private void add(Map<StringData, long[]> seen, StringData text) {
    long[] count = seen.get(text);
    if (count != null) {
      count[0]++;
      return;
    }
    String category = text.toString();
    if (seen.size() == FieldCount.MOST_CATEGORIES || category.length() > LONGEST_CATEGORY) {
      texts = null;
    } else {
      // The row may be written over.
      seen.put(StringData.fromString(category), new long[] {1});
    }
  }

  FieldCount count() {
    TreeMap<String, Long> categories = null;
    if (texts != null) {
      categories = new TreeMap<>();
      for (Map.Entry<StringData, long[]> text : texts.entrySet()) {
        categories.put(text.getKey().toString(), text.getValue()[0]);
      }
    }
    return new FieldCount(
        field, records, missing, reading == null ? null : numbers.copy(), categories);
  }
}
