package io.tidemill.inference.codec;

import io.tidemill.model.columnar.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * The fields that inputs are made of while they are bound: those of the record and, behind them,
 * those inside of fields that were asked for. Not thread-safe.
 */
final class RecordFields {
  private final RowType record;
  private final Map<String, FieldPath> nested = new LinkedHashMap<>();

  RecordFields(RowType record) {
    this.record = record;
  }

  /**
   * Looks for a field that some tensor takes.
   *
   * @throws IllegalArgumentException if there is none; the message says why
   */
  void check(String name) {
    index(name);
    LogicalType type = type(name);
    // What is not known may be anything.
    if (!FieldPath.isReadable(type) && !type.is(LogicalTypeRoot.NULL)) {
      throw new IllegalArgumentException(
          "field '%s' is %s, of which no tensor is made (expected: a scalar or an ARRAY of scalars%s)"
              .formatted(name, type, FieldPath.hint(name, type, ElementType.FLOAT32)));
    }
  }

  /**
   * The position of a field. A name of the record's own goes before a path.
   *
   * @throws IllegalArgumentException if there is none; the message says why
   */
  int index(String name) {
    int own = record.getFieldIndex(name);
    if (own >= 0) {
      return own;
    }
    if (!nested.containsKey(name)) {
      nested.put(name, FieldPath.of(name, record));
    }
    return record.getFieldCount() + new ArrayList<>(nested.keySet()).indexOf(name);
  }

  /** Whether the name was found. */
  boolean has(String name) {
    return record.getFieldIndex(name) >= 0 || nested.containsKey(name);
  }

  /** The type of a field that was found. */
  LogicalType type(String name) {
    FieldPath path = nested.get(name);
    return path == null ? record.getTypeAt(index(name)) : path.type();
  }

  /** What was asked for inside of fields, in the order of the positions. */
  List<FieldPath> paths() {
    return List.copyOf(nested.values());
  }
}
