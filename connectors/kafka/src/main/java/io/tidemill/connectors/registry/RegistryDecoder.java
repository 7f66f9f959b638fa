package io.tidemill.connectors.registry;

import io.tidemill.connectors.avro.AvroReader;
import io.tidemill.connectors.avro.AvroSchema;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Decodes records that begin with the name of the schema that wrote them. A schema that the
 * registry does not have fails the record, a registry that does not answer throws a {@link
 * RegistryException}. As good after bytes that do not decode as before. Not thread-safe.
 */
public final class RegistryDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  /** A header that has the name in place of the record's first bytes. */
  public static final String HEADER = "__value_schema_id";

  /** Names in garbage are without end. */
  private static final int MOST_SCHEMAS = 1_000;

  /** A schema that was not there may come. */
  private static final long FORGET_NANOS = Duration.ofSeconds(30).toNanos();

  private final RegistrySettings settings;
  private final String json;
  private final RowType rowType;

  private transient @Nullable RegistryClient client;
  private transient @Nullable Map<SchemaId, Writer> writers;

  // Most records have the schema of the one before.
  private transient @Nullable SchemaId lastId;
  private transient @Nullable AvroReader lastReader;

  /**
   * One that wrote records.
   *
   * @param reader null where the registry has no such schema, or none that is whole and parses
   * @param problem what then is wrong
   */
  private record Writer(@Nullable AvroReader reader, String problem, long knownNanos) {}

  RegistryDecoder(RegistrySettings settings, AvroSchema schema) {
    this.settings = settings;
    this.json = schema.json();
    this.rowType = schema.rowType();
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    SchemaId id = SchemaId.of(message);
    AvroReader reader = lastReader;
    if (reader == null || !id.equals(lastId)) {
      reader = reader(id);
      lastReader = reader;
      lastId = id;
    }
    try {
      return reader.read(message, id.bytes());
    } catch (IOException e) {
      throw new IOException(id.path() + " of the schema registry: " + e.getMessage(), e);
    }
  }

  private AvroReader reader(SchemaId id) throws IOException {
    Map<SchemaId, Writer> known = writers == null ? new Recent() : writers;
    writers = known;
    Writer writer = known.get(id);
    if (writer == null
        || (writer.reader() == null && System.nanoTime() - writer.knownNanos() > FORGET_NANOS)) {
      writer = ask(id.path());
      known.put(id, writer);
    }
    if (writer.reader() == null) {
      throw new IOException(writer.problem());
    }
    return writer.reader();
  }

  private Writer ask(String path) throws RegistryException {
    RegistryClient registry = client == null ? new RegistryClient(settings) : client;
    client = registry;
    String problem =
        "%s is not in the schema registry at %s (expected: a schema that is)"
            .formatted(path, settings);
    try {
      Optional<List<String>> texts = registry.schema(path);
      if (texts.isPresent()) {
        AvroReader reader = new AvroSchema(json, rowType).readerOf(texts.get());
        return new Writer(reader, "", 0);
      }
    } catch (IllegalArgumentException e) {
      problem = path + " of the schema registry: " + e.getMessage();
    }
    return new Writer(null, problem, System.nanoTime());
  }

  @Override
  public boolean isEndOfStream(RowData nextElement) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }

  private static final class Recent extends LinkedHashMap<SchemaId, Writer> {
    Recent() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<SchemaId, Writer> eldest) {
      return size() > MOST_SCHEMAS;
    }
  }
}
