package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.options.ConnectorOptions;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.columnar.vector.ArrayColumnVector;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.data.columnar.vector.heap.HeapLongVector;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnFileTest {
  private static final int ROWS = 30_000;
  private static final int BATCH = 700;
  private static final int LIST = 12;
  private static final RowType TYPE =
      RowType.of(
          new LogicalType[] {
            new BigIntType(false),
            new IntType(),
            new SmallIntType(),
            new BooleanType(),
            new FloatType(),
            new DoubleType(),
            new DecimalType(9, 2),
            new DecimalType(30, 4),
            new VarCharType(VarCharType.MAX_LENGTH),
            new VarCharType(VarCharType.MAX_LENGTH),
            new VarBinaryType(VarBinaryType.MAX_LENGTH),
            new TimestampType(3),
            new ArrayType(new FloatType())
          },
          new String[] {
            "id", "int", "small", "yes", "float", "double", "price", "exact", "word", "text",
            "bytes", "at", "list"
          });

  @TempDir private Path directory;

  private static RowData row(long i) {
    int whole = (int) i;
    GenericRowData row =
        GenericRowData.of(
            i,
            whole * 3,
            (short) i,
            i % 3 == 0,
            i / 7f,
            i / 11.0,
            DecimalData.fromBigDecimal(BigDecimal.valueOf(i, 2), 9, 2),
            DecimalData.fromBigDecimal(BigDecimal.valueOf(i, 4), 30, 4),
            StringData.fromString("word " + i % 10),
            StringData.fromString("text " + i),
            ("bytes " + i).getBytes(StandardCharsets.UTF_8),
            TimestampData.fromEpochMillis(1_700_000_000_000L + i),
            new GenericArrayData(i % 4 == 0 ? new Float[] {1f * i, null} : new Float[0]));
    if (i % 5 == 0) {
      row.setField(1 + (int) (i / 5 % (TYPE.getFieldCount() - 1)), null);
    }
    return row;
  }

  static Stream<Map<String, String>> settings() {
    return Stream.of(
        Map.of(),
        Map.of("parquet.block.size", "100000", "parquet.page.size", "2000"),
        Map.of("parquet.compression", "ZSTD", "parquet.enable.dictionary", "false"),
        Map.of("parquet.compression", "UNCOMPRESSED", "parquet.writer.version", "v2"),
        Map.of("parquet.write.int64.timestamp", "true", "parquet.timestamp.time.unit", "millis"));
  }

  /** Row by row, with Flink's writer, is what a reader of the file must not tell from this. */
  @ParameterizedTest
  @MethodSource("settings")
  void aReaderCannotTellItFromAFileOfRows(Map<String, String> settings) throws IOException {
    Configuration hadoop = new Configuration();
    settings.forEach(hadoop::set);
    Path byRows = directory.resolve("rows.parquet");
    Path byColumns = directory.resolve("columns.parquet");
    write(byRows, hadoop);
    // Flink reads not all that Parquet can write.
    Path source = directory.resolve("source.parquet");
    write(source, new Configuration());
    try (FSDataOutputStream out = create(byColumns);
        ColumnFile file = new ColumnFile(out, TYPE, hadoop, true)) {
      long written = 0;
      for (VectorizedColumnBatch flat : flat(source)) {
        ColumnVector[] columns = Arrays.copyOf(flat.columns, TYPE.getFieldCount());
        columns[LIST] = new Lists(written);
        VectorizedColumnBatch all = new VectorizedColumnBatch(columns);
        all.setNumRows(flat.getNumRows());
        file.write(all);
        written += flat.getNumRows();
      }
    }

    ParquetMetadata rows = footer(byRows);
    ParquetMetadata columns = footer(byColumns);
    assertThat(columns.getFileMetaData().getSchema()).isEqualTo(rows.getFileMetaData().getSchema());
    assertThat(columns.getBlocks().size())
        .as("row groups, as those by rows")
        .isBetween((rows.getBlocks().size() + 1) / 2, rows.getBlocks().size());
    for (int i = 0; i < TYPE.getFieldCount(); i++) {
      var one = rows.getBlocks().get(0).getColumns().get(i);
      var other = columns.getBlocks().get(0).getColumns().get(i);
      assertThat(other.getCodec()).isEqualTo(one.getCodec());
      assertThat(ofValues(other)).isEqualTo(ofValues(one));
      assertThat(other.getStatistics().isNumNullsSet()).isTrue();
    }
    assertThat(columns.getBlocks().stream().mapToLong(BlockMetaData::getRowCount).sum())
        .isEqualTo(ROWS);
    assertThat(texts(byColumns)).hasSize(ROWS).isEqualTo(texts(byRows));
  }

  /** Parquet looks for the end of a page between rows, and estimates when to look again. */
  @Test
  void pagesOfLargeValuesEndAsThoseByRows() throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.set("parquet.page.size", "10000");
    hadoop.set("parquet.enable.dictionary", "false");
    RowType type = RowType.of(new BigIntType(), new VarBinaryType(VarBinaryType.MAX_LENGTH));
    byte[] large = new byte[1_000];
    var values =
        new ColumnVector[] {
          new HeapLongVector(BATCH),
          new BytesColumnVector() {
            @Override
            public Bytes getBytes(int row) {
              return new Bytes(large, 0, large.length);
            }

            @Override
            public boolean isNullAt(int row) {
              return false;
            }
          }
        };
    Path path = directory.resolve("large.parquet");
    try (FSDataOutputStream out = create(path);
        ColumnFile file = new ColumnFile(out, type, hadoop, true)) {
      for (int i = 0; i < 4; i++) {
        VectorizedColumnBatch columns = new VectorizedColumnBatch(values);
        columns.setNumRows(BATCH);
        file.write(columns);
      }
    }
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(hadoop(path), hadoop))) {
      assertThat(reader.getRowGroups()).hasSize(1);
      var column = reader.getRowGroups().get(0).getColumns().get(1);
      // A row of them is a tenth of a page, and 100 the fewest after which Parquet looks.
      assertThat(reader.readOffsetIndex(column).getPageCount()).isEqualTo(4 * BATCH / 100);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void columnsWithoutRowsAddNothing(int rows) throws IOException {
    Configuration hadoop = new Configuration();
    // Each row ends a group, so that the columns without rows begin one.
    hadoop.set("parquet.block.size", "1");
    RowType type = RowType.of(new BigIntType());
    Path path = directory.resolve("empty.parquet");
    try (FSDataOutputStream out = create(path);
        ColumnFile file = new ColumnFile(out, type, hadoop, true)) {
      for (int count : new int[] {0, rows, 0}) {
        VectorizedColumnBatch columns =
            new VectorizedColumnBatch(new ColumnVector[] {new HeapLongVector(1)});
        columns.setNumRows(count);
        file.write(columns);
      }
    }
    assertThat(footer(path).getBlocks()).extracting(BlockMetaData::getRowCount).hasSize(rows);
  }

  @Test
  void aFieldThatHasNoNullsTakesNone() throws IOException {
    RowType type = new RowType(TYPE.getFields().subList(0, 1));
    try (FSDataOutputStream out = create(directory.resolve("x.parquet"));
        ColumnFile file = new ColumnFile(out, type, new Configuration(), true)) {
      VectorizedColumnBatch columns =
          new VectorizedColumnBatch(new ColumnVector[] {(ColumnVector) row -> true});
      columns.setNumRows(1);
      assertThatThrownBy(() -> file.write(columns))
          .hasMessage("column 'id': null (expected: a value, as it is declared NOT NULL)");
    }
  }

  /** The encodings of values: those of levels that are not there are as one likes. */
  private static Set<Encoding> ofValues(ColumnChunkMetaData column) {
    return column.getEncodings().stream()
        .filter(encoding -> encoding == Encoding.PLAIN || encoding.usesDictionary())
        .collect(Collectors.toSet());
  }

  private static void write(Path path, Configuration hadoop) throws IOException {
    try (FSDataOutputStream out = create(path)) {
      BulkWriter<RowData> writer =
          ParquetRowDataBuilder.createWriterFactory(TYPE, hadoop, true).create(out);
      for (long i = 0; i < ROWS; i++) {
        writer.addElement(row(i));
      }
      writer.finish();
    }
  }

  private record Lists(long first) implements ArrayColumnVector {
    @Override
    public ArrayData getArray(int row) {
      return row(first + row).getArray(LIST);
    }

    @Override
    public boolean isNullAt(int row) {
      return row(first + row).isNullAt(LIST);
    }
  }

  private static List<VectorizedColumnBatch> flat(Path file) throws IOException {
    long length = Files.size(file);
    var split =
        new FileSourceSplit(
            "split", new org.apache.flink.core.fs.Path(file.toUri()), 0, length, 0, length);
    List<VectorizedColumnBatch> elements = new ArrayList<>();
    try (BulkFormat.Reader<VectorizedColumnBatch> reader =
        new ParquetColumnFormat(
                new DeclaredColumns(new RowType(TYPE.getFields().subList(0, LIST)), false),
                TypeInformation.of(VectorizedColumnBatch.class),
                BATCH,
                true,
                false)
            .createReader(new org.apache.flink.configuration.Configuration(), split)) {
      for (var batch = reader.readBatch(); batch != null; batch = reader.readBatch()) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          elements.add(next.getRecord());
        }
        batch.releaseBatch();
      }
    }
    return elements;
  }

  private static FSDataOutputStream create(Path path) throws IOException {
    var file = new org.apache.flink.core.fs.Path(path.toUri());
    return file.getFileSystem().create(file, FileSystem.WriteMode.OVERWRITE);
  }

  private static ParquetMetadata footer(Path path) throws IOException {
    var file = HadoopInputFile.fromPath(hadoop(path), new Configuration());
    try (ParquetFileReader reader = ParquetFileReader.open(file)) {
      return reader.getFooter();
    }
  }

  private static List<String> texts(Path path) throws IOException {
    List<String> texts = new ArrayList<>();
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), hadoop(path)).build()) {
      for (Group row = reader.read(); row != null; row = reader.read()) {
        texts.add(row.toString());
      }
    }
    return texts;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }

  private static Map<String, String> writing(String columns) {
    RowType type =
        (RowType) LogicalTypeParser.parse(columns, ColumnFileTest.class.getClassLoader());
    return ParquetFolder.writing(new ConnectorOptions("sink", Map.of("path", "out")), type)
        .values();
  }

  @Test
  void nanosecondsOfTimestampsAreKeptWhereverTheyAreInAColumn() {
    assertThat(writing("ROW<at TIMESTAMP(3), more ARRAY<ROW<at TIMESTAMP_LTZ(9)>>>"))
        .containsEntry("parquet.write.int64.timestamp", "true")
        .containsEntry("parquet.timestamp.time.unit", "nanos");
    assertThat(writing("ROW<at TIMESTAMP(6), more ARRAY<TIMESTAMP(3)>>"))
        .containsEntry("parquet.write.int64.timestamp", "true")
        .doesNotContainKey("parquet.timestamp.time.unit");
  }

  @Test
  void timestampsWithinOtherColumnsAreCountsAsWell() {
    assertThat(writing("ROW<id STRING, more ARRAY<TIMESTAMP(9)>>"))
        .containsEntry("parquet.write.int64.timestamp", "true")
        .containsEntry("parquet.timestamp.time.unit", "nanos");
    assertThat(writing("ROW<id STRING, more ARRAY<STRING>>")).containsOnlyKeys("path");
  }
}
