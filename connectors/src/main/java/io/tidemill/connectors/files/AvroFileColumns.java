package io.tidemill.connectors.files;

import java.io.IOException;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Resolver;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** What the head of an Avro file says, read as Flink's format does. */
record AvroFileColumns() implements FileColumns {
  private static final String LOGICAL_TYPE = org.apache.avro.LogicalType.LOGICAL_TYPE_PROP;

  @Override
  public RowType of(FileSourceSplit file) throws IOException {
    Schema schema = AvroBlocks.recordsOf(schema(file));
    if (schema.getType() != Schema.Type.RECORD) {
      throw new IOException("of type %s (expected: records)".formatted(schema.getName()));
    }
    Found found = new Found(file);
    for (Schema.Field column : schema.getFields()) {
      found.add(column.name(), column.schema(), type(column.schema()));
    }
    return found.columns();
  }

  private static Schema schema(FileSourceSplit file) throws IOException {
    // Avro leaves what it was given open where it fails.
    try (FSDataInputStream open = file.path().getFileSystem().open(file.path());
        DataFileStream<GenericRecord> records =
            new DataFileStream<>(open, new GenericDatumReader<>())) {
      return records.getSchema();
    } catch (OutOfMemoryError tooLarge) {
      // A damaged length asks for as much memory as it says.
      throw new IOException(tooLarge.getMessage(), tooLarge);
    }
  }

  private static Optional<LogicalType> type(Schema column) {
    try {
      if (losesMeaning(column)) {
        return Optional.empty();
      }
      LogicalType type =
          AvroSchemaConverter.convertToDataType(column.toString()).getLogicalType().copy(true);
      Schema read = AvroSchemaConverter.convertToSchema(type);
      boolean fits = AvroBlocks.errors(Resolver.resolve(column, read)).findAny().isEmpty();
      return fits ? Optional.of(type) : Optional.empty();
    } catch (IllegalArgumentException
        | UnsupportedOperationException
        | ValidationException
        | AvroRuntimeException
        | StackOverflowError none) {
      // The last of a type that contains itself.
      return Optional.empty();
    }
  }

  /** Whether it is a time, or holds one, of which the reader would make a bare number. */
  private static boolean losesMeaning(Schema schema) {
    return switch (schema.getType()) {
      case UNION -> schema.getTypes().stream().anyMatch(AvroFileColumns::losesMeaning);
      case ARRAY -> losesMeaning(schema.getElementType());
      case MAP -> losesMeaning(schema.getValueType());
      case RECORD -> schema.getFields().stream().anyMatch(field -> losesMeaning(field.schema()));
      case INT, LONG -> schema.getProp(LOGICAL_TYPE) != null && isBareNumber(schema);
      default -> false;
    };
  }

  private static boolean isBareNumber(Schema schema) {
    return AvroSchemaConverter.convertToDataType(schema.toString())
        .getLogicalType()
        .isAnyOf(LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT);
  }
}
