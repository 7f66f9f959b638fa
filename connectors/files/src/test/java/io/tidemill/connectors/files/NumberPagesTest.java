package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet's own writer, behind Flink's writer of rows, is the judge of values and statistics. */
class NumberPagesTest {
  private static final RowType TYPE =
      RowType.of(new IntType(), new BigIntType(), new FloatType(), new DoubleType());
  private static final int ROWS = 25_000;

  @TempDir private Path directory;

  private enum Nulls {
    NONE,
    SOME,
    MOST,
    LONG_RUNS,
    ALL;

    boolean at(Random random, int row) {
      return switch (this) {
        case NONE -> false;
        case SOME -> random.nextInt(50) == 0;
        case MOST -> random.nextInt(50) != 0;
        case LONG_RUNS -> row / 3_000 % 2 == 1;
        case ALL -> true;
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Nulls.class)
  void valuesAndStatisticsOfEachPageAreThoseOfParquetsOwnWriter(Nulls nulls) throws IOException {
    List<GenericRowData> rows = rows(TYPE, nulls);
    Configuration hadoop = plain();
    for (String pageSize : List.of("1048576", "1000")) {
      hadoop.set("parquet.page.size", pageSize);
      hadoop.set("parquet.page.size.row.check.min", "1");
      assertThat(pages(byColumns(TYPE, rows, hadoop)))
          .as("pages of %s bytes", pageSize)
          .hasSizeGreaterThan(TYPE.getFieldCount());
    }
    hadoop.set("parquet.page.size", "1048576");
    assertThat(pages(byColumns(TYPE, rows, hadoop))).isEqualTo(pages(byRows(TYPE, rows, hadoop)));
  }

  @ParameterizedTest
  @EnumSource(Nulls.class)
  void allIsReadBackAsItWasWritten(Nulls nulls) throws IOException {
    List<GenericRowData> rows = rows(TYPE, nulls);
    for (String pageSize : List.of("1048576", "1000")) {
      Configuration hadoop = plain();
      hadoop.set("parquet.page.size", pageSize);
      assertThat(texts(byColumns(TYPE, rows, hadoop))).isEqualTo(texts(byRows(TYPE, rows, hadoop)));
    }
  }

  @Test
  void aColumnThatIsNotNullHasNoLevels() throws IOException {
    RowType type = RowType.of(new BigIntType(false), new FloatType(false));
    List<GenericRowData> rows = rows(type, Nulls.NONE);
    Path columns = byColumns(type, rows, plain());
    Path byRows = byRows(type, rows, plain());
    assertThat(pages(columns)).isEqualTo(pages(byRows));
    assertThat(texts(columns)).isEqualTo(texts(byRows));
  }

  /** A file of few different values would be several times as large without. */
  @ParameterizedTest
  @ValueSource(ints = {3, 1_000, 5_000, 20_000, 5_000_000})
  void aColumnOfFewDifferentValuesHasADictionaryWhereParquetFindsItOfUse(int different)
      throws IOException {
    RowType type = RowType.of(new IntType());
    Random random = random();
    List<GenericRowData> rows =
        IntStream.range(0, ROWS)
            .mapToObj(i -> GenericRowData.of(random.nextInt(different)))
            .toList();
    assertThat(groups(byColumns(type, rows, new Configuration())))
        .extracting(group -> group.getColumns().get(0).hasDictionaryPage())
        .containsExactly(different <= 5_000);
    assertThat(groups(byRows(type, rows, new Configuration())))
        .extracting(group -> group.getColumns().get(0).hasDictionaryPage())
        .containsExactly(different <= 5_000);
  }

  /** Of so few nobody can tell, and Parquet looks at all of them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 255})
  void fewRowsAreLeftToParquet(int count) throws IOException {
    RowType type = RowType.of(new DoubleType());
    List<GenericRowData> rows = rows(type, Nulls.NONE).subList(0, count);
    assertThat(texts(byColumns(type, rows, new Configuration())))
        .isEqualTo(texts(byRows(type, rows, new Configuration())));
  }

  @Test
  void aGroupOfRowsEndsWhereNumbersAloneFillIt() throws IOException {
    Configuration hadoop = plain();
    hadoop.set("parquet.block.size", "200000");
    List<GenericRowData> rows = rows(TYPE, Nulls.NONE);
    int byRows = groups(byRows(TYPE, rows, hadoop)).size();
    assertThat(groups(byColumns(TYPE, rows, hadoop)).size()).isBetween(byRows / 2, byRows * 2);
  }

  private static Configuration plain() {
    Configuration hadoop = new Configuration();
    hadoop.set("parquet.enable.dictionary", "false");
    return hadoop;
  }

  private static Random random() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return new Random(seed);
  }

  /** With all that is special among numbers. */
  private static List<GenericRowData> rows(RowType type, Nulls nulls) {
    Random random = random();
    List<GenericRowData> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      GenericRowData row = new GenericRowData(type.getFieldCount());
      for (int field = 0; field < type.getFieldCount(); field++) {
        row.setField(field, nulls.at(random, i) ? null : value(type.getTypeAt(field), random));
      }
      rows.add(row);
    }
    return rows;
  }

