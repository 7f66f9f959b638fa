package io.tidemill.connectors.avro;

import java.io.IOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.Encoder;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Opens writers of files of Avro, whose records are those that {@link AvroEncoder} writes.
 * Immutable and thread-safe; its writers are not.
 */
public final class AvroFileWriters implements BulkWriter.Factory<RowData> {
  private static final long serialVersionUID = 1L;

  private final String json;
  private final RowType rowType;
  private final String codec;

  /**
   * Writers of rows.
   *
   * @param codec of the blocks, by Avro's name for it
   * @throws IllegalArgumentException if Avro has no such type or no such codec
   */
  public AvroFileWriters(AvroSchema schema, String codec) {
    this.json = schema.json();
    this.rowType = schema.rowType();
    this.codec = codec;
    schema.type();
    codec();
  }

  private CodecFactory codec() {
    try {
      return CodecFactory.fromString(codec);
    } catch (AvroRuntimeException unknown) {
      throw new IllegalArgumentException(
          "codec: '%s' (expected: null, deflate, snappy, bzip2, xz or zstandard)".formatted(codec),
          unknown);
    }
  }

  @Override
  public BulkWriter<RowData> create(FSDataOutputStream out) throws IOException {
    AvroSchema schema = new AvroSchema(json, rowType);
    DataFileWriter<RowData> file = new DataFileWriter<>(new RowWriter(schema.type()));
    return new FileWriter(file.setCodec(codec()).create(schema.parsed(), out));
  }

  /** Writes rows of one type. */
  private record RowWriter(AvroType type) implements DatumWriter<RowData> {
    /** It is that of the type. */
    @Override
    public void setSchema(Schema schema) {}

    @Override
    public void write(RowData row, Encoder out) throws IOException {
      type.write(row, out);
    }
  }

  /** Writes one file, whose stream whoever opened it closes. */
  private record FileWriter(DataFileWriter<RowData> file) implements BulkWriter<RowData> {
    @Override
    public void addElement(RowData row) throws IOException {
      file.append(row);
    }

    @Override
    public void flush() throws IOException {
      file.flush();
    }

    @Override
    public void finish() throws IOException {
      file.flush();
    }
  }
}
