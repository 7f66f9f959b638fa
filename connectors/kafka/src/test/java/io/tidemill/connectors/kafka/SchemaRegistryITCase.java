package io.tidemill.connectors.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.avro.AvroSchema;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionCheck;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.connectors.record.Standalone;
import io.tidemill.connectors.registry.RefusedSchemaException;
import io.tidemill.connectors.registry.RegistryFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The format {@code avro-confluent} against a real registry; Avro's own library is the judge. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class SchemaRegistryITCase {
  private static final String PAYMENT =
      """
      {"type":"record","name":"Payment","namespace":"shop","fields":[
        {"name":"id","type":"string"},
        {"name":"amount","type":"double"}]}
      """;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static SchemaRegistry registry;

  @SuppressWarnings("NullAway.Init") // Set before all tests.
  private static Certificates certificates;

  @BeforeAll
  static void startRegistry(@TempDir Path folder) throws Exception {
    certificates = Certificates.make(folder.toAbsolutePath());
    registry = SchemaRegistry.start(certificates);
    registry.await();
  }

  @AfterAll
  static void stopRegistry() {
    registry.close();
  }

  /** What was written, a value as Avro's library has it, what is read, and what comes of it. */
  private static List<Arguments> evolutions() {
    return List.of(
        Arguments.of("added with a default", "", null, "{'name':'x','type':'int','default':7}", 7),
        Arguments.of(
            "added as nullable",
            "",
            null,
            "{'name':'x','type':['null','string'],'default':null}",
            null),
        Arguments.of(
            "added as a list with a default",
            "",
            null,
            "{'name':'x','type':{'type':'array','items':'int'},'default':[1,2]}",
            "[1, 2]"),
        Arguments.of("int to long", field("'int'"), 5, field("'long'"), 5L),
        Arguments.of("int to float", field("'int'"), 5, field("'float'"), 5.0f),
        Arguments.of("long to double", field("'long'"), 1L << 40, field("'double'"), 0x1p40),
        Arguments.of("float to double", field("'float'"), 1.5f, field("'double'"), 1.5),
        Arguments.of("bytes to string", field("'bytes'"), bytes("ü"), field("'string'"), "ü"),
        Arguments.of("to nullable and wider", field("'int'"), 5, field("['null','long']"), 5L),
        Arguments.of("from nullable", field("['null','int']"), 5, field("'int'"), 5),
        Arguments.of(
            "from one of several", field("['string','int','null']"), 5, field("['int','null']"), 5),
        Arguments.of(
            "renamed by an alias",
            "{'name':'y','type':'int'}",
            5,
            "{'name':'x','type':'int','aliases':['y']}",
            5),
        Arguments.of(
            "symbols reordered",
            field("{'type':'enum','name':'E','symbols':['A','B']}"),
            symbol("B"),
            field("{'type':'enum','name':'E','symbols':['C','B','A']}"),
            "B"),
        Arguments.of(
            "a symbol that is not known, with a default",
            field("{'type':'enum','name':'E','symbols':['A','B']}"),
            symbol("B"),
            field("{'type':'enum','name':'E','symbols':['A'],'default':'A'}"),
            "A"),
        Arguments.of(
            "a symbol as text",
            field("{'type':'enum','name':'E','symbols':['A','B']}"),
            symbol("B"),
            field("['null','string']"),
            "B"),
        Arguments.of(
            "elements promoted",
            field("{'type':'array','items':'int'}"),
            List.of(1, 2),
            field("{'type':'array','items':'double'}"),
            "[1.0, 2.0]"),
        Arguments.of(
            "values promoted",
            field("{'type':'map','values':'int'}"),
            Map.of("k", 1),
            field("{'type':'map','values':['null','long']}"),
            "{k=1}"),
        Arguments.of(
            "removed, though it contains itself",
            "{'name':'old','type':{'type':'record','name':'Node','fields':["
                + "{'name':'next','type':['null','Node']},"
                + "{'name':'tags','type':{'type':'map','values':{'type':'array','items':'bytes'}}}"
                + "]}}",
            "node",
            "{'name':'x','type':'int','default':1}",
            1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("evolutions")
  void fieldsAreReadAsTheJobHasThem(
      String what, String written, Object value, String read, Object expected) throws Exception {
    // Before and behind it fields that stay, in another order.
    String writer =
        record("{'name':'last','type':'string'}", written, "{'name':'id','type':'int'}");
    String reader = record("{'name':'id','type':'int'}", read, "{'name':'last','type':'string'}");
    Schema schema = new Schema.Parser().parse(writer);
    byte[] bytes =
        AvroBytes.write(
            writer,
            record -> {
              record.put("id", 41);
              record.put("last", "end");
              if (!written.isEmpty()) {
                record.put(
                    1, value instanceof String ? node(schema.getFields().get(1).schema()) : value);
              }
            });
    int id = registry.register("evolution-" + what.hashCode(), writer);

    RowData row = decode(reader, framed(id, bytes));

    assertThat(row.getInt(0)).isEqualTo(41);
    assertThat(row.getString(2)).hasToString("end");
    assertThat(shown(row, AvroSchema.parse(reader))).isEqualTo(String.valueOf(expected));
  }

  /** The options of docs/security.md, with what is here. */
  private static Map<String, String> secured(String store) throws IOException {
    String page = Files.readString(Path.of("..", "..", "docs", "security.md"));
    Map<String, String> options = new HashMap<>();
    Matcher option = Pattern.compile("(?m)^  (avro-confluent\\.\\S+): (.*)$").matcher(page);
    while (option.find()) {
      options.put(
          option.group(1),
          option
              .group(2)
              .replace("https://schemas.internal:8081", registry.secureUrl())
              .replace("/etc/tidemill/trust.p12", store)
              .replace("${TRUST_PASSWORD}", Certificates.PASSWORD)
              .replace("${SCHEMAS_USER}:${SCHEMAS_PASSWORD}", "scoring:hush"));
    }
    assertThat(options).hasSizeGreaterThan(3);
    return options;
  }

  @Test
  void speaksTlsWithARegistryOfAnAuthorityOfItsOwn() throws Exception {
    int id = registry.register("secured-value", PAYMENT);
    byte[] body =
        AvroBytes.write(
            PAYMENT,
            record -> {
              record.put("id", "a");
              record.put("amount", 1.5);
            });
    RegistryFormat format = format(secured(certificates.file("trust.p12").toString()));

    RowData row = format.decoder(AvroSchema.parse(PAYMENT)).deserialize(framed(id, body));

    assertThat(row.getString(0)).hasToString("a");
  }

  @Test
  void namesARegistryThatItDoesNotBelieveAndNoPassword(@TempDir Path folder) throws Exception {
    Certificates other = Certificates.make(folder.toAbsolutePath());
    RegistryFormat format = format(secured(other.file("trust.p12").toString()));

    assertThatThrownBy(
            () -> format.decoder(AvroSchema.parse(PAYMENT)).deserialize(framed(1, new byte[9])))
        .hasMessageContaining("schema registry")
        .hasStackTraceContaining("PKIX path validation failed")
        .satisfies(
            thrown ->
                assertThat(Throwables.getStackTrace(thrown))
                    .doesNotContain("hush", Certificates.PASSWORD));
  }

  @Test
  void whatDoesNotFitFailsTheRecordAndNamesTheField() throws Exception {
    String late =
        record(
            "{'name':'id','type':'int'}",
            field("{'type':'long','logicalType':'timestamp-micros'}"));
    int id = registry.register("unfit", late);
    byte[] bytes =
        framed(
            id,
            AvroBytes.write(
                late,
                record -> {
                  record.put("id", 1);
                  record.put("x", 2L);
                }));

    assertThatThrownBy(
            () -> decode(record(field("{'type':'long','logicalType':'timestamp-millis'}")), bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "/schemas/ids/" + id + " of the schema registry: Avro: field 'x' was written as ")
        .hasMessageContaining("timestamp-micros");
    assertThatThrownBy(() -> decode(record(field("'string'")), bytes))
        .hasMessageContaining("field 'x' was written as ");
    assertThatThrownBy(
            () ->
                decode(
                    record("{'name':'more','type':'int'}", "{'name':'also','type':'int'}"), bytes))
        .hasMessageEndingWith(
            "Avro: the record was written without 'more', 'also' (expected: these fields, or a default in the job's schema)");
  }

  @Test
  void schemaThatRefersToOthersIsReadWithThem() throws Exception {
    registry.register(
        "money",
        "{\"type\":\"record\",\"name\":\"Money\",\"namespace\":\"shop\",\"fields\":[{\"name\":\"amount\",\"type\":\"double\"}]}");
    String order =
        "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[{\"name\":\"paid\",\"type\":\"Money\"}]}";
    int id =
        registry.register(
            "order", order, "[{\"name\":\"shop.Money\",\"subject\":\"money\",\"version\":1}]");
    String whole =
        "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[{\"name\":\"paid\",\"type\":{\"type\":\"record\",\"name\":\"Money\",\"fields\":[{\"name\":\"amount\",\"type\":\"double\"}]}}]}";
    byte[] bytes =
        AvroBytes.write(
            whole,
            record -> {
              GenericRecord money =
                  new GenericData.Record(record.getSchema().getField("paid").schema());
              money.put("amount", 2.5);
              record.put("paid", money);
            });

    assertThat(decode(whole, framed(id, bytes)).getRow(0, 1).getDouble(0)).isEqualTo(2.5);
  }

  @Test
  void schemaThatTheSubjectDoesNotTakeIsRefusedWithTheRegistrysWords() throws Exception {
    registry.register("strict-value", PAYMENT);
    registry.setCompatibility("strict-value", "FULL");

    assertThatThrownBy(() -> encoder(Map.of(), PAYMENT.replace("double", "boolean"), "strict"))
        .isInstanceOf(RefusedSchemaException.class)
        .hasMessageContaining("/subjects/strict-value/versions answers 409: ")
        .hasMessageContaining("BOOLEAN");
  }

  @Test
  void schemaThatIsNotRegisteredIsRefusedWhereTheJobMustNotRegister() throws Exception {
    Map<String, String> options = Map.of("avro-confluent.auto-register", "false");

    assertThatThrownBy(() -> encoder(options, PAYMENT, "unheard-of"))
        .isInstanceOf(RefusedSchemaException.class)
        .hasMessageContaining("the sink's schema is not registered as 'unheard-of-value'");
    int id = registry.register("heard-of-value", PAYMENT);
    assertThat(encoder(options, PAYMENT, "heard-of").serialize(payment()))
        .startsWith(framed(id, new byte[0]));
  }

  @Test
  void subjectIsNamedByTopicByRecordOrByBothOrByTheJob() throws Exception {
    String other = PAYMENT.replace("Payment", "Named");
    String key = "avro-confluent.subject-name-strategy";
    encoder(Map.of(), other, "orders");
    encoder(Map.of(key, "record"), other, "orders");
    encoder(Map.of(key, "topic-record"), other, "orders");
    encoder(Map.of("avro-confluent.subject", "my own"), other, "orders");

    for (String subject : List.of("orders-value", "shop.Named", "orders-shop.Named", "my%20own")) {
      assertThat(registry.latest(subject)).as(subject).contains("Named");
    }
  }

  /** Behind a gate that gives no schema for a while, and then for as long as the job asks. */
  @Test
  void everyRecordOfAJobHasOneOutcomeWhicheverSchemaWroteIt() throws Exception {
    String first = PAYMENT.replace("\"amount\",\"type\":\"double\"", "\"amount\",\"type\":\"int\"");
    String second =
        PAYMENT.replace(
            "{\"name\":\"id\"", "{\"name\":\"more\",\"type\":\"string\"},{\"name\":\"id\"");
    byte[] old =
        AvroBytes.write(
            first,
            record -> {
              record.put("id", "old");
              record.put("amount", 3);
            });
    byte[] young =
        AvroBytes.write(
            second,
            record -> {
              record.put("more", "more");
              record.put("id", "young");
              record.put("amount", 2.5);
            });
    int oldId = registry.register("in-value", first);
    int youngId = registry.register("in-value", second);
    try (EmbeddedKafka kafka = EmbeddedKafka.start();
        RegistryGate gate = new RegistryGate(registry.url())) {
      List.of("in", "out", "dead").forEach(topic -> kafka.createTopic(topic, 1));
      kafka.send(
          List.of(
              record("old", framed(oldId, old)),
              record("unknown", framed(987_654, old)),
              record("plain", old),
              record("young", framed(youngId, young)),
              new ProducerRecord<>(
                  "in",
                  0,
                  "header".getBytes(UTF_8),
                  young,
                  List.of(new RecordHeader("__value_schema_id", framed(youngId, new byte[0])))),
              new ProducerRecord<>(
                  "in",
                  0,
                  "guid".getBytes(UTF_8),
                  young,
                  List.of(
                      new RecordHeader("__value_schema_id", framed(RegistryGate.guid(youngId)))))));

      run(kafka, gate, 2);

      assertThat(gate.shutFor()).isZero();

      Map<String, String> seen = new HashMap<>();
      for (ConsumerRecord<byte[], byte[]> out : kafka.readCommitted("out")) {
        assertThat(out.headers().lastHeader("__value_schema_id")).isNull();
        ByteBuffer value = ByteBuffer.wrap(out.value());
        assertThat(value.get()).isZero();
        GenericRecord read =
            AvroBytes.read(
                registry.schema(value.getInt()),
                Arrays.copyOfRange(out.value(), 5, out.value().length));
        seen.put(new String(out.key(), UTF_8), read.get("id") + " " + read.get("amount"));
      }
      assertThat(seen)
          .isEqualTo(
              Map.of(
                  "old", "old 3.0",
                  "young", "young 2.5",
                  "header", "young 2.5",
                  "guid", "young 2.5"));
      assertThatThrownBy(() -> run(kafka, gate, Integer.MAX_VALUE))
          .hasStackTraceContaining(
              "in-0 offset 0: the value does not decode, and not for its own sake: schema registry"
                  + " at %s: /schemas/ids/%d answers 503 (5 attempts; "
                      .formatted(gate.url(), oldId));
      assertThat(kafka.readCommitted("dead"))
          .extracting(
              dead -> new String(dead.key(), UTF_8),
              dead ->
                  new String(
                      dead.headers().lastHeader("__connect.errors.exception.message").value(),
                      UTF_8))
          .satisfiesExactly(
              unknown ->
                  assertThat(unknown.toString())
                      .contains(
                          "unknown",
                          "/schemas/ids/987654 is not in the schema registry at " + gate.url()),
              plain ->
                  assertThat(plain.toString())
                      .contains("plain", "for plain Avro set the format to avro"));
    }
  }

  /** Once the job has found the registry, the gate is shut for so many that ask for a schema. */
  private static void run(EmbeddedKafka kafka, RegistryGate gate, int shut) throws Exception {
    RecordSchema schema = RecordSchema.fromAvro(PAYMENT);
    KafkaConnector connectors = new KafkaConnector();
    String user = "avro-confluent.basic-auth.user-info";
    ConnectorOptions in =
        options(
            Map.of(
                "avro-confluent.url",
                gate.url(),
                user,
                RegistryGate.USER,
                "topic",
                "in",
                "properties.bootstrap.servers",
                kafka.bootstrapServers(),
                "scan.startup.mode",
                "earliest-offset",
                "scan.bounded.mode",
                "latest-offset"));
    ConnectorOptions out =
        options(Map.of("avro-confluent.url", gate.url(), user, RegistryGate.USER, "topic", "out"));
    RecordSource source = connectors.source(new SourceSpec(in, schema, true));
    assertThat(source.obstacles(Duration.ofSeconds(20))).isEmpty();
    gate.shut(shut);
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    SourceStreams<RowData> streams = source.attach(environment, "source");
    connectors
        .sink(new SinkSpec(out, schema, source.rowType(), in, "job", List.of()))
        .attach(streams.records(), "sink");
    connectors
        .deadLetters(
            new DeadLetterSpec(
                new ConnectorOptions("dead-letter", Map.of("connector", "kafka", "topic", "dead")),
                in,
                out,
                "job",
                List.of()))
        .attach(streams.deadLetters().orElseThrow(), "dead-letters");
    environment.execute();
  }

  private static RowData decode(String reader, byte[] bytes) throws IOException {
    return format(Map.of()).decoder(AvroSchema.parse(reader)).deserialize(bytes);
  }

  private static SerializationSchema<RowData> encoder(
      Map<String, String> more, String avsc, String topic) throws Exception {
    SerializationSchema<RowData> encoder = format(more).encoder(AvroSchema.parse(avsc), topic);
    encoder.open(new Standalone());
    return encoder;
  }

  private static RegistryFormat format(Map<String, String> more) {
    OptionCheck check = new OptionCheck(options(more));
    return RegistryFormat.read("avro-confluent.", check).orElseThrow(check::failure);
  }

  private static ConnectorOptions options(Map<String, String> more) {
    Map<String, String> values = new LinkedHashMap<>(more);
    values.put("connector", "kafka");
    values.put("format", "avro-confluent");
    values.putIfAbsent("avro-confluent.url", registry.url());
    return new ConnectorOptions("job.yaml", values);
  }

  private static GenericRowData payment() {
    return GenericRowData.of(StringData.fromString("a"), 1.5);
  }

  private static ProducerRecord<byte[], byte[]> record(String key, byte[] value) {
    return new ProducerRecord<>("in", 0, key.getBytes(UTF_8), value);
  }

  private static byte[] framed(int id, byte[] body) {
    return ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(id).put(body).array();
  }

  private static byte[] framed(UUID guid) {
    return ByteBuffer.allocate(17)
        .put((byte) 1)
        .putLong(guid.getMostSignificantBits())
        .putLong(guid.getLeastSignificantBits())
        .array();
  }

  private static String field(String type) {
    return "{'name':'x','type':" + type + "}";
  }

  private static String record(String... fields) {
    return ("{'type':'record','name':'R','fields':["
            + String.join(",", Arrays.stream(fields).filter(field -> !field.isEmpty()).toList())
            + "]}")
        .replace('\'', '"');
  }

  private static Object node(Schema schema) {
    GenericRecord last = new GenericData.Record(schema);
    last.put("tags", Map.of("k", List.of(bytes("v"))));
    GenericRecord first = new GenericData.Record(schema);
    first.put("next", last);
    first.put("tags", Map.of());
    return first;
  }

  private static GenericData.EnumSymbol symbol(String name) {
    return new GenericData.EnumSymbol(Schema.createEnum("E", null, null, List.of("A", "B")), name);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  /** The field {@code x} as Avro's library shows it, which reads what our encoder makes of it. */
  private static String shown(RowData row, AvroSchema schema) throws IOException {
    byte[] bytes = schema.encoder().serialize(row);
    GenericRecord read =
        new org.apache.avro.generic.GenericDatumReader<GenericRecord>(
                new Schema.Parser().parse(schema.json()))
            .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    return Objects.toString(read.get("x"));
  }
}
