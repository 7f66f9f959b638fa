package io.tidemill.connectors.avro;

import io.tidemill.connectors.problem.InvalidSchemaException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.io.Encoder;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;

/**
 * Finds the type of each part of a schema, and refuses by its field what Flink cannot keep. Not
 * thread-safe.
 *
 * <p>Flink's own converters read {@code timestamp-micros} as milliseconds (FLINK-39036), lose enums
 * and the order of a union, and never end with a schema that contains itself.
 */
final class AvroTypes {
  private final String schemaName;
  private final Set<String> enclosing = new LinkedHashSet<>();
  private String path = "";

  AvroTypes(String schemaName) {
    this.schemaName = schemaName;
  }

  /**
   * The type of a part.
   *
   * @param wanted what the part's author calls it, where Flink has more names than Avro
   * @throws InvalidSchemaException naming each field for which Flink has no such type
   */
  AvroType of(Schema schema, @Nullable LogicalType wanted) {
    return switch (schema.getType()) {
      case UNION -> union(schema, wanted);
      case RECORD -> record(schema, wanted);
      case ARRAY -> array(at(path + "[]", schema.getElementType(), child(wanted, 0)));
      case MAP -> map(at(path + "{}", schema.getValueType(), child(wanted, 1)));
      case BOOLEAN ->
          AvroType.of(
              new BooleanType(),
              in -> in.avro.readBoolean(),
              (value, out) -> out.writeBoolean((Boolean) value));
      case INT -> number(schema, wanted);
      case LONG -> number(schema);
      case FLOAT ->
          AvroType.of(
              new FloatType(),
              in -> in.avro.readFloat(),
              (value, out) -> out.writeFloat((Float) value));
      case DOUBLE ->
          AvroType.of(
              new DoubleType(),
              in -> in.avro.readDouble(),
              (value, out) -> out.writeDouble((Double) value));
      case ENUM -> enumeration(schema);
      case STRING ->
          AvroType.of(
              new VarCharType(VarCharType.MAX_LENGTH),
              AvroInput::readText,
              (value, out) -> out.writeBytes(((StringData) value).toBytes()));
      case BYTES, FIXED -> bytes(schema);
      case NULL -> throw refused(schema, "a type, or its union with null");
    };
  }

  /** The type of a part that lies deeper, which messages call by this path. */
  private AvroType at(String deeper, Schema schema, @Nullable LogicalType wanted) {
    String before = path;
    path = deeper;
    try {
      return of(schema, wanted);
    } finally {
      path = before;
    }
  }

  private AvroType union(Schema schema, @Nullable LogicalType wanted) {
    List<Schema> branches = schema.getTypes();
    int nullIndex = branches.size() == 2 ? branches.indexOf(Schema.create(Schema.Type.NULL)) : -1;
    if (nullIndex < 0) {
      throw refused(schema, "no union but that of a type with null");
    }
    return of(branches.get(1 - nullIndex), wanted).orNull(nullIndex);
  }

