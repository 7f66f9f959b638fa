package io.tidemill.pipelines.compose;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was counted of one predicted field in one subtask or in several. Immutable.
 *
 * @param missing how many are null or not a number
 * @param numbers drawn from those of the field; null of other types
 * @param categories how often each text comes; null of other types, and where there are too many
 */
record FieldCount(
    String field,
    long records,
    long missing,
    @Nullable NumberSample numbers,
    @Nullable TreeMap<String, Long> categories)
    implements Serializable {
  /** With more texts than these a field is free text. */
  static final int MOST_CATEGORIES = 256;

  /** Of both together. */
  FieldCount plus(FieldCount other) {
    NumberSample allNumbers = null;
    if (numbers != null && other.numbers != null) {
      allNumbers = numbers.copy();
      allNumbers.merge(other.numbers);
    }
    TreeMap<String, Long> all = null;
    if (categories != null && other.categories != null) {
      all = new TreeMap<>(categories);
      for (Map.Entry<String, Long> more : other.categories.entrySet()) {
        all.merge(more.getKey(), more.getValue(), Long::sum);
      }
      all = all.size() > MOST_CATEGORIES ? null : all;
    }
    return new FieldCount(field, records + other.records, missing + other.missing, allNumbers, all);
  }
}
