package io.tidemill.connectors.registry;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.avro.AvroEncoder;
import io.tidemill.connectors.avro.AvroSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** Encodes rows behind the number that their schema has in a registry. Not thread-safe. */
final class RegistryEncoder implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final RegistrySettings settings;
  private final String subject;
  private final boolean registers;
  private final String json;
  private final AvroEncoder avro;

  private transient byte @Nullable [] before;

  RegistryEncoder(RegistrySettings settings, String subject, boolean registers, AvroSchema schema) {
    this.settings = settings;
    this.subject = subject;
    this.registers = registers;
    this.json = schema.json();
    this.avro = schema.encoder();
  }

  /** Asks the registry for the schema's number. */
  @Override
  public void open(InitializationContext context) throws Exception {
    RegistryClient client = new RegistryClient(settings);
    int id =
        registers
            ? client.register(subject, json)
            : client
                .find(subject, json)
                .orElseThrow(
                    () ->
                        new RefusedSchemaException(
                            "schema registry at %s: the sink's schema is not registered as '%s' (expected: it is; register it, or let the job do so): %s"
                                .formatted(settings, subject, json)));
    before = SchemaId.before(id);
  }

  @Override
  public byte[] serialize(RowData row) {
    return avro.serialize(requireNonNull(before, "open"), row);
  }
}
