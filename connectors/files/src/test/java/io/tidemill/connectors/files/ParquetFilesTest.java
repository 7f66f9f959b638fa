package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RowJson;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.NanoTime;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParquetFilesTest {
  private static final int ROWS = 5_000;
  private static final RowType TYPES =
      RowType.of(
          new LogicalType[] {
            new BigIntType(),
            new IntType(),
            new SmallIntType(),
            new TinyIntType(),
            new BooleanType(),
            new FloatType(),
            new DoubleType(),
            new DecimalType(9, 2),
            new DecimalType(30, 4),
            new VarCharType(VarCharType.MAX_LENGTH),
            new VarCharType(VarCharType.MAX_LENGTH),
            new VarBinaryType(VarBinaryType.MAX_LENGTH),
            new DateType(),
            new TimestampType(3),
            new ArrayType(new FloatType()),
            new ArrayType(new DoubleType(false)),
            new ArrayType(new IntType()),
            new ArrayType(new BigIntType())
          },
          new String[] {
            "id", "int", "small", "tiny", "yes", "float", "double", "price", "exact", "word",
            "text", "bytes", "day", "at", "floats", "doubles", "ints", "longs"
          });

  @TempDir private Path directory;

  private static RowData row(long i) {
    GenericRowData row =
        GenericRowData.of(
            i,
            (int) i * 3,
            (short) i,
            (byte) i,
            i % 3 == 0,
            i / 7f,
            i / 11.0,
            DecimalData.fromBigDecimal(BigDecimal.valueOf(i, 2), 9, 2),
            DecimalData.fromBigDecimal(BigDecimal.valueOf(i, 4), 30, 4),
            StringData.fromString("word " + i % 10),
            StringData.fromString("text " + i),
            ("bytes " + i).getBytes(UTF_8),
            (int) i,
            TimestampData.fromEpochMillis(1_700_000_000_000L + i),
            list(i % 9, k -> k % 5 == 4 ? null : i + k / 7f),
            list(i % 4, k -> i / 3.0 + k),
            list(i % 3, k -> (int) (i + k) % 2 == 0 ? null : (int) k),
            list(i % 700 == 0 ? 3_000 : i % 2, k -> i * k));
    if (i % 5 == 0) {
      row.setField(1 + (int) (i / 5 % 17), null);
    }
    return row;
  }

  private static GenericArrayData list(long size, LongFunction<@Nullable Object> value) {
    return new GenericArrayData(LongStream.range(0, size).mapToObj(value).toArray());
  }

  private org.apache.flink.core.fs.Path write(int rows) throws IOException {
    return write(TYPES, LongStream.range(0, rows).mapToObj(ParquetFilesTest::row).toList());
  }

  private org.apache.flink.core.fs.Path write(RowType types, List<RowData> rows)
      throws IOException {
    return write(types, rows, "SNAPPY", "v1", true);
  }

  private org.apache.flink.core.fs.Path write(
      RowType types, List<RowData> rows, String codec, String version, boolean dictionary)
      throws IOException {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    hadoop.set("parquet.compression", codec);
    hadoop.set("parquet.writer.version", version);
    hadoop.setBoolean("parquet.enable.dictionary", dictionary);
    hadoop.set("parquet.block.size", "32768");
    hadoop.set("parquet.page.size", "1024");
    var path = new org.apache.flink.core.fs.Path(directory.resolve("rows.parquet").toUri());
    try (FSDataOutputStream out =
        path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE)) {
      BulkWriter<RowData> writer =
          ParquetRowDataBuilder.createWriterFactory(types, hadoop, true).create(out);
      for (RowData row : rows) {
        writer.addElement(row);
      }
      writer.finish();
    }
    return path;
  }

  private static List<VectorizedColumnBatch> read(
      org.apache.flink.core.fs.Path path, long from, long length, int rowsAtOnce)
      throws IOException {
    List<VectorizedColumnBatch> elements = new ArrayList<>();
    read(path, from, length, rowsAtOnce, elements::add);
    return elements;
  }

  private static void read(
      org.apache.flink.core.fs.Path path,
      long from,
      long length,
      int rowsAtOnce,
      Consumer<VectorizedColumnBatch> elements)
      throws IOException {
    read(format(TYPES, false, rowsAtOnce), split(path, from, length, null), elements);
  }

  private static FileSourceSplit split(
      org.apache.flink.core.fs.Path path,
      long from,
      long length,
      @Nullable CheckpointedPosition position)
      throws IOException {
    long bytes = Files.size(Path.of(path.getPath()));
    return new FileSourceSplit("split", path, from, length, 0, bytes, new String[0], position);
  }

  private static ParquetColumnFormat format(RowType columns, boolean mayLack, int rowsAtOnce) {
    return new ParquetColumnFormat(
        new DeclaredColumns(columns, mayLack),
        TypeInformation.of(VectorizedColumnBatch.class),
        rowsAtOnce,
        true,
        true);
  }

  private static void read(
      BulkFormat<VectorizedColumnBatch, FileSourceSplit> format,
      FileSourceSplit split,
      Consumer<VectorizedColumnBatch> elements)
      throws IOException {
    try (BulkFormat.Reader<VectorizedColumnBatch> reader =
        split.getReaderPosition().isPresent()
            ? format.restoreReader(new Configuration(), split)
            : format.createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<VectorizedColumnBatch> batch;
      while ((batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          elements.accept(next.getRecord());
        }
        batch.releaseBatch();
      }
    }
  }

  private static List<RowData> rows(List<VectorizedColumnBatch> elements) {
    List<RowData> rows = new ArrayList<>();
    for (VectorizedColumnBatch element : elements) {
      for (int i = 0; i < element.getNumRows(); i++) {
        rows.add(new ColumnarRowData(element, i));
      }
    }
    return rows;
  }

  private static Origin origin(RowData row) {
    return requireNonNull(Origin.of(row, TYPES.getFieldCount()));
  }

  /** All elements are held until the last has been read, as they are while a model is slow. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100, 2048})
  void elementsStayAsTheyWereRead(int rowsAtOnce) throws IOException {
    assertReadAsWritten(write(ROWS), rowsAtOnce);
  }

  @ParameterizedTest
  @CsvSource({
    "UNCOMPRESSED, v1, true", "GZIP, v1, true", "ZSTD, v1, false", "LZ4, v1, true",
    "SNAPPY, v2, true", "SNAPPY, v2, false", "GZIP, v2, false", "LZ4, v2, false"
  })
  void pagesAreReadHoweverTheyAreEncodedAndCompressed(
      String codec, String version, boolean dictionary) throws IOException {
    List<RowData> rows = LongStream.range(0, ROWS).mapToObj(ParquetFilesTest::row).toList();
    assertReadAsWritten(write(TYPES, rows, codec, version, dictionary), 100);
  }

  /** Such a file is not damaged. */
  @Test
  void aColumnIsNamedWhoseCodecHasNoClass() throws IOException {
    MessageType schema = MessageTypeParser.parseMessageType("message m { required int64 id; }");
    Path file = directory.resolve("brotli.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(schema)
            .withCompressionCodec(CompressionCodecName.BROTLI)
            .withCodecFactory(new NoCodecs())
            .build()) {
      writer.write(new SimpleGroup(schema).append("id", 1L));
    }
    RowType columns = RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"});

    assertThatThrownBy(() -> rows(columns, file))
        .isInstanceOf(RecordFailureException.class)
        .hasMessage(
            "file:%s: column 'id': compressed as BROTLI, for which the class path has no"
                + " org.apache.hadoop.io.compress.BrotliCodec (expected: UNCOMPRESSED, SNAPPY,"
                + " GZIP, ZSTD, LZ4 or LZ4_RAW; write the file so, or add what has this class)",
            file);
  }

  /** Leaves pages as they are, whatever it says. */
  private static final class NoCodecs implements CompressionCodecFactory {
    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
      return new BytesInputCompressor() {
        @Override
        public BytesInput compress(BytesInput bytes) {
          return bytes;
        }

        @Override
        public CompressionCodecName getCodecName() {
          return codec;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void release() {}
  }

  /** The rows of files as JSON, read one after the other as a job reads them row by row. */
  private static List<String> rows(RowType columns, Path... files) throws IOException {
    BulkFormat<RowData, FileSourceSplit> format =
        new OriginRows(
            new ParquetRows(format(columns, false, 2), columns),
            new FolderColumns(columns, List.of(), "none"));
    RowJson json = new RowJson(columns);
    List<String> rows = new ArrayList<>();
    for (Path file : files) {
      var path = new org.apache.flink.core.fs.Path(file.toUri());
      long number = 0;
      try (BulkFormat.Reader<RowData> reader =
          format.createReader(new Configuration(), split(path, 0, Files.size(file), null))) {
        BulkFormat.RecordIterator<RowData> batch;
        while ((batch = reader.readBatch()) != null) {
          for (var next = batch.next(); next != null; next = batch.next()) {
            Origin origin = requireNonNull(Origin.of(next.getRecord(), columns.getFieldCount()));
            assertThat(origin.string(Origin.TOPIC)).isEqualTo(path.toString());
            assertThat(origin.field(Origin.OFFSET)).isEqualTo(number++);
            rows.add(new String(json.encode(next.getRecord()), UTF_8));
          }
          batch.releaseBatch();
        }
      }
    }
    return rows;
  }

  private static RowType type(String type) {
    return (RowType) LogicalTypeParser.parse(type, ParquetFilesTest.class.getClassLoader());
  }

  /** As Arrow writes them, which Flink's own reader of nested columns does not know. */
  @Test
  void nestedTimestampsAndDecimalsAreReadAsFlatOnes() throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            """
            message m {
              required int64 id;
              optional group row {
                optional int64 at (TIMESTAMP(MICROS,true));
                optional fixed_len_byte_array(4) price (DECIMAL(9,2));
              }
              optional group list (LIST) {
                repeated group list { optional int64 element (TIMESTAMP(NANOS,false)); }
              }
              optional group map (MAP) {
                repeated group key_value {
                  required binary key (STRING);
                  optional int64 value (TIMESTAMP(MILLIS,true));
                }
              }
            }\
            """);
    Path file = directory.resolve("nested.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(schema).build()) {
      for (long i = 0; i < 5; i++) {
        Group row = new SimpleGroup(schema).append("id", i);
        if (i % 2 == 0) {
          row.addGroup("row")
              .append("at", -1_500_000L + i)
              .append("price", Binary.fromConstantByteArray(new byte[] {-1, -1, -1, (byte) -i}));
        }
        if (i != 1) {
          Group list = row.addGroup("list");
          for (long k = 0; k < i; k++) {
            Group element = list.addGroup("list");
            if (k != 1) {
              element.append("element", -1L - k);
            }
          }
        }
        row.addGroup("map").addGroup("key_value").append("key", "k").append("value", -1L - i);
        writer.write(row);
      }
    }

    assertThat(
            rows(
                type(
                    "ROW<id BIGINT, `row` ROW<at TIMESTAMP_LTZ(6), price DECIMAL(9, 2)>, list"
                        + " ARRAY<TIMESTAMP(9)>, `map` MAP<STRING, TIMESTAMP(3)>>"),
                file))
        .containsExactly(
            "{\"id\":0,\"row\":{\"at\":\"1969-12-31T23:59:58.5Z\",\"price\":-2.56},\"list\":[],\"map\":{\"k\":\"1969-12-31T23:59:59.999\"}}",
            "{\"id\":1,\"row\":null,\"list\":null,\"map\":{\"k\":\"1969-12-31T23:59:59.998\"}}",
            "{\"id\":2,\"row\":{\"at\":\"1969-12-31T23:59:58.500002Z\",\"price\":-0.02},\"list\":[\"1969-12-31T23:59:59.999999999\",null],\"map\":{\"k\":\"1969-12-31T23:59:59.997\"}}",
            "{\"id\":3,\"row\":null,\"list\":[\"1969-12-31T23:59:59.999999999\",null,\"1969-12-31T23:59:59.999999997\"],\"map\":{\"k\":\"1969-12-31T23:59:59.996\"}}",
            "{\"id\":4,\"row\":{\"at\":\"1969-12-31T23:59:58.500004Z\",\"price\":-0.04},\"list\":[\"1969-12-31T23:59:59.999999999\",null,\"1969-12-31T23:59:59.999999997\",\"1969-12-31T23:59:59.999999996\"],\"map\":{\"k\":\"1969-12-31T23:59:59.995\"}}");
  }

  /** As Spark wrote them once, and does now. */
  @Test
  void timestampsInBothFormsAreReadFromFilesOfOneFolder() throws IOException {
    Path old = directory.resolve("old.parquet");
    Path current = directory.resolve("new.parquet");
    long[] micros = {-2_208_988_799_999_999L, -1, 0, 1, 1_700_000_000_123_456L};
    for (Path file : List.of(old, current)) {
      boolean days = file == old;
      MessageType schema =
          MessageTypeParser.parseMessageType(
              "message m { optional %s; }"
                  .formatted(days ? "int96 at" : "int64 at (TIMESTAMP(MICROS,true))"));
      try (ParquetWriter<Group> writer =
          ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(schema).build()) {
        for (long count : micros) {
          long day = 86_400_000_000L;
          Group row = new SimpleGroup(schema);
          if (days) {
            int julian = (int) Math.floorDiv(count, day) + 2_440_588;
            row.append("at", new NanoTime(julian, Math.floorMod(count, day) * 1_000));
          } else {
            row.append("at", count);
          }
          writer.write(row);
          writer.write(new SimpleGroup(schema));
        }
      }
    }

    List<String> read = rows(type("ROW<at TIMESTAMP_LTZ(6)>"), old, current, old);

    List<String> expected = new ArrayList<>();
    for (long count : micros) {
      Instant instant = Instant.EPOCH.plus(count, ChronoUnit.MICROS);
      expected.add("{\"at\":\"" + instant + "\"}");
      expected.add("{\"at\":null}");
    }
    assertThat(read)
        .containsExactlyElementsOf(
            Stream.of(expected, expected, expected).flatMap(List::stream).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"optional %s", "optional group c { optional %s; }"})
  void numbersOfMoreDigitsThanAreDeclaredAreRefused(String inFile) {
    String columns = inFile.contains("group") ? "ROW<c DECIMAL(9, 2)>" : "DECIMAL(9, 2)";
    check(columns(columns), inFile.formatted("fixed_len_byte_array(4) c (DECIMAL(9,2))"));

    assertThatThrownBy(
            () ->
                check(
                    columns(columns),
                    inFile.formatted("fixed_len_byte_array(9) c (DECIMAL(20,2))")))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageContaining("declare it as it is in the file");
  }

  @Test
  void columnThatIsNullThroughoutIsReadFromPagesWithoutContents() throws IOException {
    RowType column = RowType.of(new LogicalType[] {new FloatType()}, new String[] {"none"});
    List<RowData> nulls = Collections.nCopies(500, GenericRowData.of((Object) null));
    var path = write(column, nulls, "SNAPPY", "v2", true);
    List<Boolean> read = new ArrayList<>();

    read(
        format(column, false, 100),
        split(path, 0, Files.size(Path.of(path.getPath())), null),
        element -> rows(List.of(element)).forEach(row -> read.add(row.isNullAt(0))));

    assertThat(read).hasSize(500).containsOnly(true);
  }

  /** As old writers put the levels that say which values are null. */
  @Test
  @SuppressWarnings("deprecation") // Of what nobody writes any more.
  void nullsWhoseLevelsArePackedAsBitsAreRead() throws IOException {
    MessageType schema = MessageTypeParser.parseMessageType("message m { optional int64 id; }");
    Path file = directory.resolve("packed.parquet");
    try (ParquetFileWriter writer =
        new ParquetFileWriter(
            new LocalOutputFile(file),
            schema,
            ParquetFileWriter.Mode.CREATE,
            ParquetWriter.DEFAULT_BLOCK_SIZE,
            0)) {
      byte[] page =
          ByteBuffer.allocate(1 + 4 * Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put((byte) 0b1010_0110)
              .putLong(1)
              .putLong(3)
              .putLong(6)
              .putLong(7)
              .array();
      writer.start();
      writer.startBlock(8);
      writer.startColumn(schema.getColumns().get(0), 8, CompressionCodecName.UNCOMPRESSED);
      writer.writeDataPage(
          8,
          page.length,
          BytesInput.from(page),
          Statistics.createStats(schema.getType(0)),
          8,
          Encoding.BIT_PACKED,
          Encoding.BIT_PACKED,
          Encoding.PLAIN);
      writer.endColumn();
      writer.endBlock();
      writer.end(Map.of());
    }

    assertThat(rows(RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"}), file))
        .containsExactly(
            "{\"id\":1}",
            "{\"id\":null}",
            "{\"id\":3}",
            "{\"id\":null}",
            "{\"id\":null}",
            "{\"id\":6}",
            "{\"id\":7}",
            "{\"id\":null}");
  }

  /** As Arrow's writer lays them out: in a dictionary of bytes, whatever their precision. */
  @ParameterizedTest
  @ValueSource(ints = {9, 18, 30})
  void decimalsOfADictionaryAreReadWhateverTheirPrecision(int precision) throws IOException {
    RowType column =
        RowType.of(new LogicalType[] {new DecimalType(precision, 2)}, new String[] {"price"});
    List<RowData> rows =
        LongStream.range(0, 500)
            .<RowData>mapToObj(
                i -> GenericRowData.of(i % 7 == 0 ? null : decimal(i % 5 - 2, precision)))
            .toList();
    var path = write(column, rows, "SNAPPY", "v2", true);
    List<@Nullable DecimalData> read = new ArrayList<>();

    read(
        format(column, false, 100),
        split(path, 0, Files.size(Path.of(path.getPath())), null),
        element ->
            rows(List.of(element))
                .forEach(
                    row -> read.add(row.isNullAt(0) ? null : row.getDecimal(0, precision, 2))));

    assertThat(read)
        .containsExactlyElementsOf(
            LongStream.range(0, 500)
                .mapToObj(i -> i % 7 == 0 ? null : decimal(i % 5 - 2, precision))
                .toList());
  }

  private static DecimalData decimal(long unscaled, int precision) {
    return DecimalData.fromBigDecimal(BigDecimal.valueOf(unscaled, 2), precision, 2);
  }

  private static void assertReadAsWritten(org.apache.flink.core.fs.Path path, int rowsAtOnce)
      throws IOException {
    List<VectorizedColumnBatch> elements =
        read(path, 0, Files.size(Path.of(path.getPath())), rowsAtOnce);
    RowJson json = new RowJson(Origin.appendTo(TYPES));
    RowJson expected = new RowJson(TYPES);
    List<RowData> rows = rows(elements);
    assertThat(rows).hasSize(ROWS);
    assertThat(elements).allMatch(element -> element.getNumRows() <= rowsAtOnce);
    for (int i = 0; i < ROWS; i++) {
      String read = new String(json.encode(rows.get(i)), UTF_8);
      assertThat(read).isEqualTo(new String(expected.encode(row(i)), UTF_8));
    }
  }

  /** Of those that are held, as of those whose columns were filled again. */
  @Test
  void columnsComeBackWhenTheirElementIsReleased() throws IOException {
    var path = write(ROWS);
    RowJson json = new RowJson(TYPES);
    List<VectorizedColumnBatch> held = new ArrayList<>();
    Set<ColumnVector> vectors = Collections.newSetFromMap(new IdentityHashMap<>());
    List<String> rows = new ArrayList<>();
    int[] elements = {0};
    read(
        path,
        0,
        Files.size(Path.of(path.getPath())),
        100,
        element -> {
          vectors.add(element.columns[0]);
          if (elements[0]++ % 5 == 0) {
            held.add(element);
          } else {
            texts(List.of(element), json).forEach(rows::add);
            ((FileOrigin) element.columns[TYPES.getFieldCount()]).release();
          }
        });
    rows.addAll(texts(held, json));
    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, ROWS)
                .mapToObj(i -> new String(json.encode(row(i)), UTF_8))
                .toList());
    assertThat(vectors).hasSizeBetween(held.size(), held.size() + 5);
  }

  private static List<String> texts(List<VectorizedColumnBatch> elements, RowJson json) {
    return rows(elements).stream().map(row -> new String(json.encode(row), UTF_8)).toList();
  }

  @Test
  void eachRowKnowsItsFileAndNumberWhateverTheSplit() throws IOException {
    var path = write(ROWS);
    long length = Files.size(Path.of(path.getPath()));
    long split = length / 3;
    List<VectorizedColumnBatch> elements = new ArrayList<>();
    for (long from = 0; from < length; from += split) {
      elements.addAll(read(path, from, Math.min(split, length - from), 300));
    }
    List<RowData> rows = rows(elements);
    assertThat(rows)
        .extracting(row -> origin(row).field(Origin.OFFSET))
        .containsExactlyElementsOf(LongStream.range(0, ROWS).boxed().toList());
    assertThat(rows).extracting(row -> row.getLong(0)).startsWith(0L, 1L).endsWith(ROWS - 1L);
    assertThat(origin(rows.get(ROWS - 1)).string(Origin.TOPIC)).isEqualTo(path.toString());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 150, 1_000, ROWS - 1, ROWS})
  void whoGoesOnBehindSomeRowsReadsTheOthersWithTheirNumbers(long done) throws IOException {
    var path = write(ROWS);
    long length = Files.size(Path.of(path.getPath()));
    var position = new CheckpointedPosition(CheckpointedPosition.NO_OFFSET, done);
    List<VectorizedColumnBatch> elements = new ArrayList<>();

    read(format(TYPES, false, 100), split(path, 0, length, position), elements::add);

    List<RowData> rows = rows(elements);
    assertThat(rows)
        .extracting(row -> row.isNullAt(0) ? null : row.getLong(0))
        .containsExactlyElementsOf(LongStream.range(done, ROWS).boxed().toList());
    assertThat(rows)
        .extracting(row -> origin(row).field(Origin.OFFSET))
        .containsExactlyElementsOf(LongStream.range(done, ROWS).boxed().toList());
  }

  @Test
  void whoGoesOnBehindAWholeRowGroupReadsTheOthers() throws IOException {
    var path = write(ROWS);
    long length = Files.size(Path.of(path.getPath()));
    // An element never has rows of two groups.
    int group = read(path, 0, length, ROWS).get(0).getNumRows();
    var position = new CheckpointedPosition(CheckpointedPosition.NO_OFFSET, group);
    List<VectorizedColumnBatch> elements = new ArrayList<>();

    read(format(TYPES, false, 100), split(path, 0, length, position), elements::add);

    assertThat(group).isLessThan(ROWS);
    assertThat(rows(elements))
        .extracting(row -> origin(row).field(Origin.OFFSET))
        .containsExactlyElementsOf(LongStream.range(group, ROWS).boxed().toList());
  }

  @Test
  void theNextFileFillsTheColumnsOfTheOneBefore() throws IOException {
    var path = write(50);
    FileSourceSplit whole = split(path, 0, Files.size(Path.of(path.getPath())), null);
    ParquetColumnFormat format = format(TYPES, false, 100);
    Set<ColumnVector> vectors = Collections.newSetFromMap(new IdentityHashMap<>());
    List<String> rows = new ArrayList<>();
    for (int file = 0; file < 3; file++) {
      read(
          format,
          whole,
          element -> {
            vectors.add(element.columns[0]);
            rows.addAll(texts(List.of(element), new RowJson(TYPES)));
            ((FileOrigin) element.columns[TYPES.getFieldCount()]).release();
          });
    }
    assertThat(vectors).hasSize(1);
    assertThat(rows).hasSize(150);
    assertThat(rows.subList(100, 150)).isEqualTo(rows.subList(0, 50));
  }

  private List<FileSourceSplit> smallFiles(
      int count, IntUnaryOperator rowsOf, IntPredicate hasDictionary, List<RowData> written)
      throws IOException {
    List<FileSourceSplit> splits = new ArrayList<>();
    for (int file = 0; file < count; file++) {
      long first = 100L * file;
      List<RowData> rows =
          LongStream.range(first, first + rowsOf.applyAsInt(file))
              .mapToObj(ParquetFilesTest::row)
              .toList();
      Path named = directory.resolve(file + ".parquet");
      Files.move(
          Path.of(write(TYPES, rows, "SNAPPY", "v1", hasDictionary.test(file)).getPath()), named);
      var path = new org.apache.flink.core.fs.Path(named.toUri());
      splits.add(split(path, 0, Files.size(named), null));
      written.addAll(rows);
    }
    return splits;
  }

  /** Vectors go from being read into to being copied into, and back, by when they are let go. */
  @Test
  void vectorsWithADictionaryOfBeforeTakeTheRowsOfSmallFiles() throws IOException {
    List<RowData> written = new ArrayList<>();
    List<FileSourceSplit> splits = smallFiles(3, file -> 50, file -> true, written);
    JoinedColumns format = new JoinedColumns(new FilesFormat<>(format(TYPES, false, 130)));
    RowJson json = new RowJson(TYPES);
    List<String> expected =
        written.stream().map(row -> new String(json.encode(row), UTF_8)).toList();

    for (int time = 0; time < 6; time++) {
      List<String> rows = new ArrayList<>();
      Deque<VectorizedColumnBatch> held = new ArrayDeque<>();
      int most = time % 3;
      read(
          format,
          FilesSplit.of(splits),
          element -> {
            rows.addAll(texts(List.of(element), json));
            held.add(element);
            if (held.size() > most) {
              FileOrigin.of(held.remove()).release();
            }
          });
      held.forEach(element -> FileOrigin.of(element).release());

      assertThat(rows).as("time %d", time).isEqualTo(expected);
    }
  }

  /** Some with dictionaries, in which a column of another file may have none. */
  @Test
  void smallFilesBecomeOneElementWithAllTheirValuesAndPlaces() throws IOException {
    List<RowData> written = new ArrayList<>();
    List<FileSourceSplit> splits = smallFiles(6, file -> 30 + file, file -> file % 2 == 0, written);
    JoinedColumns format = new JoinedColumns(new FilesFormat<>(format(TYPES, false, 130)));
    Set<ColumnVector> vectors = Collections.newSetFromMap(new IdentityHashMap<>());
    RowJson json = new RowJson(TYPES);
    List<String> rows = new ArrayList<>();
    List<String> places = new ArrayList<>();
    List<Integer> elements = new ArrayList<>();
    for (int time = 0; time < 2; time++) {
      read(
          format,
          FilesSplit.of(splits),
          element -> {
            vectors.add(element.columns[0]);
            elements.add(element.getNumRows());
            rows.addAll(texts(List.of(element), json));
            rows(List.of(element)).forEach(row -> places.add(origin(row).position()));
            FileOrigin.of(element).release();
          });
    }

    assertThat(elements).containsExactly(30 + 31 + 32 + 33, 34 + 35, 30 + 31 + 32 + 33, 34 + 35);
    assertThat(rows.subList(0, rows.size() / 2))
        .isEqualTo(written.stream().map(row -> new String(json.encode(row), UTF_8)).toList())
        .isEqualTo(rows.subList(rows.size() / 2, rows.size()));
    assertThat(places)
        .contains(
            splits.get(0).path() + "/0",
            splits.get(0).path() + "/29",
            splits.get(1).path() + "/0",
            splits.get(5).path() + "/34")
        .hasSize(2 * written.size());
    assertThat(vectors).hasSizeLessThan(4);
  }

  @Test
  void columnThatAFileLacksIsNullAndTheNextFileHasIt() throws IOException {
    var path = write(3);
    FileSourceSplit whole = split(path, 0, Files.size(Path.of(path.getPath())), null);
    List<RowType.RowField> more = new ArrayList<>(TYPES.getFields());
    more.add(1, new RowType.RowField("not there", new BigIntType()));
    List<VectorizedColumnBatch> elements = new ArrayList<>();

    read(format(new RowType(more), true, 2), whole, elements::add);

    assertThat(rows(elements))
        .hasSize(3)
        .allSatisfy(row -> assertThat(row.isNullAt(1)).isTrue())
        .extracting(row -> row.getLong(0))
        .containsExactly(0L, 1L, 2L);
    assertThatThrownBy(() -> read(format(new RowType(more), false, 2), whole, elements::add))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageContaining("column 'not there': not in the file");
  }

  /** Older writers have no group around each element, or name it as they like. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "repeated float array;",
        "repeated group bag { required float array_element; }",
        "repeated group list { optional float element; }"
      })
  void listsAreReadHoweverTheirElementsAreWrapped(String elements) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { optional group floats (LIST) { %s } }".formatted(elements));
    Path file = directory.resolve("lists.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(schema).build()) {
      for (int i = 0; i < 5; i++) {
        Group row = new SimpleGroup(schema);
        if (i != 3) {
          Group list = row.addGroup("floats");
          for (int k = 0; k < i; k++) {
            if (elements.startsWith("repeated float")) {
              list.append("array", k + i / 10f);
            } else {
              list.addGroup(0).append(list.getGroup(0, k).getType().getFieldName(0), k + i / 10f);
            }
          }
        }
        writer.write(row);
      }
    }
    RowType columns =
        RowType.of(new LogicalType[] {new ArrayType(new FloatType())}, new String[] {"floats"});
    var path = new org.apache.flink.core.fs.Path(file.toUri());
    List<VectorizedColumnBatch> read = new ArrayList<>();

    read(format(columns, false, 100), split(path, 0, Files.size(file), null), read::add);

    assertThat(texts(read, new RowJson(columns)))
        .containsExactly(
            "{\"floats\":[]}",
            "{\"floats\":[0.1]}",
            "{\"floats\":[0.2,1.2]}",
            "{\"floats\":null}",
            "{\"floats\":[0.4,1.4,2.4,3.4]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "optional float floats;",
        "optional group floats (LIST) { repeated group list { optional int64 element; } }",
        "optional group floats (LIST) { repeated group list { optional group element { optional"
            + " float a; optional float b; } } }",
        "optional group floats (MAP) { repeated group key_value { required float key; optional"
            + " float value; } }"
      })
  void whatIsNoListOfThatTypeIsRefusedByItsName(String column) {
    MessageType schema = MessageTypeParser.parseMessageType("message m { " + column + " }");
    RowType columns =
        RowType.of(new LogicalType[] {new ArrayType(new FloatType())}, new String[] {"floats"});

    assertThatThrownBy(
            () ->
                new DeclaredColumns(columns, false)
                    .check(new org.apache.flink.core.fs.Path("file:/f"), schema))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith("file:/f: column 'floats': '");
  }

  /** Flink's own reader takes the parts of their second for negative, and fails. */
  @ParameterizedTest
  @CsvSource({
    "MILLIS, 1000, true", "MICROS, 1000000, true", "NANOS, 1000000000, true",
    "MILLIS, 1000, false", "MICROS, 1000000, false", "NANOS, 1000000000, false",
  })
  void timestampsBefore1970AreReadAsAfterIt(String unit, long perSecond, boolean utc)
      throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { optional int64 at (TIMESTAMP(%s,true)); }".formatted(unit));
    Path file = directory.resolve("times.parquet");
    List<Long> counts = new ArrayList<>();
    for (long second : new long[] {-2_208_988_800L, -86_401, -2, -1, 0, 1, 1_700_000_000}) {
      counts.addAll(
          List.of(second * perSecond, second * perSecond + 1, (second + 1) * perSecond - 1));
    }
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(schema).build()) {
      for (long count : counts) {
        writer.write(new SimpleGroup(schema).append("at", count));
        writer.write(new SimpleGroup(schema));
      }
    }
    RowType columns = RowType.of(new LogicalType[] {new TimestampType(9)}, new String[] {"at"});
    List<VectorizedColumnBatch> elements = new ArrayList<>();

    read(
        new ParquetColumnFormat(
            new DeclaredColumns(columns, false),
            TypeInformation.of(VectorizedColumnBatch.class),
            100,
            utc,
            true),
        split(new org.apache.flink.core.fs.Path(file.toUri()), 0, Files.size(file), null),
        elements::add);

    ZoneId zone = utc ? ZoneOffset.UTC : ZoneId.systemDefault();
    VectorizedColumnBatch read = elements.get(0);
    for (int i = 0; i < counts.size(); i++) {
      long count = counts.get(i);
      Instant instant =
          Instant.ofEpochSecond(
              Math.floorDiv(count, perSecond),
              Math.floorMod(count, perSecond) * (1_000_000_000 / perSecond));
      ColumnarRowData row = new ColumnarRowData(read, 2 * i);
      assertThat(row.getTimestamp(0, 9).toLocalDateTime())
          .isEqualTo(LocalDateTime.ofInstant(instant, zone));
      assertThat(new ColumnarRowData(read, 2 * i + 1).isNullAt(0)).isTrue();
    }
  }

  /** A dictionary that grows too large ends within a row group, and within a batch. */
  @Test
  void timestampsAreReadFromADictionaryAndBehindIt() throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { optional int64 at (TIMESTAMP(MICROS,true)); }");
    Path file = directory.resolve("times.parquet");
    List<@Nullable Long> counts = new ArrayList<>();
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(schema)
            .withPageSize(256)
            .withDictionaryPageSize(1_024)
            .build()) {
      for (long i = 0; i < ROWS; i++) {
        Long count = i % 7 == 0 ? null : i < 1_000 ? i % 50 : i * 1_000_003;
        counts.add(count);
        SimpleGroup row = new SimpleGroup(schema);
        writer.write(count == null ? row : row.append("at", count));
      }
    }
    List<@Nullable Long> read = new ArrayList<>();

    read(
        format(
            RowType.of(new LogicalType[] {new TimestampType(6)}, new String[] {"at"}), false, 97),
        split(new org.apache.flink.core.fs.Path(file.toUri()), 0, Files.size(file), null),
        element ->
            rows(List.of(element))
                .forEach(
                    row -> {
                      TimestampData at = row.isNullAt(0) ? null : row.getTimestamp(0, 6);
                      read.add(
                          at == null
                              ? null
                              : at.getMillisecond() * 1_000 + at.getNanoOfMillisecond() / 1_000);
                    }));

    assertThat(read).isEqualTo(counts);
  }

  @Test
  void columnOfAnyTypeMayBeMissing() throws IOException {
    var path = write(3);
    FileSourceSplit whole = split(path, 0, Files.size(Path.of(path.getPath())), null);
    LogicalType[] types = {
      new BooleanType(),
      new TinyIntType(),
      new SmallIntType(),
      new IntType(),
      new BigIntType(),
      new FloatType(),
      new DoubleType(),
      new DecimalType(9, 2),
      new DecimalType(18, 2),
      new DecimalType(30, 4),
      new CharType(3),
      new VarCharType(VarCharType.MAX_LENGTH),
      new BinaryType(3),
      new VarBinaryType(VarBinaryType.MAX_LENGTH),
      new DateType(),
      new TimeType(3),
      new TimestampType(6),
      new LocalZonedTimestampType(6),
      new ArrayType(new FloatType()),
      new ArrayType(new BigIntType())
    };
    RowType missing = RowType.of(types);
    List<VectorizedColumnBatch> elements = new ArrayList<>();

    read(format(missing, true, 2), whole, elements::add);

    String nulls = new String(new RowJson(missing).encode(new GenericRowData(types.length)), UTF_8);
    assertThat(texts(elements, new RowJson(missing))).containsExactly(nulls, nulls, nulls);
  }

  /** What lies within it is of the declared type, and there may be several or none in a row. */
  @ParameterizedTest
  @ValueSource(strings = {"%s", "ARRAY<%s>", "MAP<STRING, %s>", "ROW<a %s>", "ARRAY<ROW<a %s>>"})
  void aColumnThatARowOfTheFileLacksIsNamed(String type) throws IOException {
    String within = type.contains("a %s") ? "pay.a" : "pay";
    String name = "ROW<`sum` INT, `at` INT>";
    var path = write(type("ROW<pay %s>".formatted(type.formatted(name))), List.of());
    FileSourceSplit split = split(path, 0, Files.size(Path.of(path.getPath())), null);
    for (boolean mayLack : new boolean[] {true, false}) {
      RowType declared =
          type("ROW<pay %s>".formatted(type.formatted("ROW<`sum` INT, `amount` INT>")));

      assertThatThrownBy(
              () -> format(declared, mayLack, 9).createReader(new Configuration(), split))
          .isInstanceOf(RecordFailureException.class)
          .hasMessage(
              "%s: column '%s.amount': not in the file (there: %s.at, %s.sum); correct the name, or"
                  + " leave the file out, or this column",
              path, within, within, within);
    }
    RowType whole = type("ROW<pay %s>".formatted(type.formatted(name)));
    format(whole, false, 9).createReader(new Configuration(), split).close();
  }

  @Test
  void nestedColumnIsNotReadAsAFlatOne() throws IOException {
    RowType nested =
        RowType.of(
            new LogicalType[] {
              new ArrayType(new BigIntType()), RowType.of(new BigIntType(), new BigIntType())
            },
            new String[] {"many", "pair"});
    var path =
        write(
            nested,
            List.of(
                GenericRowData.of(
                    new GenericArrayData(new long[] {1, 2}), GenericRowData.of(3L, 4L))));
    FileSourceSplit whole = split(path, 0, Files.size(Path.of(path.getPath())), null);
    for (String column : nested.getFieldNames()) {
      RowType flat = RowType.of(new LogicalType[] {new BigIntType()}, new String[] {column});
      assertThatThrownBy(() -> read(format(flat, false, 2), whole, element -> {}))
          .isInstanceOf(RecordFailureException.class)
          .hasMessageContaining(path + ": column '" + column + "': 'optional group " + column)
          .hasMessageContaining("(expected: what is read as BIGINT, as it is declared;");
    }
  }

  /** As a negative number, or not at all. */
  @ParameterizedTest
  @CsvSource({
    "int64, TIMESTAMP(3)",
    "int64, TIMESTAMP_LTZ(6)",
    "'int32 (INTEGER(32,false))', INT",
    "'int32 (INTEGER(16,false))', SMALLINT",
    "'int64 (INTEGER(64,false))', BIGINT"
  })
  void numbersThatFlinkWouldReadAsOthersAreRefusedByTheirColumn(String inFile, String declared) {
    String[] type = inFile.split(" ", 2);
    String column = type[0] + " c" + (type.length > 1 ? " " + type[1] : "");
    RowType columns = columns(declared);

    assertThatThrownBy(() -> check(columns, "optional " + column))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith("file:/f: column 'c': 'optional int")
        .hasMessageContaining(
            "(expected: what is read as "
                + columns.getTypeAt(0).asSummaryString()
                + ", as it is declared;");
  }

  @Test
  void numbersWithoutASignThatFitAreRead() {
    check(columns("INT"), "optional int32 c (INTEGER(16,false))");
    check(columns("SMALLINT"), "optional int32 c (INTEGER(8,false))");
    check(columns("TIMESTAMP(3)"), "optional int64 c (TIMESTAMP(MILLIS,true))");
  }

  private static RowType columns(String declared) {
    return RowType.of(
        new LogicalType[] {
          LogicalTypeParser.parse(declared, ParquetFilesTest.class.getClassLoader())
        },
        new String[] {"c"});
  }

  private static void check(RowType columns, String inFile) {
    new DeclaredColumns(columns, false)
        .check(
            new org.apache.flink.core.fs.Path("file:/f"),
            MessageTypeParser.parseMessageType(
                "message m { " + inFile + (inFile.endsWith("}") ? " }" : "; }")));
  }

  /** 1.2345 would be 123.45. */
  @Test
  void decimalIsNotReadWithAnotherScale() throws IOException {
    var path = write(3);
    FileSourceSplit whole = split(path, 0, Files.size(Path.of(path.getPath())), null);
    for (String column : List.of("price", "exact")) {
      RowType other = RowType.of(new LogicalType[] {new DecimalType(9, 3)}, new String[] {column});
      assertThatThrownBy(() -> read(format(other, false, 2), whole, element -> {}))
          .isInstanceOf(RecordFailureException.class)
          .hasMessageContaining("column '" + column + "': 'optional ")
          .hasMessageContaining("(expected: what is read as DECIMAL(9, 3), as it is declared;");
    }
  }

  @Test
  void aSplitIsOpenedOnce() throws IOException {
    int[] opened = {0};
    org.apache.flink.core.fs.Path file =
        new org.apache.flink.core.fs.Path(write(ROWS).toUri()) {
          @Override
          public FileSystem getFileSystem() throws IOException {
            opened[0]++;
            return super.getFileSystem();
          }
        };
    long length = Files.size(Path.of(file.getPath()));
    assertThat(read(file, length / 2, length - length / 2, 300)).isNotEmpty();
    assertThat(opened[0]).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "format, json",
    "source.monitor-interval, 10s",
  })
  void whatIsNotKnownHereIsReadAsRows(String key, String value) {
    Map<String, String> options =
        new HashMap<>(Map.of("connector", "filesystem", "format", "parquet", "path", "in"));
    options.put("parquet.batch-size", "10");
    assertThat(
            ParquetFiles.of(
                new ConnectorOptions("source", options), TYPES, TableKeys.NONE, FileReading.USUAL))
        .isPresent();
    var nested = RowType.of(new ArrayType(new SmallIntType()));
    assertThat(
            ParquetFiles.of(
                new ConnectorOptions("source", options), nested, TableKeys.NONE, FileReading.USUAL))
        .isEmpty();
    var keys = new TableKeys(List.of(), List.of("word"), false);
    assertThat(
            ParquetFiles.of(
                new ConnectorOptions("source", options), TYPES, keys, FileReading.USUAL))
        .isEmpty();
    options.put(key, value);
    assertThat(
            ParquetFiles.of(
                new ConnectorOptions("source", options), TYPES, TableKeys.NONE, FileReading.USUAL))
        .isEmpty();
  }
}
