package io.tidemill.connectors.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Resolver;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one schema wrote as values of another, as Avro's specification resolves the two: by
 * name, with defaults for what is not there. Immutable.
 *
 * <p>What does not fit fails when such a value comes, since it may stand in a branch of a union or
 * in a list that stays empty.
 *
 * @param types of the schema that is read
 * @param path of the part, as messages call it
 */
record AvroResolution(AvroTypes types, String path) {
  AvroType.Reader of(Resolver.Action action, @Nullable LogicalType wanted) {
    return switch (action.type) {
      case DO_NOTHING, PROMOTE -> plain(action, wanted);
      case CONTAINER -> container((Resolver.Container) action, wanted);
      case ENUM -> enumeration((Resolver.EnumAdjust) action);
      case RECORD -> record((Resolver.RecordAdjust) action, wanted);
      case WRITER_UNION -> {
        AvroType.Reader[] branches =
            Arrays.stream(((Resolver.WriterUnion) action).actions)
                .map(branch -> of(branch, wanted))
                .toArray(AvroType.Reader[]::new);
        yield in -> branches[in.readBranch(branches.length)].read(in);
      }
      case READER_UNION -> of(((Resolver.ReaderUnion) action).actualAction, wanted);
      case ERROR -> unlike(action, wanted);
      case SKIP -> throw new IllegalStateException("a field without a reader at '" + path + "'");
    };
  }

  private AvroType.Reader plain(Resolver.Action action, @Nullable LogicalType wanted) {
    if (!sameMeaning(action.writer, action.reader)) {
      return refusal(
          "%s was written as %s (expected: %s)".formatted(here(), action.writer, action.reader));
    }
    boolean fromFloat = action.writer.getType() == Schema.Type.FLOAT;
    boolean promoted = action.type == Resolver.Action.Type.PROMOTE;
    return switch (action.reader.getType()) {
      case NULL -> in -> null;
      case FLOAT -> promoted ? in -> (float) in.avro.readLong() : in -> in.avro.readFloat();
      case DOUBLE -> {
        if (!promoted) {
          yield in -> in.avro.readDouble();
        }
        yield fromFloat ? in -> (double) in.avro.readFloat() : in -> (double) in.avro.readLong();
      }
      // In bytes an int is a long, and a string is what its bytes are.
      default -> types.of(action.reader, wanted).reader();
    };
  }

  /** The same count of other units would be another value, and no one could tell. */
  private static boolean sameMeaning(Schema writer, Schema reader) {
    var written = writer.getLogicalType();
    var read = reader.getLogicalType();
    if (written == null || read == null) {
      return true;
    }
    boolean decimals =
        written instanceof LogicalTypes.Decimal && read instanceof LogicalTypes.Decimal;
    return decimals
        ? ((LogicalTypes.Decimal) written).getScale() == ((LogicalTypes.Decimal) read).getScale()
        : written.getName().equals(read.getName());
  }

  private AvroType.Reader container(Resolver.Container action, @Nullable LogicalType wanted) {
    Schema reader = action.reader;
    if (reader.getType() == Schema.Type.MAP) {
      AvroType.Reader value =
          new AvroResolution(types, path + "{}")
              .of(action.elementAction, AvroTypes.child(wanted, 1));
      return in -> in.readMap(value);
    }
    Resolver.Action each = action.elementAction;
    if (each.type == Resolver.Action.Type.DO_NOTHING && sameMeaning(each.writer, each.reader)) {
      return types.of(reader, wanted).reader();
    }
    AvroType.Reader element =
        new AvroResolution(types, path + "[]").of(each, AvroTypes.child(wanted, 0));
    return in -> in.readArray(element);
  }

  private AvroType.Reader enumeration(Resolver.EnumAdjust action) {
    @Nullable Object[] symbols = new Object[action.adjustments.length];
    for (int i = 0; i < symbols.length; i++) {
      int symbol = action.adjustments[i];
      symbols[i] =
          symbol < 0 ? null : AvroTypes.constant(action.reader.getEnumSymbols().get(symbol));
    }
    return symbol(symbols, action.writer, action.reader);
  }

