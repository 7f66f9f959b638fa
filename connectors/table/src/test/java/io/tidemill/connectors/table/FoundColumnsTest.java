package io.tidemill.connectors.table;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.FoundColumns;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSchema.Column;
import io.tidemill.connectors.record.SourceSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.orc.CompressionKind;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The columns of files, as nobody has declared them. */
class FoundColumnsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          required boolean a                       | BOOLEAN
          optional int32 a (INTEGER(8,true))       | TINYINT
          optional int32 a (INTEGER(16,true))      | SMALLINT
          optional int32 a                         | INT
          required int32 a (INTEGER(8,false))      | SMALLINT
          optional int32 a (INTEGER(16,false))     | INT
          optional int64 a                         | BIGINT
          optional float a                         | FLOAT
          required double a                        | DOUBLE
          optional binary a (STRING)               | STRING
          optional binary a (ENUM)                 | STRING
          optional binary a                        | BYTES
          optional int32 a (DECIMAL(9,2))          | DECIMAL(9, 2)
          optional binary a (DECIMAL(38,4))        | DECIMAL(38, 4)
          optional int32 a (DATE)                  | DATE
          optional int32 a (TIME(MILLIS,true))     | TIME(3)
          optional int64 a (TIMESTAMP(MILLIS,true))  | TIMESTAMP(3)
          optional int64 a (TIMESTAMP(NANOS,true))   | TIMESTAMP(9)
          optional int96 a                         | TIMESTAMP(9)
          optional group a (LIST) { repeated group list { optional float element; } } | ARRAY<FLOAT>
          optional group a (LIST) { repeated group list { required binary element (STRING); } } | ARRAY<STRING>
          optional group a (MAP) { repeated group key_value { required binary key (STRING); optional double value; } } | MAP<STRING, DOUBLE>
          optional group a { optional int64 b; required double c; } | ROW<`b` BIGINT, `c` DOUBLE>
          """)
  void aColumnOfParquetHasTheTypeAsWhichItIsRead(String inFile, String type) throws IOException {
    parquet("a.parquet", inFile);

    assertThat(columns("parquet")).containsExactly(new Column("a", type));
  }

  @Test
  void anInstantOfParquetIsOneWhereItIsReadAsUtc() throws IOException {
    parquet("a.parquet", "optional int64 a (TIMESTAMP(MICROS,true))");

    assertThat(found(Map.of("format", "parquet", "parquet.utc-timezone", "true"), List.of()))
        .get()
        .extracting(found -> found.schema().columns())
        .isEqualTo(List.of(new Column("a", "TIMESTAMP_LTZ(6)")));
  }

  /** Flink's writer calls times of its machine's zone so, and all others those of none. */
  @Test
  void timesWithoutZoneOfParquetNeedToBeSaidToBeOfUtcOrNot() throws IOException {
    String inFile = "optional int64 a (TIMESTAMP(MICROS,false))";
    parquet("a.parquet", inFile);

    assertThatThrownBy(() -> columns("parquet"))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageStartingWith(
            "file:%s/a.parquet: column 'a': '%s' (expected: 'parquet.utc-timezone' said, ",
            directory, inFile);
    for (String utc : List.of("true", "false")) {
      assertThat(found(Map.of("format", "parquet", "parquet.utc-timezone", utc), List.of()))
          .get()
          .extracting(found -> found.schema().columns())
          .isEqualTo(List.of(new Column("a", "TIMESTAMP(6)")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "optional int32 a (INTEGER(32,false))",
        "optional int64 a (INTEGER(64,false))",
        "optional int64 a (TIME(MICROS,true))",
        "repeated int32 a",
        "optional fixed_len_byte_array(9) a",
        "optional fixed_len_byte_array(12) a (INTERVAL)",
        "optional fixed_len_byte_array(17) a (DECIMAL(39,2))"
      })
  void aColumnOfParquetThatIsNotReadIsNamed(String inFile) throws IOException {
    parquet("a.parquet", "optional double b; " + inFile);

    assertThatThrownBy(() -> columns("parquet"))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessage(
            "file:%s/a.parquet: column 'a': '%s' (expected: a type that Flink has and reads here; declare the columns that the job needs, without this one, or write it otherwise)",
            directory, inFile);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "boolean"                                            | BOOLEAN
          ["null", "int"]                                      | INT
          "long"                                               | BIGINT
          ["float", "null"]                                    | FLOAT
          "double"                                             | DOUBLE
          "string"                                             | STRING
          "bytes"                                              | BYTES
          {"type": "int", "logicalType": "date"}               | DATE
          {"type": "long", "logicalType": "timestamp-millis"}  | TIMESTAMP(3)
          {"type": "long", "logicalType": "timestamp-micros"}  | TIMESTAMP(6)
          {"type": "long", "logicalType": "local-timestamp-nanos"} | TIMESTAMP(9)
          {"type": "array", "items": {"type": "long", "logicalType": "local-timestamp-millis"}} | ARRAY<TIMESTAMP(3) NOT NULL>
          {"type": "enum", "name": "e", "symbols": ["x"]}      | STRING
          {"type": "fixed", "name": "f", "size": 4}            | VARBINARY(4)
          {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2} | DECIMAL(9, 2)
          {"type": "array", "items": ["null", "float"]}        | ARRAY<FLOAT>
          {"type": "map", "values": ["null", "double"]}        | MAP<STRING NOT NULL, DOUBLE>
          {"type": "record", "name": "r", "fields": [{"name": "b", "type": ["null", "long"]}]} | ROW<`b` BIGINT>
          """)
  void aColumnOfAvroHasTheTypeAsWhichItIsRead(String inFile, String type) throws IOException {
    avro("a.avro", inFile);

    assertThat(columns("avro")).containsExactly(new Column("a", type));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"null\"",
        "{\"type\":\"array\",\"items\":\"null\"}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
        "[\"null\",\"int\",\"string\"]",
        "{\"type\":\"long\",\"logicalType\":\"time-micros\"}",
        "{\"type\":\"fixed\",\"name\":\"f\",\"size\":12,\"logicalType\":\"duration\"}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"r\"]}]}"
      })
  void aColumnOfAvroThatIsNotReadIsNamed(String inFile) throws IOException {
    avro("a.avro", inFile);

    assertThatThrownBy(() -> columns("avro"))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageStartingWith("file:%s/a.avro: column 'a': '%s' (expected: ", directory, inFile);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          boolean               | BOOLEAN
          tinyint               | TINYINT
          smallint              | SMALLINT
          int                   | INT
          bigint                | BIGINT
          float                 | FLOAT
          double                | DOUBLE
          string                | STRING
          varchar(9)            | STRING
          binary                | BYTES
          date                  | DATE
          timestamp             | TIMESTAMP(9)
          decimal(9,2)          | DECIMAL(9, 2)
          array<float>          | ARRAY<FLOAT>
          map<string,double>    | MAP<STRING, DOUBLE>
          struct<b:bigint>      | ROW<`b` BIGINT>
          uniontype<int,string> |
          """)
  void aColumnOfOrcHasTheTypeAsWhichItIsRead(String inFile, String type) throws IOException {
    orc(inFile, OrcFile.writerOptions(new Configuration()));

    if (type == null) {
      assertThatThrownBy(() -> columns("orc"))
          .isInstanceOf(InvalidSchemaException.class)
          .hasMessageContaining("a.orc: column 'a': 'uniontype<int,string>' (expected: ");
    } else {
      assertThat(columns("orc")).containsExactly(new Column("a", type));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', no fields (expected: at least one)",
    "'{\"name\":\"__origin\",\"type\":\"int\"}', 'field ''__origin'' (expected: another name, this one is taken)'"
  })
  void columnsThatNoRecordHasAreToldWithTheirFile(String fields, String problem)
      throws IOException {
    written("a.avro", "{\"type\":\"record\",\"name\":\"all\",\"fields\":[%s]}".formatted(fields));

    assertThatThrownBy(() -> columns("avro"))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessage("file:%s/a.avro: schema: %s", directory, problem);
  }

  @Test
  void aPatternOfPathsIsToldAsItIsWritten() throws IOException {
    Files.createDirectory(directory.resolve("a"));

    assertThatThrownBy(() -> found(Map.of("format", "parquet"), List.of(), directory + "/*/x"))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining("'%s/*/x' has no file yet", directory);
  }

  @Test
  void aPatternThatIsNoRegularExpressionIsAProblemOfItsOption() {
    String message =
        "source: source.path.regex-pattern: '[': Unclosed character class (expected: a regular expression for whole paths of files)";
    ConnectorOptions declaring =
        new ConnectorOptions(
            "source",
            Map.of(
                "connector", "filesystem",
                "path", directory.toString(),
                "format", "json",
                "source.path.regex-pattern", "["));

    assertThatThrownBy(
            () -> found(Map.of("format", "parquet", "source.path.regex-pattern", "["), List.of()))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessage(message);
    assertThatThrownBy(
            () ->
                new TableConnector()
                    .source(
                        new SourceSpec(
                            declaring,
                            RecordSchema.ofColumns(List.of(new Column("a", "INT"))),
                            false)))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessage(message);
  }

  @Test
  void aFileSystemThatIsNotHereIsAProblemOfThePath() {
    assertThatThrownBy(
            () -> found(Map.of("format", "parquet"), List.of(), "nowhere://bucket/folder"))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageStartingWith("source: path: 'nowhere://bucket/folder': ");
  }

  /** As files of a newer ORC have a timestamp with a local zone. */
  @Test
  void aKindThatIsUnknownToOrcIsRefused() throws IOException {
    orc("timestamp", OrcFile.writerOptions(new Configuration()).compress(CompressionKind.NONE));
    Path file = directory.resolve("a.orc");
    Files.delete(directory.resolve(".a.orc.crc"));
    // A type in the footer, of two bytes: its kind.
    String latin = Files.readString(file, ISO_8859_1);
    Files.writeString(file, latin.replace("\"\2\10\11", "\"\2\10\22"), ISO_8859_1);

    assertThatThrownBy(() -> columns("orc"))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining(
            "the columns of file:%s cannot be read: Type 1 has an unknown kind. ", file);
  }

  /** As Flink writes them. */
  @Test
  void recordsOfAvroThatMayBeNullTellTheirColumns() throws IOException {
    Schema record =
        SchemaBuilder.record("r").fields().optionalDouble("a").requiredLong("b").endRecord();
    Schema schema = Schema.createUnion(Schema.create(Schema.Type.NULL), record);
    try (var file = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(schema))) {
      file.create(schema, directory.resolve("a.avro").toFile());
    }

    assertThat(columns("avro"))
        .containsExactly(new Column("a", "DOUBLE"), new Column("b", "BIGINT"));
  }

  /** By path, and none that is hidden. */
  @Test
  void theLastFileTells() throws IOException {
    parquet("a/2.parquet", "optional double a");
    parquet("b/10.parquet", "optional double b");
    parquet("b/9.parquet", "optional int64 last");
    parquet("_c/1.parquet", "optional double hidden");
    Files.createFile(directory.resolve("b/_SUCCESS"));

    Optional<FoundColumns> found = found(Map.of("format", "parquet"), List.of());

    assertThat(found)
        .get()
        .extracting(FoundColumns::file)
        .isEqualTo("file:%s/b/9.parquet".formatted(directory));
    assertThat(found.get().schema().columns()).containsExactly(new Column("last", "BIGINT"));
  }

  /** Which is no fault of the job, as it is not of a store that does not answer. */
  @Test
  void filesThatCannotBeListedAreNoProblemOfTheOptions() throws IOException {
    parquet("a.parquet", "optional double a");
    Files.createFile(directory.resolve("10:00:00.parquet"));

    assertThatThrownBy(() -> columns("parquet"))
        .isInstanceOf(UncheckedIOException.class)
        .cause()
        .isInstanceOf(FileFailureException.class)
        .hasMessageStartingWith("source: path '%s': %s: cannot be listed: ", directory, directory)
        .hasMessageEndingWith(
            " (expected: a file system that answers, and files that this user may read; the same may do later; or 'columns', which need no file)");
  }

  @Test
  void columnsOfFoldersAreTextsBehindThem() throws IOException {
    parquet("country=DE/1.parquet", "optional binary country; optional double a");

    assertThat(found(Map.of("format", "parquet"), List.of("country")))
        .get()
        .extracting(found -> found.schema().columns())
        .isEqualTo(List.of(new Column("a", "DOUBLE"), new Column("country", "STRING")));
  }

  @Test
  void otherFilesTellNone() throws IOException {
    Files.writeString(directory.resolve("a.csv"), "a,b\n");

    assertThat(found(Map.of("format", "csv"), List.of())).isEmpty();
  }

  @Test
  void saysThatThereIsNoFileYet() {
    isRefused(
        "'%s' has no file yet (expected: one, whose columns are those of a job that declares none, as there may be for another date; or 'columns', which need no file)"
            .formatted(directory));
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "avro", "orc"})
  void namesTheFileThatIsNone(String format) throws IOException {
    Path file = Files.writeString(directory.resolve("a"), "x".repeat(100));

    assertThatThrownBy(() -> columns(format))
        .isInstanceOf(InvalidOptionsException.class)
        .hasMessageContaining("the columns of file:%s cannot be read: ", file)
        .hasMessageContaining(
            " (expected: a whole file of the format '%s'; or 'columns', which need no file)",
            format);
  }

  private void isRefused(String problem) {
    assertThatThrownBy(() -> columns("parquet"))
        .isInstanceOfSatisfying(
            InvalidOptionsException.class,
            refused ->
                assertThat(refused.problems())
                    .singleElement()
                    .satisfies(
                        one -> {
                          assertThat(one.place().key()).isEqualTo("path");
                          assertThat(one.message()).isEqualTo(problem);
                        }));
  }

  private List<Column> columns(String format) {
    return found(Map.of("format", format), List.of()).orElseThrow().schema().columns();
  }

  private Optional<FoundColumns> found(Map<String, String> more, List<String> folders) {
    return found(more, folders, directory.toString());
  }

  private static Optional<FoundColumns> found(
      Map<String, String> more, List<String> folders, String path) {
    Map<String, String> options = new HashMap<>(more);
    options.put("connector", "filesystem");
    options.put("path", path);
    return new TableConnector()
        .found(new ConnectorOptions("source", options), folders, FileReading.USUAL);
  }

  private void parquet(String name, String columns) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    String schema =
        Arrays.stream(columns.split("; (?![^{]*})"))
            .map(column -> column.endsWith("}") ? column : column + ";")
            .reduce("", String::concat);
    ExampleParquetWriter.builder(new LocalOutputFile(file))
        .withType(MessageTypeParser.parseMessageType("message m {" + schema + "}"))
        .build()
        .close();
  }

  private void avro(String name, String type) throws IOException {
    written(
        name,
        "{\"type\":\"record\",\"name\":\"all\",\"fields\":[{\"name\":\"a\",\"type\":%s}]}"
            .formatted(type));
  }

  private void written(String name, String records) throws IOException {
    Schema schema = new Schema.Parser().parse(records);
    try (var file = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(schema))) {
      file.create(schema, directory.resolve(name).toFile());
    }
  }

  private void orc(String type, OrcFile.WriterOptions options) throws IOException {
    OrcFile.createWriter(
            new org.apache.hadoop.fs.Path(directory.resolve("a.orc").toUri()),
            options.setSchema(TypeDescription.fromString("struct<a:" + type + ">")))
        .close();
  }
}
