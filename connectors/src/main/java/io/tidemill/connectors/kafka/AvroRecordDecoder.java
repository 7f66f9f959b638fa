package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.RecordSchema;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.avro.AvroToRowDataConverters;
import org.apache.flink.formats.avro.AvroToRowDataConverters.AvroToRowDataConverter;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Decodes plain binary Avro with exactly the schema that was given, and refuses bytes that are left
 * over.
 *
 * <p>Flink's own decoder reads with a schema made from the fields, in which enums, fixed and the
 * order of a union are lost; it stops at the record's end and so takes most garbage for a record.
 * Not thread-safe.
 */
final class AvroRecordDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final String schemaJson;
  private final RowType rowType;
  private final AvroToRowDataConverter converter;

  private transient @Nullable GenericDatumReader<GenericRecord> reader;
  private transient @Nullable BinaryDecoder bytes;
  private transient @Nullable GenericRecord reused;

  AvroRecordDecoder(RecordSchema schema, boolean legacyTimestamps) {
    rowType = schema.rowType();
    schemaJson =
        schema
            .avro()
            .orElseGet(
                () ->
                    AvroSchemaConverter.convertToSchema(rowType.copy(false), legacyTimestamps)
                        .toString());
    converter = AvroToRowDataConverters.createRowConverter(rowType, legacyTimestamps);
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    GenericDatumReader<GenericRecord> avro = reader;
    if (avro == null) {
      avro = new GenericDatumReader<>(new Schema.Parser().parse(schemaJson));
      reader = avro;
    }
    BinaryDecoder binary = DecoderFactory.get().binaryDecoder(message, bytes);
    bytes = binary;
    GenericRecord datum = avro.read(reused, new BoundedAvroDecoder(binary));
    reused = datum;
    if (!binary.isEnd()) {
      throw new IOException(
          "Avro: "
              + binary.inputStream().available()
              + " of "
              + message.length
              + " bytes left over (expected: one record of "
              + avro.getSchema().getFullName()
              + " and nothing else)");
    }
    return (RowData) converter.convert(datum);
  }

  @Override
  public boolean isEndOfStream(RowData nextElement) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }
}