  private static Object value(LogicalType type, Random random) {
    int special = random.nextInt(9_000);
    return switch (type.getTypeRoot()) {
      case INTEGER ->
          special == 0 ? Integer.MIN_VALUE : special == 1 ? Integer.MAX_VALUE : random.nextInt();
      case BIGINT -> special == 0 ? Long.MIN_VALUE : special == 1 ? 0L : random.nextLong();
      case FLOAT ->
          switch (special) {
            case 0 -> Float.NaN;
            case 1 -> -0f;
            case 2 -> Float.NEGATIVE_INFINITY;
            case 3 -> Float.MIN_VALUE;
            default -> (float) random.nextGaussian();
          };
      case DOUBLE ->
          switch (special) {
            case 0 -> Double.NaN;
            case 1 -> -0.0;
            case 2 -> Double.POSITIVE_INFINITY;
            default -> random.nextGaussian();
          };
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private Path byRows(RowType type, List<GenericRowData> rows, Configuration hadoop)
      throws IOException {
    Path path = directory.resolve("rows.parquet");
    try (FSDataOutputStream out = create(path)) {
      BulkWriter<RowData> writer =
          ParquetRowDataBuilder.createWriterFactory(type, hadoop, true).create(out);
      for (RowData row : rows) {
        writer.addElement(row);
      }
      writer.finish();
    }
    return path;
  }

  /** In batches of all sizes, of which the first tells what the column is like. */
  private Path byColumns(RowType type, List<GenericRowData> rows, Configuration hadoop)
      throws IOException {
    Path path = directory.resolve("columns.parquet");
    Random random = random();
    try (FSDataOutputStream out = create(path);
        ColumnFile file = new ColumnFile(out, type, hadoop, true)) {
      int at = 0;
      while (at < rows.size()) {
        int count = Math.min(rows.size() - at, at == 0 ? 4_096 : random.nextInt(3_000));
        List<GenericRowData> batch = rows.subList(at, at + count);
        VectorizedColumnBatch columns =
            new VectorizedColumnBatch(
                IntStream.range(0, type.getFieldCount())
                    .mapToObj(i -> vector(type.getTypeAt(i), row -> batch.get(row).getField(i)))
                    .toArray(ColumnVector[]::new));
        columns.setNumRows(count);
        file.write(columns);
        at += count;
      }
    }
    return path;
  }

  private static ColumnVector vector(LogicalType type, IntFunction<Object> values) {
    return switch (type.getTypeRoot()) {
      case INTEGER -> new Ints(values);
      case BIGINT -> new Longs(values);
      case FLOAT -> new Floats(values);
      case DOUBLE -> new Doubles(values);
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private record Ints(IntFunction<Object> values) implements IntColumnVector {
    @Override
    public int getInt(int row) {
      return (int) values.apply(row);
    }

    @Override
    public boolean isNullAt(int row) {
      return values.apply(row) == null;
    }
  }

  private record Longs(IntFunction<Object> values) implements LongColumnVector {
    @Override
    public long getLong(int row) {
      return (long) values.apply(row);
    }

    @Override
    public boolean isNullAt(int row) {
      return values.apply(row) == null;
    }
  }

  private record Floats(IntFunction<Object> values) implements FloatColumnVector {
    @Override
    public float getFloat(int row) {
      return (float) values.apply(row);
    }

    @Override
    public boolean isNullAt(int row) {
      return values.apply(row) == null;
    }
  }

  private record Doubles(IntFunction<Object> values) implements DoubleColumnVector {
    @Override
    public double getDouble(int row) {
      return (double) values.apply(row);
    }

    @Override
    public boolean isNullAt(int row) {
      return values.apply(row) == null;
    }
  }

  private static FSDataOutputStream create(Path path) throws IOException {
    var file = new org.apache.flink.core.fs.Path(path.toUri());
    return file.getFileSystem().create(file, FileSystem.WriteMode.OVERWRITE);
  }

  private static List<BlockMetaData> groups(Path path) throws IOException {
    try (ParquetFileReader reader = open(path)) {
      return reader.getRowGroups();
    }
  }

  /** What is said of each page and each column. */
  private static List<String> pages(Path path) throws IOException {
    List<String> pages = new ArrayList<>();
    try (ParquetFileReader reader = open(path)) {
      for (BlockMetaData group : reader.getRowGroups()) {
        for (ColumnChunkMetaData column : group.getColumns()) {
          var offsets = reader.readOffsetIndex(column);
          var index = reader.readColumnIndex(column);
          pages.add(
              "%s %s %s"
                  .formatted(
                      column.getPath(),
                      column.getStatistics(),
                      column.getSizeStatistics() == null));
          for (int i = 0; i < offsets.getPageCount(); i++) {
            pages.add(
                "%s from %d: %s"
                    .formatted(
                        column.getPath(),
                        offsets.getFirstRowIndex(i),
                        index == null
                            ? "no index"
                            : List.of(
                                index.getNullPages().get(i),
                                index.getNullCounts().get(i),
                                index.getMinValues().get(i),
                                index.getMaxValues().get(i),
                                index.getBoundaryOrder())));
          }
        }
      }
    }
    return pages;
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

  private static ParquetFileReader open(Path path) throws IOException {
    return ParquetFileReader.open(HadoopInputFile.fromPath(hadoop(path), new Configuration()));
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
