package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.RowJson;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code -Dtidemill.test.damaged=N} damages more files than a build does. */
class ParquetDamageTest {
  private static final int FILES = Integer.getInteger("tidemill.test.damaged", 40);
  private static final int ROWS = 1_500;
  private static final RowType FLAT =
      (RowType)
          LogicalTypeParser.parse(
              "ROW<id BIGINT, word STRING, text STRING, amount DOUBLE, yes BOOLEAN, price DECIMAL(9, 2), list ARRAY<FLOAT>>",
              ParquetDamageTest.class.getClassLoader());

  private static final int ARITY = FLAT.getFieldCount() + 1;

  @TempDir private Path directory;

  /** What came of a file, in the order in which it was read, and what ended it. */
  private record Reading(List<String> rows, List<String> letters, @Nullable Throwable failure) {}

  private static RowData row(long id) {
    GenericRowData row =
        GenericRowData.of(
            id,
            StringData.fromString("word " + id % 10),
            StringData.fromString("text " + id * 7_919),
            id / 7.0,
            id % 3 == 0,
            DecimalData.fromUnscaledLong(id % 50 - 25, 9, 2),
            new GenericArrayData(new float[] {id, id / 2f}));
    if (id % 11 == 0) {
      row.setField(1 + (int) (id / 11 % 6), null);
    }
    return row;
  }

  private Path write(String codec, String version, boolean dictionary) throws IOException {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    hadoop.set("parquet.compression", codec);
    hadoop.set("parquet.writer.version", version);
    hadoop.setBoolean("parquet.enable.dictionary", dictionary);
    hadoop.set("parquet.block.size", "8192");
    hadoop.set("parquet.page.size", "1024");
    Path file = directory.resolve("whole.parquet");
    var path = new org.apache.flink.core.fs.Path(file.toUri());
    try (FSDataOutputStream out =
        path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE)) {
      var writer = ParquetRowDataBuilder.createWriterFactory(FLAT, hadoop, true).create(out);
      for (long id = 0; id < ROWS; id++) {
        writer.addElement(row(id));
      }
      writer.finish();
    }
    return file;
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    int footer = 8 + ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt(whole.length - 8);
    // As often in the footer as in pages and their headers, which are far longer.
    int at =
        random.nextBoolean()
            ? whole.length - 1 - random.nextInt(footer)
            : random.nextInt(whole.length - footer);
    switch (random.nextInt(4)) {
      case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> damaged[at] = (byte) random.nextInt(256);
      case 2 ->
          Arrays.fill(damaged, at, Math.min(whole.length, at + 1 + random.nextInt(300)), (byte) 0);
      default -> {
        return Arrays.copyOf(whole, at);
      }
    }
    return damaged;
  }

  @ParameterizedTest
  @CsvSource({"SNAPPY, v1, true", "ZSTD, v1, false", "GZIP, v2, true", "LZ4, v2, false"})
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void noDamageEndsInAWrongRowOrInSilence(String codec, String version, boolean dictionary)
      throws IOException {
    Path whole = write(codec, version, dictionary);
    byte[] bytes = Files.readAllBytes(whole);
    List<String> all = read(whole, false, false, 1).rows;
    assertThat(all).hasSize(ROWS);
    Path file = directory.resolve("damaged.parquet");
    List<String> wrong = new ArrayList<>();
    long direct = directBytes();
    for (int seed = 0; seed < FILES; seed++) {
      Random random = new Random(seed);
      byte[] damaged = damaged(bytes, random);
      if (Arrays.equals(damaged, bytes)) {
        continue;
      }
      Files.write(file, damaged);
      int ranges = 1 + random.nextInt(3);
      for (int way = 0; way < 4; way++) {
        boolean letters = way < 2;
        Reading reading = read(file, letters, way % 2 == 0, ranges);
        String why = wrong(reading, all, letters);
        if (why != null) {
          wrong.add("seed %d, way %d: %s".formatted(seed, way, why));
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(open(file)).isZero();
    assertThat(directBytes()).isLessThanOrEqualTo(direct + (1 << 20));
  }

  private static @Nullable String wrong(Reading reading, List<String> all, boolean letters) {
    if (reading.failure instanceof Error) {
      return reading.failure.toString();
    }
    if (!isWithin(reading.rows, all)) {
      return "other rows: " + reading.rows.stream().filter(row -> !all.contains(row)).findFirst();
    }
    if (reading.failure == null && reading.letters.isEmpty() && reading.rows.size() < ROWS) {
      return "%d rows in silence".formatted(reading.rows.size());
    }
    if (letters
        && reading.failure != null
        && !(reading.failure instanceof RecordFailureException)) {
      return "failed: " + reading.failure;
    }
    return null;
  }

  /** Whether rows are some of all, in their order. */
  private static boolean isWithin(List<String> rows, List<String> all) {
    int next = 0;
    for (String row : all) {
      if (next < rows.size() && rows.get(next).equals(row)) {
        next++;
      }
    }
    return next == rows.size();
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /** How often this process has the file open, where the system tells. */
  private static long open(Path file) throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(descriptors)) {
      return all.filter(one -> isOf(file, one)).count();
    }
  }

  private static boolean isOf(Path file, Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).equals(file);
    } catch (IOException e) {
      // That of the listing itself is gone.
      return false;
    }
  }

  private static Reading read(Path file, boolean letters, boolean asColumns, int ranges)
      throws IOException {
    ParquetColumnFormat columns =
        new ParquetColumnFormat(
            new DeclaredColumns(FLAT, false),
            TypeInformation.of(VectorizedColumnBatch.class),
            100,
            true,
            true);
    OriginRows rows =
        new OriginRows(new ParquetRows(columns, FLAT), new FolderColumns(FLAT, List.of(), "none"));
    Reading all = new Reading(new ArrayList<>(), new ArrayList<>(), null);
    RowJson json = new RowJson(FLAT);
    long length = Files.size(file);
    for (long i = 0; i < ranges; i++) {
      long begin = length * i / ranges;
      FileSourceSplit split =
          new FileSourceSplit(
              "1",
              new org.apache.flink.core.fs.Path(file.toUri()),
              begin,
              length * (i + 1) / ranges - begin,
              0,
              length);
      Throwable failure =
          catchThrowable(
              () -> {
                if (asColumns) {
                  read(
                      letters ? new UpToDamage<>(columns, new CorruptColumns(ARITY)) : columns,
                      split,
                      element -> {
                        for (int row = 0; row < Math.max(1, element.getNumRows()); row++) {
                          take(new ColumnarRowData(element, row), json, all);
                        }
                      });
                } else {
                  read(
                      letters ? new UpToDamage<>(rows, new CorruptRow(ARITY)) : rows,
                      split,
                      row -> take(row, json, all));
                }
              });
      if (failure != null) {
        return new Reading(all.rows, all.letters, failure);
      }
    }
    return all;
  }

  private static <E> void read(
      BulkFormat<E, FileSourceSplit> format, FileSourceSplit split, Consumer<E> taker)
      throws IOException {
    try (BulkFormat.Reader<E> reader = format.createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<E> batch;
      while ((batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          taker.accept(next.getRecord());
        }
        batch.releaseBatch();
      }
    }
  }

  private static void take(RowData row, RowJson json, Reading reading) {
    DeadLetterRecord letter = DeadLetterRecord.ofUndecoded(Origin.of(row, ARITY - 1));
    if (letter == null) {
      reading.rows.add(new String(json.encode(row), UTF_8));
    } else {
      reading.letters.add(requireNonNull(letter.message()));
    }
  }
}
