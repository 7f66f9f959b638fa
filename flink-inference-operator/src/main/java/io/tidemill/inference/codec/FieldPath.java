package io.tidemill.inference.codec;

import io.tidemill.model.Suggestion;
import io.tidemill.model.columnar.ElementType;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * A field inside a field, as in {@code pay.amount}, {@code items[0].price} and {@code tags['x']}.
 * Null where any part of the way is, and where a list is shorter or a map has no such key.
 * Immutable.
 */
record FieldPath(List<Step> steps, LogicalType type) implements Serializable {
  private static final Pattern PART =
      Pattern.compile("(?<field>[^.\\[\\]'\"]+)|\\[(?<index>\\d{1,9})]|\\[(['\"])(?<key>.*?)\\3]");

  /** From a value to one inside it. */
  interface Step extends Serializable {
    @Nullable Object of(Object value);
  }

  /**
   * Reads a path.
   *
   * @throws IllegalArgumentException if it leads nowhere; the message says where and why
   */
  static FieldPath of(String path, RowType record) {
    Matcher part = PART.matcher(path);
    List<Step> steps = new ArrayList<>();
    LogicalType type = record;
    int end = 0;
    while (part.find() && separates(path, end, part)) {
      String before = path.substring(0, end);
      String field = part.group("field");
      String index = part.group("index");
      if (field != null && type instanceof RowType row) {
        int position = row.getFieldIndex(field);
        if (position < 0) {
          throw unknown(path, field, row);
        }
        type = row.getTypeAt(position).copy(true);
        RowData.FieldGetter getter = RowData.createFieldGetter(type, position);
        steps.add(value -> getter.getFieldOrNull((RowData) value));
      } else if (index != null && type instanceof ArrayType array) {
        type = array.getElementType().copy(true);
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
        int position = Integer.parseInt(index);
        steps.add(value -> element((ArrayData) value, position, getter));
      } else if (part.group("key") != null
          && type instanceof MapType map
          && map.getKeyType().is(LogicalTypeFamily.CHARACTER_STRING)) {
        type = map.getValueType().copy(true);
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
        String key = part.group("key");
        steps.add(value -> entry((MapData) value, key, getter));
      } else {
        throw new IllegalArgumentException(
            "field '%s': %s (expected: a ROW for a name, an ARRAY for [0], a MAP with keys of STRING for ['key'])"
                .formatted(
                    path,
                    // Whose type has what a pipeline carries beside a user's fields.
                    before.isEmpty()
                        ? "no name before '" + part.group() + "'"
                        : "'%s' is %s".formatted(before, type)));
      }
      end = part.end();
    }
    if (end < path.length()) {
      throw new IllegalArgumentException(
          "field '%s': no path from '%s' on (expected: as in pay.amount, items[0].price or tags['x'])"
              .formatted(path, path.substring(end)));
    }
    return new FieldPath(steps, type);
  }

  /**
   * For a message: what inside of a field, of a type that no tensor takes, a tensor takes; empty
   * where there is nothing.
   */
  static String hint(String path, LogicalType type, ElementType tensor) {
    return isReadable(type)
        ? ""
        : inside(path, type, tensor).map(inside -> "; inside of it: " + inside).orElse("");
  }

  private static Optional<String> inside(String path, LogicalType type, ElementType tensor) {
    Optional<RowField.Kind> kind = kind(type);
    if (kind.isPresent()) {
      return kind.filter(scalar -> scalar.fits(tensor)).map(fits -> path);
    }
    if (type instanceof RowType row) {
      return row.getFields().stream()
          .flatMap(field -> inside(path + "." + field.getName(), field.getType(), tensor).stream())
          .findFirst();
    }
    if (type instanceof ArrayType array) {
      return inside(path + "[0]", array.getElementType(), tensor);
    }
    return type instanceof MapType map && map.getKeyType().is(LogicalTypeFamily.CHARACTER_STRING)
        ? inside(path + "['key']", map.getValueType(), tensor)
        : Optional.empty();
  }

  /** Whether there is a tensor that is made of such a field. */
  static boolean isReadable(LogicalType type) {
    return kind(type).isPresent();
  }

  private static Optional<RowField.Kind> kind(LogicalType type) {
    return RowField.Kind.of(type instanceof ArrayType array ? array.getElementType() : type);
  }

  private static IllegalArgumentException unknown(String path, String name, RowType row) {
    // What a pipeline carries beside a user's fields begins with two underscores.
    List<String> fields =
        row.getFieldNames().stream().filter(field -> !field.startsWith("__")).toList();
    return new IllegalArgumentException(
        "field '%s' is not in the record (%sfields%s: %s)"
            .formatted(
                path,
                new Suggestion(name, fields),
                path.startsWith(name) ? "" : " there",
                String.join(", ", fields)));
  }

  private static boolean separates(String path, int end, Matcher part) {
    boolean dot = part.start() == end + 1 && path.charAt(end) == '.';
    return part.group("field") == null ? part.start() == end : end == 0 ? part.start() == 0 : dot;
  }

  private static @Nullable Object element(
      ArrayData array, int position, ArrayData.ElementGetter getter) {
    return position < array.size() ? getter.getElementOrNull(array, position) : null;
  }

  private static @Nullable Object entry(MapData map, String key, ArrayData.ElementGetter getter) {
    ArrayData keys = map.keyArray();
    StringData wanted = StringData.fromString(key);
    for (int i = 0; i < map.size(); i++) {
      if (!keys.isNullAt(i) && keys.getString(i).equals(wanted)) {
        return getter.getElementOrNull(map.valueArray(), i);
      }
    }
    return null;
  }

  @Nullable Object of(RowData record) {
    Object value = record;
    for (Step step : steps) {
      if (value == null) {
        return null;
      }
      value = step.of(value);
    }
    return value;
  }
}
