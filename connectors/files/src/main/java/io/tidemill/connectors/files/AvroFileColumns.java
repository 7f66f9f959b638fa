package io.tidemill.connectors.files;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.problem.InvalidSchemaException;
import java.io.IOException;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.utils.LogicalTypeDuplicator;

/** What the head of an Avro file says. */
record AvroFileColumns() implements FileColumns {
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
      return Optional.of(AvroSchema.typeOf(column).accept(new Local()));
    } catch (InvalidSchemaException | AvroRuntimeException | StackOverflowError none) {
      return Optional.empty();
    }
  }

  /** Instants are times in UTC, as Flink's own reader of files has those that it reads right. */
  private static final class Local extends LogicalTypeDuplicator {
    @Override
    protected LogicalType defaultMethod(LogicalType type) {
      return type instanceof LocalZonedTimestampType instant
          ? new TimestampType(instant.isNullable(), instant.getPrecision())
          : super.defaultMethod(type);
    }
  }
}