  private AvroType record(Schema schema, @Nullable LogicalType wanted) {
    if (!enclosing.add(schema.getFullName())) {
      throw refused(
          schema.getFullName() + ", which contains itself", "a schema of a depth that is known");
    }
    AvroType[] fields = new AvroType[schema.getFields().size()];
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < fields.length; i++) {
      Schema.Field field = schema.getFields().get(i);
      String name = path.isEmpty() ? field.name() : path + "." + field.name();
      try {
        fields[i] = at(name, field.schema(), child(wanted, i));
      } catch (InvalidSchemaException refused) {
        problems.addAll(refused.problems());
      }
    }
    enclosing.remove(schema.getFullName());
    if (!problems.isEmpty()) {
      throw new InvalidSchemaException(problems);
    }
    return new AvroRecord(schema, fields).type();
  }

  private static AvroType array(AvroType element) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(element.type().copy(true));
    return AvroType.of(
        new ArrayType(element.type()),
        arrayReader(element),
        (value, out) -> {
          ArrayData array = (ArrayData) value;
          out.writeArrayStart();
          out.setItemCount(array.size());
          for (int i = 0; i < array.size(); i++) {
            out.startItem();
            element.write(getter.getElementOrNull(array, i), out);
          }
          out.writeArrayEnd();
        });
  }

  private static AvroType.Reader arrayReader(AvroType element) {
    boolean present = element.nullIndex() < 0;
    if (present && element.type().is(LogicalTypeRoot.FLOAT)) {
      return AvroInput::readFloats;
    }
    return present && element.type().is(LogicalTypeRoot.DOUBLE)
        ? AvroInput::readDoubles
        : in -> in.readArray(element::read);
  }

  private static AvroType map(AvroType element) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(element.type().copy(true));
    return AvroType.of(
        new MapType(new VarCharType(false, VarCharType.MAX_LENGTH), element.type()),
        in -> in.readMap(element::read),
        (value, out) -> {
          MapData map = (MapData) value;
          ArrayData keys = map.keyArray();
          ArrayData values = map.valueArray();
          out.writeMapStart();
          out.setItemCount(map.size());
          for (int i = 0; i < map.size(); i++) {
            out.startItem();
            out.writeBytes(keys.getString(i).toBytes());
            element.write(getter.getElementOrNull(values, i), out);
          }
          out.writeMapEnd();
        });
  }

  private static AvroType enumeration(Schema schema) {
    StringData[] symbols =
        schema.getEnumSymbols().stream().map(AvroTypes::constant).toArray(StringData[]::new);
    return AvroType.of(
        new VarCharType(VarCharType.MAX_LENGTH),
        in -> {
          int index = in.avro.readEnum();
          if (index < 0 || index >= symbols.length) {
            throw new IOException("Avro: symbol " + index + " (expected: one of " + schema + ")");
          }
          return symbols[index];
        },
        (value, out) -> {
          if (!schema.hasEnumSymbol(value.toString())) {
            throw new IOException(
                "Avro: '%s' (expected: one of %s)".formatted(value, schema.getEnumSymbols()));
          }
          out.writeEnum(schema.getEnumOrdinal(value.toString()));
        });
  }

  private AvroType number(Schema schema, @Nullable LogicalType wanted) {
    LogicalTypeRoot root = wanted == null ? LogicalTypeRoot.INTEGER : wanted.getTypeRoot();
    if (root == LogicalTypeRoot.TINYINT || root == LogicalTypeRoot.SMALLINT) {
      boolean tiny = root == LogicalTypeRoot.TINYINT;
      return AvroType.of(
          tiny ? new TinyIntType() : new SmallIntType(),
          in -> narrow(in.avro.readInt(), tiny),
          (value, out) -> out.writeInt(((Number) value).intValue()));
    }
    LogicalType type =
        switch (logicalName(schema)) {
          case "" -> new IntType();
          case "date" -> new DateType();
          case "time-millis" -> new TimeType(3);
          default -> throw notKept(schema);
        };
    return AvroType.of(
        type, in -> in.avro.readInt(), (value, out) -> out.writeInt((Integer) value));
  }

  private static Object narrow(int value, boolean tiny) throws IOException {
    if (tiny ? value != (byte) value : value != (short) value) {
      throw new IOException(
          "Avro: %d (expected: a %s)".formatted(value, tiny ? "TINYINT" : "SMALLINT"));
    }
    return tiny ? (Object) (byte) value : (Object) (short) value;
  }

  private AvroType number(Schema schema) {
    return switch (logicalName(schema)) {
      case "" ->
          AvroType.of(
              new BigIntType(),
              in -> in.avro.readLong(),
              (value, out) -> out.writeLong((Long) value));
      case "timestamp-millis" -> timestamp(new LocalZonedTimestampType(3), 1_000);
      case "timestamp-micros" -> timestamp(new LocalZonedTimestampType(6), 1_000_000);
      case "timestamp-nanos" -> timestamp(new LocalZonedTimestampType(9), 1_000_000_000);
      case "local-timestamp-millis" -> timestamp(new TimestampType(3), 1_000);
      case "local-timestamp-micros" -> timestamp(new TimestampType(6), 1_000_000);
      case "local-timestamp-nanos" -> timestamp(new TimestampType(9), 1_000_000_000);
      default -> throw notKept(schema);
    };
  }

  /** Instants, and local times taken as if they were in UTC, as a count of parts of a second. */
  private static AvroType timestamp(LogicalType type, long perSecond) {
    long perMilli = perSecond / 1_000;
    long nanos = 1_000_000 / perMilli;
    return AvroType.of(
        type,
        in -> {
          long count = in.avro.readLong();
          return TimestampData.fromEpochMillis(
              Math.floorDiv(count, perMilli), (int) (Math.floorMod(count, perMilli) * nanos));
        },
        (value, out) -> {
          TimestampData timestamp = (TimestampData) value;
          out.writeLong(
              Math.addExact(
                  Math.multiplyExact(timestamp.getMillisecond(), perMilli),
                  timestamp.getNanoOfMillisecond() / nanos));
        });
  }

  private AvroType bytes(Schema schema) {
    boolean fixed = schema.getType() == Schema.Type.FIXED;
    int size = fixed ? schema.getFixedSize() : VarBinaryType.MAX_LENGTH;
    return switch (logicalName(schema)) {
      case "decimal" -> decimal(schema);
      case "", "uuid" ->
          AvroType.of(
              new VarBinaryType(size),
              in -> fixed ? in.readFixed(size) : in.readBytes(),
              (value, out) -> write((byte[]) value, schema, out));
      default -> throw notKept(schema);
    };
  }

  private AvroType decimal(Schema schema) {
    var decimal = (LogicalTypes.Decimal) schema.getLogicalType();
    int precision = decimal.getPrecision();
    if (precision > DecimalType.MAX_PRECISION) {
      throw refused(schema, "a precision of at most " + DecimalType.MAX_PRECISION);
    }
    boolean fixed = schema.getType() == Schema.Type.FIXED;
    return AvroType.of(
        new DecimalType(precision, decimal.getScale()),
        in -> {
          byte[] unscaled = fixed ? in.readFixed(schema.getFixedSize()) : in.readBytes();
          if (unscaled.length == 0) {
            throw new IOException("Avro: a decimal of no bytes (expected: >= 1)");
          }
          var value = new BigDecimal(new BigInteger(unscaled), decimal.getScale());
          DecimalData read = DecimalData.fromBigDecimal(value, precision, decimal.getScale());
          if (read == null) {
            throw new IOException("Avro: " + value + " (expected: " + precision + " digits)");
          }
          return read;
        },
        (value, out) -> {
          byte[] unscaled = ((DecimalData) value).toUnscaledBytes();
          write(fixed ? extended(unscaled, schema.getFixedSize()) : unscaled, schema, out);
        });
  }

  private static void write(byte[] value, Schema schema, Encoder out) throws IOException {
    if (schema.getType() == Schema.Type.BYTES) {
      out.writeBytes(value);
      return;
    }
    if (value.length != schema.getFixedSize()) {
      throw new IOException(
          "Avro: %d bytes (expected: %d)".formatted(value.length, schema.getFixedSize()));
    }
    out.writeFixed(value);
  }

  /** The same number in more bytes; one that needs more than there are stays as it is. */
  private static byte[] extended(byte[] unscaled, int size) {
    if (unscaled.length >= size) {
      return unscaled;
    }
    byte[] all = new byte[size];
    Arrays.fill(all, 0, size - unscaled.length, (byte) (unscaled[0] < 0 ? -1 : 0));
    System.arraycopy(unscaled, 0, all, size - unscaled.length, unscaled.length);
    return all;
  }

  /** Rows travel to other threads, and a string that is still lazy changes when it is read. */
  static StringData constant(String text) {
    BinaryStringData string = BinaryStringData.fromString(text);
    string.ensureMaterialized();
    return string;
  }

  private static String logicalName(Schema schema) {
    return schema.getLogicalType() == null ? "" : schema.getLogicalType().getName();
  }

  static @Nullable LogicalType child(@Nullable LogicalType wanted, int index) {
    if (wanted == null) {
      return null;
    }
    List<LogicalType> children = wanted.getChildren();
    return children.get(Math.min(index, children.size() - 1));
  }

  private InvalidSchemaException notKept(Schema schema) {
    String plain = schema.getType().getName();
    return refused(
        logicalName(schema),
        "a logical type that Flink keeps; remove it from the job's schema to have the plain "
            + plain);
  }

  private InvalidSchemaException refused(Object found, String expected) {
    return new InvalidSchemaException(
        List.of(
            "Avro schema '%s': field '%s' is %s (expected: %s)"
                .formatted(schemaName, path, found, expected)));
  }
}
