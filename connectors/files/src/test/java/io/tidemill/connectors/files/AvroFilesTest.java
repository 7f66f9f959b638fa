package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AvroFilesTest {
  private static final int COUNT = 3_000;
  private static final AvroFiles FILES =
      new AvroFiles(
          RowType.of(
              new LogicalType[] {new BigIntType(), new VarCharType(VarCharType.MAX_LENGTH)},
              new String[] {"id", "later"}),
          true);

  @TempDir private Path directory;

  /** What was read of a split, with the place behind each row, and what ended it. */
  private record Reading(
      List<Long> ids, List<CheckpointedPosition> places, @Nullable Throwable failure) {}

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate"})
  void rangesOfAnyLengthGiveEachRecordOnce(String codec) throws IOException {
    Path file = file(codec);
    int length = (int) Files.size(file);
    for (int ranges : new int[] {1, 2, 7, 100, length / 8}) {
      List<Long> ids = new ArrayList<>();
      for (long i = 0; i < ranges; i++) {
        Reading range = read(split(file, length * i / ranges, length * (i + 1) / ranges));
        assertThat(range.failure).isNull();
        ids.addAll(range.ids);
      }
      assertThat(ids).isEqualTo(allIds());
    }
  }

  @Test
  void readingGoesOnBehindAnyRecord() throws IOException {
    Path file = file("null");
    FileSourceSplit split = split(file, 0, Files.size(file));
    Reading all = read(split);
    for (int i = 0; i < COUNT; i += 97) {
      Reading rest = read(split.updateWithCheckpointedPosition(all.places.get(i)));
      assertThat(rest.ids).isEqualTo(allIds().subList(i + 1, COUNT));
    }
  }

  @Test
  void aColumnThatTheFileLacksIsNamedUnlessFilesMayLackSome() throws IOException {
    Path file = file("null");
    for (boolean nullable : new boolean[] {true, false}) {
      RowType declared =
          RowType.of(
              new LogicalType[] {new BigIntType(), new BigIntType(nullable)},
              new String[] {"id", "nois"});
      AvroFiles files = new AvroFiles(declared, !nullable);

      assertThatThrownBy(
              () -> files.createReader(new Configuration(), split(file, 0, Files.size(file))))
          .isInstanceOf(RecordFailureException.class)
          .hasMessageStartingWith(
              "file:%s: column 'nois': not in the file (did you mean 'noise'? there: id, noise",
              file)
          .hasMessageContaining(
              nullable ? "or set avro.may-lack-columns: true if older" : "NOT NULL has no nulls");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        "[\"null\", %s]",
        "{\"type\": \"array\", \"items\": [\"null\", %s]}",
        "[\"null\", {\"type\": \"map\", \"values\": %s}]"
      })
  void aColumnThatARowOfTheFileLacksIsNamedUnlessFilesMayLackSome(String type) throws IOException {
    String pay =
        "{\"type\":\"record\",\"name\":\"p\",\"fields\":[{\"name\":\"sum\",\"type\":\"double\"}]}";
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"pay\",\"type\":%s}]}"
                    .formatted(type.formatted(pay)));
    Path file = directory.resolve("nested.avro");
    try (var records = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(schema))) {
      records.create(schema, file.toFile());
    }
    LogicalType row = RowType.of(new LogicalType[] {new DoubleType()}, new String[] {"amount"});
    LogicalType within =
        type.contains("array")
            ? new ArrayType(row)
            : type.contains("map")
                ? new MapType(new VarCharType(VarCharType.MAX_LENGTH), row)
                : row;
    RowType declared = RowType.of(new LogicalType[] {within}, new String[] {"pay"});
    FileSourceSplit split = split(file, 0, Files.size(file));

    assertThatThrownBy(
            () -> new AvroFiles(declared, false).createReader(new Configuration(), split))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith(
            "file:%s: column 'pay.amount': not in the file (there: pay.sum)", file);
    new AvroFiles(declared, true).createReader(new Configuration(), split).close();
  }

  @Test
  void aLengthBeyondItsBlockIsDamage() throws IOException {
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"later\",\"type\":\"string\"}]}");
    Path file = directory.resolve("long.avro");
    ByteArrayOutputStream length = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(length, null);
    encoder.writeLong(Integer.MAX_VALUE - 10);
    try (var records = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(schema))) {
      records.create(schema, file.toFile());
      records.appendEncoded(ByteBuffer.wrap(length.toByteArray()));
    }
    RowType type =
        RowType.of(
            new LogicalType[] {new VarCharType(VarCharType.MAX_LENGTH)}, new String[] {"later"});

    try (BulkFormat.Reader<RowData> reader =
        new AvroFiles(type, false)
            .createReader(new Configuration(), split(file, 0, Files.size(file)))) {
      assertThatThrownBy(reader::readBatch)
          .isInstanceOf(AvroRuntimeException.class)
          .hasMessageContaining(" has a record 0 that does not decode: ");
    }
  }

  /** A column that the file lacks is null, and one that is not asked for is passed over. */
  @Test
  void schemasEvolve() throws IOException {
    Path file = file("null");
    try (BulkFormat.Reader<RowData> reader =
        FILES.createReader(new Configuration(), split(file, 0, Files.size(file)))) {
      RowData row = reader.readBatch().next().getRecord();
      assertThat(row.getArity()).isEqualTo(2);
      assertThat(row.isNullAt(1)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate"})
  void noDamageHasRecordsLeftOutInSilence(String codec) throws IOException {
    Path whole = file(codec);
    byte[] bytes = Files.readAllBytes(whole);
    Path file = directory.resolve("damaged.avro");
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      byte[] damaged = damaged(bytes, random);
      Files.write(file, damaged);
      int ranges = 1 + random.nextInt(4);
      int count = 0;
      boolean told = false;
      for (long i = 0; i < ranges; i++) {
        Reading range =
            read(split(file, damaged.length * i / ranges, damaged.length * (i + 1) / ranges));
        count += range.ids.size();
        if (range.failure != null) {
          told = true;
          assertThat(range.failure).as("seed %d", seed).isNotInstanceOf(IOException.class);
        }
      }
      assertThat(told || count == COUNT).as("seed %d: %d rows, none told", seed, count).isTrue();
    }
  }

  /** What is wrong in a file is no failure of the file system, which a job may try again. */
  @Test
  void aDamagedHeadIsOneOfTheContents() throws IOException {
    byte[] whole = Files.readAllBytes(file("null"));
    Path file = directory.resolve("damaged.avro");
    // The last two are a number that has no end, and the length of two gigabytes.
    for (String damage : List.of("00", "7e", "ffffffffffffffffffffffff", "feffffff0f")) {
      byte[] bytes = HexFormat.of().parseHex(damage);
      for (int i = 0; i < blocks(whole).get(0); i++) {
        byte[] damaged = whole.clone();
        System.arraycopy(bytes, 0, damaged, i, bytes.length);
        Files.write(file, damaged);
        Throwable failure = read(split(file, 0, damaged.length)).failure;
        if (failure != null) {
          assertThat(failure).as("%s at %d", damage, i).isInstanceOf(RuntimeException.class);
        }
      }
    }
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    List<Integer> blocks = blocks(whole);
    int block = blocks.get(random.nextInt(blocks.size() - 1));
    switch (random.nextInt(7)) {
      case 0 -> damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> damaged[block + random.nextInt(5)] = (byte) random.nextInt(256);
      case 2 -> {
        for (int i = 0; i < 4; i++) {
          damaged[block + i] = (byte) random.nextInt(256);
        }
      }
      case 3 -> {
        // What ends inside of a block; at the end of one nobody could tell.
        int end = 1 + random.nextInt(whole.length - 1);
        return Arrays.copyOf(whole, blocks.contains(end) ? end - 1 : end);
      }
      case 4 -> {
        int from = random.nextInt(whole.length);
        Arrays.fill(
            damaged, from, Math.min(whole.length, from + 1 + random.nextInt(300)), (byte) 0);
      }
      case 5 -> damaged[block] = 0;
      default -> {
        int cut = 1 + random.nextInt(50);
        int from = block + random.nextInt(100);
        byte[] shorter = Arrays.copyOf(whole, whole.length - cut);
        System.arraycopy(whole, from + cut, shorter, from, whole.length - from - cut);
        return shorter;
      }
    }
    return damaged;
  }

  /** What the job's author must mend is no damage. */
  @Test
  void aColumnOfAnotherTypeIsNamed() throws IOException {
    Path file = file("null");
    for (LogicalType declared : List.of(new BigIntType(), new BigIntType(false))) {
      AvroFiles files =
          new AvroFiles(
              RowType.of(
                  new LogicalType[] {new BigIntType(), declared}, new String[] {"id", "noise"}),
              true);
      try (BulkFormat.Reader<RowData> reader =
          files.createReader(new Configuration(), split(file, 0, Files.size(file)))) {
        assertThatThrownBy(reader::readBatch)
            .isInstanceOf(RecordFailureException.class)
            .hasMessage(
                "file:%s: column 'noise': \"string\" (expected: what is read as %s, as it is declared; declare it as it is in the file)",
                file, declared.asSummaryString());
      }
    }
  }

  /** Another column may have values that would fail, which the file has none of. */
  @ParameterizedTest
  @ValueSource(strings = {"[\"null\", \"int\", \"string\"]", "[\"null\", \"bytes\"]", "\"int\""})
  void theColumnThatFailedIsNamed(String first) throws IOException {
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\": \"record\", \"name\": \"r\", \"fields\": [{\"name\": \"a\", \"type\": %s}, {\"name\": \"b\", \"type\": \"string\"}]}"
                    .formatted(first));
    Path file = directory.resolve("rows.avro");
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema))) {
      writer.create(schema, file.toFile());
      writer.append(
          new GenericRecordBuilder(schema)
              .set("a", first.contains("bytes") ? null : 7)
              .set("b", "text")
              .build());
    }
    AvroFiles files =
        new AvroFiles(
            RowType.of(
                new LogicalType[] {new BigIntType(), new BigIntType()}, new String[] {"a", "b"}),
            true);
    try (BulkFormat.Reader<RowData> reader =
        files.createReader(new Configuration(), split(file, 0, Files.size(file)))) {
      assertThatThrownBy(reader::readBatch)
          .isInstanceOf(RecordFailureException.class)
          .hasMessageStartingWith("file:" + file + ": column 'b': ");
    }
  }

  /** Flink's own reader takes every count for milliseconds (FLINK-39036), and has no enums. */
  @ParameterizedTest
  @ValueSource(strings = {"%s", "[\"null\", %s]", "{\"type\": \"array\", \"items\": %s}"})
  void valuesAreThoseThatAvroWrote(String nesting) throws IOException {
    String name = "{\"name\": \"%s\", \"type\": %s}";
    Map<String, String> types = new LinkedHashMap<>();
    for (String unit : List.of("millis", "micros", "nanos")) {
      for (String kind : List.of("timestamp", "local-timestamp")) {
        types.put(
            (kind + unit).replace("-", ""),
            "{\"type\": \"long\", \"logicalType\": \"%s-%s\"}".formatted(kind, unit));
      }
    }
    types.put("kind", "{\"type\": \"enum\", \"name\": \"e\", \"symbols\": [\"x\", \"y\"]}");
    types.put(
        "price",
        "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 9, \"scale\": 2}");
    types.put("raw", "{\"type\": \"fixed\", \"name\": \"f\", \"size\": 2}");
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\": \"record\", \"name\": \"r\", \"fields\": [%s]}"
                    .formatted(
                        types.entrySet().stream()
                            .map(
                                type ->
                                    name.formatted(
                                        type.getKey(), nesting.formatted(type.getValue())))
                            .collect(Collectors.joining(","))));
    boolean list = nesting.contains("array");
    GenericRecordBuilder record = new GenericRecordBuilder(schema);
    for (Schema.Field field : schema.getFields()) {
      Schema type =
          list
              ? field.schema().getElementType()
              : field.schema().isUnion() ? field.schema().getTypes().get(1) : field.schema();
      Object value =
          switch (field.name()) {
            case "kind" -> new GenericData.EnumSymbol(type, "y");
            case "price" -> ByteBuffer.wrap(new byte[] {1, 0});
            case "raw" -> new GenericData.Fixed(type, new byte[] {7, 8});
            default ->
                -1_500L
                    * (field.name().endsWith("millis")
                        ? 1
                        : field.name().endsWith("micros") ? 1_000 : 1_000_000);
          };
      record.set(field, list ? List.of(value) : value);
    }
    Path file = directory.resolve("values.avro");
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema))) {
      writer.create(schema, file.toFile());
      writer.append(record.build());
    }
    RowType found = new AvroFileColumns().of(split(file, 0, Files.size(file)));

    try (BulkFormat.Reader<RowData> reader =
        new AvroFiles(found, false)
            .createReader(new Configuration(), split(file, 0, Files.size(file)))) {
      RowData row = reader.readBatch().next().getRecord();
      for (int i = 0; i < found.getFieldCount(); i++) {
        LogicalType type = found.getTypeAt(i);
        Object read = RowData.createFieldGetter(type, i).getFieldOrNull(row);
        if (list) {
          LogicalType element = type.getChildren().get(0);
          read =
              ArrayData.createElementGetter(element)
                  .getElementOrNull((ArrayData) requireNonNull(read), 0);
        }
        String column = found.getFieldNames().get(i);
        assertThat(read instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(read))
            .as(column)
            .isEqualTo(
                switch (column) {
                  case "kind" -> "y";
                  case "price" -> "2.56";
                  case "raw" -> "[7, 8]";
                  default -> "1969-12-31T23:59:58.500";
                });
      }
    }
  }

  /** The same count as milliseconds would be another time. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTimeThatIsDeclaredWithFewerDigitsIsNamed(boolean list) throws IOException {
    Schema micros = LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
    Schema at = list ? Schema.createArray(micros) : micros;
    Schema schema = SchemaBuilder.record("r").fields().name("at").type(at).noDefault().endRecord();
    Path file = directory.resolve("micros.avro");
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema))) {
      writer.create(schema, file.toFile());
      Object value = 1_700_000_000_000_000L;
      writer.append(
          new GenericRecordBuilder(schema).set("at", list ? List.of(value) : value).build());
    }
    LogicalType time = new TimestampType(3);
    LogicalType type = list ? new ArrayType(time) : time;
    RowType declared = RowType.of(new LogicalType[] {type}, new String[] {"at"});

    try (BulkFormat.Reader<RowData> reader =
        new AvroFiles(declared, false)
            .createReader(new Configuration(), split(file, 0, Files.size(file)))) {
      assertThatThrownBy(reader::readBatch)
          .isInstanceOf(RecordFailureException.class)
          .hasMessage(
              "file:%s: column 'at': %s (expected: what is read as %s, as it is declared; declare it as it is in the file)",
              file, at, type.asSummaryString());
    }
  }

  @Test
  void sayWhichBlockIsDamagedAndHow() throws IOException {
    byte[] bytes = Files.readAllBytes(file("null"));
    int block = blocks(bytes).get(2);
    Path file = directory.resolve("damaged.avro");
    Files.write(file, Arrays.copyOf(bytes, block + 100));
    assertThat(read(split(file, 0, block + 100)).failure)
        .isInstanceOf(AvroRuntimeException.class)
        .hasMessageStartingWith("the block at byte " + block + " has ")
        .hasMessageContaining(" bytes (expected: at most the ");
    byte[] garbage = Arrays.copyOf(bytes, bytes.length + 9);
    Arrays.fill(garbage, bytes.length, garbage.length, (byte) -1);
    Files.write(file, garbage);
    Reading behind = read(split(file, 0, garbage.length));
    assertThat(behind.ids).isEqualTo(allIds());
    assertThat(behind.failure)
        .hasMessage(
            "the block at byte %d has an end behind that of the file (expected: whole blocks to the end)",
            bytes.length);
    Files.write(file, "text".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> FILES.createReader(new Configuration(), split(file, 0, 4)))
        .isInstanceOf(AvroRuntimeException.class);
  }

  private static List<Long> allIds() {
    return LongStream.range(0, COUNT).boxed().toList();
  }

  /** Where blocks begin, and the last one ends. */
  private static List<Integer> blocks(byte[] file) {
    byte[] marker = Arrays.copyOfRange(file, file.length - 16, file.length);
    List<Integer> blocks = new ArrayList<>();
    for (int i = 0; i <= file.length - 16; i++) {
      if (Arrays.equals(marker, 0, 16, file, i, i + 16)) {
        blocks.add(i + 16);
      }
    }
    return blocks;
  }

  private Path file(String codec) throws IOException {
    Schema schema =
        SchemaBuilder.record("old").fields().requiredLong("id").requiredString("noise").endRecord();
    Path file = directory.resolve("rows.avro");
    Random random = new Random(7);
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema))) {
      writer.setCodec(CodecFactory.fromString(codec)).setSyncInterval(2_000);
      writer.create(schema, file.toFile());
      for (long id = 0; id < COUNT; id++) {
        writer.append(
            new GenericRecordBuilder(schema)
                .set("id", id)
                .set("noise", Long.toHexString(random.nextLong()))
                .build());
      }
    }
    return file;
  }

  private static FileSourceSplit split(Path file, long begin, long end) throws IOException {
    return new FileSourceSplit(
        "1",
        new org.apache.flink.core.fs.Path(file.toUri()),
        begin,
        end - begin,
        0,
        Files.size(file));
  }

  private static Reading read(FileSourceSplit split) {
    List<Long> ids = new ArrayList<>();
    List<CheckpointedPosition> places = new ArrayList<>();
    Throwable failure =
        catchThrowable(
            () -> {
              try (BulkFormat.Reader<RowData> reader =
                  FILES.restoreReader(new Configuration(), split)) {
                BulkFormat.RecordIterator<RowData> batch;
                while ((batch = reader.readBatch()) != null) {
                  for (var next = batch.next(); next != null; next = batch.next()) {
                    ids.add(next.getRecord().getLong(0));
                    places.add(
                        new CheckpointedPosition(next.getOffset(), next.getRecordSkipCount()));
                  }
                }
              }
            });
    return new Reading(ids, places, failure);
  }
}
