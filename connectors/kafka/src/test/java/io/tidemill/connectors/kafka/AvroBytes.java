package io.tidemill.connectors.kafka;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Plain binary Avro, written and read by Avro itself. */
final class AvroBytes {
  private AvroBytes() {}

  static byte[] write(String schemaJson, Consumer<GenericRecord> fields) throws IOException {
    Schema schema = new Schema.Parser().parse(schemaJson);
    GenericRecord record = new GenericData.Record(schema);
    fields.accept(record);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  static GenericRecord read(String schemaJson, byte[] bytes) throws IOException {
    return new GenericDatumReader<GenericRecord>(new Schema.Parser().parse(schemaJson))
        .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }
}
