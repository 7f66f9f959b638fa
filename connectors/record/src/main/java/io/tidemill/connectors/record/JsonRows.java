package io.tidemill.connectors.record;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.options.OptionCheck;
import java.io.Serializable;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * Rows as Flink's JSON writes them right: keys of maps are text, since it knows no others, and
 * numbers are finite, since it would write the others as text. Immutable.
 */
public final class JsonRows implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What becomes of NaN and the infinities, for which JSON has no number. */
  public enum NonFinite {
    /** The record is refused. */
    FAIL,
    /** They are null. */
    NULL,
    /** They are the texts {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}. */
    TEXT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The option that says which, behind the format's prefix. */
  public static final String NON_FINITE = "non-finite";

  /** What a value of one type becomes. */
  private interface Change extends Serializable {
    @Nullable Object of(Object value);
  }

  /** A type as JSON has it; the change is null where values stay as they are. */
  private record Form(LogicalType type, @Nullable Change change) implements Serializable {
    @Nullable Object of(@Nullable Object value) {
      return value == null || change == null ? value : change.of(value);
    }
  }

  private final NonFinite nonFinite;
  private final Form form;

  public JsonRows(RowType rowType, NonFinite nonFinite) {
    this.nonFinite = nonFinite;
    this.form = form(rowType, "");
  }

  /**
   * Rows of a sink, whose options say what becomes of NaN and the infinities.
   *
   * @param prefix of the format's options, as in {@code json.}
   */
  public static JsonRows of(RowType rowType, String prefix, OptionCheck check) {
    return new JsonRows(
        rowType,
        check.read(
            ConfigOptions.key(prefix + NON_FINITE)
                .enumType(NonFinite.class)
                .defaultValue(NonFinite.FAIL),
            NonFinite.FAIL));
  }

  /** The type of the rows that {@link #of(RowData)} makes. */
  public RowType rowType() {
    return (RowType) form.type();
  }

  /**
   * The row as JSON can have it; the same where nothing changes.
   *
   * @throws IllegalArgumentException if a number is not finite and that is refused
   */
  public RowData of(RowData row) {
    return (RowData) requireNonNull(form.of(row));
  }

  private Form form(LogicalType type, String path) {
    return switch (type.getTypeRoot()) {
      case FLOAT, DOUBLE ->
          new Form(
              nonFinite == NonFinite.NULL ? type.copy(true) : type,
              nonFinite == NonFinite.TEXT ? null : value -> finite((Number) value, path));
      case ARRAY -> array((ArrayType) type, path);
      case MAP -> {
        MapType map = (MapType) type;
        yield map(type, map.getKeyType(), form(map.getValueType(), path + "{}"));
      }
      case MULTISET -> {
        MultisetType set = (MultisetType) type;
        LogicalType count = new IntType(false);
        yield map(type, set.getElementType(), new Form(count, null));
      }
      case ROW -> row((RowType) type, path);
      default -> new Form(type, null);
    };
  }

  private @Nullable Number finite(Number value, String path) {
    if (Double.isFinite(value.doubleValue())) {
      return value;
    }
    if (nonFinite == NonFinite.NULL) {
      return null;
    }
    throw new IllegalArgumentException(
        "field '%s' is %s (expected: a number that JSON has; the option json.non-finite of the sink says what to write instead, null or text)"
            .formatted(path, value));
  }

  private Form array(ArrayType type, String path) {
    Form element = form(type.getElementType(), path + "[]");
    if (element.change() == null) {
      return new Form(type, null);
    }
    ArrayData.ElementGetter getter =
        ArrayData.createElementGetter(type.getElementType().copy(true));
    Change each =
        value -> {
          ArrayData array = (ArrayData) value;
          return new GenericArrayData(
              IntStream.range(0, array.size())
                  .mapToObj(i -> element.of(getter.getElementOrNull(array, i)))
                  .toArray());
        };
    return new Form(
        new ArrayType(type.isNullable(), element.type()),
        switch (element.type().getTypeRoot()) {
          case FLOAT, DOUBLE ->
              value -> isFinite((ArrayData) value, element) ? value : each.of(value);
          default -> each;
        });
  }

  /** Whether all numbers are, told without an object for each: such an array stays as it is. */
  private static boolean isFinite(ArrayData numbers, Form element) {
    boolean floats = element.type().is(LogicalTypeRoot.FLOAT);
    for (int i = 0; i < numbers.size(); i++) {
      if (!numbers.isNullAt(i)
          && !Double.isFinite(floats ? numbers.getFloat(i) : numbers.getDouble(i))) {
        return false;
      }
    }
    return true;
  }

  private static Form map(LogicalType type, LogicalType keyType, Form value) {
    boolean text = keyType.is(LogicalTypeFamily.CHARACTER_STRING);
    if (text && value.change() == null && type.is(LogicalTypeRoot.MAP)) {
      return new Form(type, null);
    }
    ArrayData.ElementGetter keys = ArrayData.createElementGetter(keyType.copy(true));
    LogicalType valueType = type instanceof MapType map ? map.getValueType() : value.type();
    ArrayData.ElementGetter values = ArrayData.createElementGetter(valueType.copy(true));
    return new Form(
        new MapType(
            type.isNullable(),
            text ? keyType : new VarCharType(VarCharType.MAX_LENGTH),
            value.type()),
        given -> {
          MapData map = (MapData) given;
          Map<@Nullable Object, @Nullable Object> entries = new LinkedHashMap<>();
          for (int i = 0; i < map.size(); i++) {
            Object key = keys.getElementOrNull(map.keyArray(), i);
            entries.put(
                text || key == null ? key : StringData.fromString(shown(key)),
                value.of(values.getElementOrNull(map.valueArray(), i)));
          }
          return new GenericMapData(entries);
        });
  }

  private static String shown(Object key) {
    return key instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : key.toString();
  }

  private Form row(RowType type, String path) {
    String before = path.isEmpty() ? "" : path + ".";
    List<Form> fields =
        type.getFields().stream()
            .map(field -> form(field.getType(), before + field.getName()))
            .toList();
    if (fields.stream().allMatch(field -> field.change() == null)) {
      return new Form(type, null);
    }
    RowData.FieldGetter[] getters = Origin.getters(type);
    Form[] forms = fields.toArray(Form[]::new);
    return new Form(
        new RowType(
            type.isNullable(),
            IntStream.range(0, forms.length)
                .mapToObj(i -> new RowType.RowField(type.getFieldNames().get(i), forms[i].type()))
                .toList()),
        value -> {
          RowData given = (RowData) value;
          GenericRowData made = new GenericRowData(given.getRowKind(), forms.length);
          for (int i = 0; i < forms.length; i++) {
            made.setField(i, forms[i].of(getters[i].getFieldOrNull(given)));
          }
          return made;
        });
  }
}