  private AvroType.Reader symbol(@Nullable Object[] symbols, Schema writer, Schema reader) {
    return in -> {
      int index = in.avro.readEnum();
      Object symbol = index < 0 || index >= symbols.length ? null : symbols[index];
      if (symbol == null) {
        Object written =
            index < 0 || index >= symbols.length ? index : writer.getEnumSymbols().get(index);
        throw new IOException(
            "Avro: %s is symbol %s (expected: one of %s)"
                .formatted(here(), written, reader.getEnumSymbols()));
      }
      return symbol;
    };
  }

  private AvroType.Reader record(Resolver.RecordAdjust action, @Nullable LogicalType wanted) {
    int count = action.fieldActions.length;
    int[] positions = new int[count];
    AvroType.Reader[] readers = new AvroType.Reader[count];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Resolver.Action field = action.fieldActions[i];
      if (field.type == Resolver.Action.Type.SKIP) {
        positions[i] = -1;
        readers[i] =
            in -> {
              in.skip(field.writer);
              return null;
            };
      } else {
        Schema.Field read = action.readerOrder[kept++];
        positions[i] = read.pos();
        String name = path.isEmpty() ? read.name() : path + "." + read.name();
        readers[i] = new AvroResolution(types, name).of(field, AvroTypes.child(wanted, read.pos()));
      }
    }
    @Nullable Object[] defaults = new Object[action.readerOrder.length];
    for (int i = 0; i < action.defaults.length; i++) {
      Schema.Field field = action.readerOrder[action.firstDefault + i];
      defaults[field.pos()] =
          value(
              action.defaults[i],
              field.schema(),
              types.of(field.schema(), AvroTypes.child(wanted, field.pos())));
    }
    return in -> {
      GenericRowData row = new GenericRowData(defaults.length);
      for (int i = 0; i < defaults.length; i++) {
        row.setField(i, defaults[i]);
      }
      for (int i = 0; i < count; i++) {
        Object value = readers[i].read(in);
        if (positions[i] >= 0) {
          row.setField(positions[i], value);
        }
      }
      return row;
    };
  }

  /** A default, by way of its bytes. */
  private static @Nullable Object value(@Nullable Object avro, Schema schema, AvroType type) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder out = EncoderFactory.get().binaryEncoder(bytes, null);
    try {
      new GenericDatumWriter<@Nullable Object>(schema).write(avro, out);
      out.flush();
      return type.read(new AvroInput(bytes.toByteArray(), 0, bytes.size(), null));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AvroType.Reader unlike(Resolver.Action action, @Nullable LogicalType wanted) {
    Schema writer = action.writer;
    Schema reader = valueOf(action.reader);
    if (action.reader.isUnion() && reader.getType() == writer.getType()) {
      // No branch fits for Avro if a part of it does not, which may be one that is read here.
      return of(Resolver.resolve(writer, reader), wanted);
    }
    if (writer.getType() == Schema.Type.ENUM && reader.getType() == Schema.Type.STRING) {
      Object[] symbols = writer.getEnumSymbols().stream().map(AvroTypes::constant).toArray();
      return symbol(symbols, writer, writer);
    }
    if (writer.getType() == Schema.Type.RECORD && reader.getType() == Schema.Type.RECORD) {
      List<String> missing =
          reader.getFields().stream()
              .filter(field -> !field.hasDefaultValue())
              .map(Schema.Field::name)
              .filter(name -> writer.getField(name) == null)
              .toList();
      return refusal(
          "%s was written without %s (expected: %s, or a default in the job's schema)"
              .formatted(
                  here(),
                  missing.stream().collect(Collectors.joining("', '", "'", "'")),
                  missing.size() == 1 ? "this field" : "these fields"));
    }
    return refusal("%s was written as %s (expected: %s)".formatted(here(), writer, reader));
  }

  /** What a schema is where it is not null; itself if it is more than one thing. */
  private static Schema valueOf(Schema schema) {
    if (!schema.isUnion()) {
      return schema;
    }
    List<Schema> values =
        schema.getTypes().stream().filter(type -> type.getType() != Schema.Type.NULL).toList();
    return values.size() == 1 ? values.get(0) : schema;
  }

  private String here() {
    return path.isEmpty() ? "the record" : "field '" + path + "'";
  }

  private AvroType.Reader refusal(String message) {
    return in -> {
      throw new UnfitSchemaException(path, "Avro: " + message);
    };
  }
}
