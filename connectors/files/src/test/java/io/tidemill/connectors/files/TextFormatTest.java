package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFormatTest {
  private static final RowType IN_FILES =
      RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"});
  private static final RowType VALUES =
      RowType.of(
          new LogicalType[] {new VarCharType(VarCharType.MAX_LENGTH), new BigIntType()},
          new String[] {"day", "id"});

  @TempDir private Path directory;
  private final Random random = new Random();

  /** Lines of one object, of an array of some, and of none that decodes. */
  @ParameterizedTest
  @ValueSource(strings = {"a.json", "a.json.gz"})
  void everyRecordIsReadOnceWhereverAFileIsCutAndReadingGoesOn(String name) throws IOException {
    long seed = random.nextLong();
    random.setSeed(seed);
    for (int round = 0; round < 30; round++) {
      String text = text();
      Path file = write("day=d/" + round + name, text);
      List<String> all = read(split(file, 0, text.length()), null);
      assertThat(all).as("seed %d", seed).isEqualTo(expected(text));

      CheckpointedPosition[] places = new CheckpointedPosition[all.size()];
      read(split(file, 0, text.length()), places);
      for (int i = 0; i < places.length; i++) {
        CheckpointedPosition[] after = new CheckpointedPosition[places.length - i - 1];
        FileSourceSplit restored =
            split(file, 0, text.length()).updateWithCheckpointedPosition(places[i]);
        assertThat(read(restored, after))
            .as("seed %d, behind %s", seed, all.get(i))
            .isEqualTo(all.subList(i + 1, all.size()));
        assertThat(after).isEqualTo(Arrays.copyOfRange(places, i + 1, places.length));
      }
      if (name.endsWith(".gz")) {
        continue;
      }
      List<String> ofRanges = new ArrayList<>();
      int begin = 0;
      while (begin < text.length()) {
        int end = Math.min(text.length(), begin + 1 + random.nextInt(60));
        ofRanges.addAll(read(split(file, begin, end), null));
        begin = end;
      }
      assertThat(ofRanges).as("seed %d", seed).isEqualTo(all);
    }
  }

  @Test
  void readingGoesOnBehindARecordThatIsLongerThanABatch() throws IOException {
    String text = "{\"id\":1%s}\n{\"id\":2}\n".formatted(" ".repeat(2 << 20));
    FileSourceSplit whole = split(write("day=d/a.json", text), 0, text.length());

    FileSourceSplit behind = whole.updateWithCheckpointedPosition(new CheckpointedPosition(0, 1));

    assertThat(read(behind, null)).singleElement().asString().startsWith("d 2 ");
  }

  @Test
  void allStreamsOfAFileOfBzip2AreRead() throws IOException {
    Path file = directory.resolve("day=d/a.json.bz2");
    Files.createDirectories(file.getParent());
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int id = 1; id <= 2; id++) {
        BZip2CompressorOutputStream packed = new BZip2CompressorOutputStream(out);
        packed.write("{\"id\":%d}\n".formatted(id).getBytes(UTF_8));
        packed.finish();
      }
    }

    assertThat(read(split(file, 0, Files.size(file)), null))
        .containsExactly("d 1 @0 {\"id\":1}", "d 2 @9 {\"id\":2}");
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    int lines = random.nextInt(20);
    for (int i = 0; i < lines; i++) {
      text.append(
              switch (random.nextInt(5)) {
                case 0 -> "[{\"id\":%d},{\"id\":%d}]".formatted(10 * i, 10 * i + 1);
                case 1 -> "{\"id\":";
                case 2 -> random.nextBoolean() ? "" : "  ";
                default -> "{\"id\":%d}".formatted(10 * i);
              })
          .append(random.nextBoolean() ? "\n" : "\r\n");
    }
    return text.append(random.nextBoolean() ? "{\"id\":777}" : "").toString();
  }

  private static List<String> expected(String text) {
    List<String> expected = new ArrayList<>();
    int begin = 0;
    for (String line : text.split("\n", -1)) {
      String record = line.strip();
      if (record.endsWith(":")) {
        expected.add("d null @" + begin + " " + record);
      } else if (!record.isEmpty()) {
        for (String id : record.replaceAll("[^0-9,]", "").split(",")) {
          expected.add("d " + id + " @" + begin + " " + record);
        }
      }
      begin += line.length() + 1;
    }
    return expected;
  }

  @Test
  void whatDoesNotDecodeFailsTheJobThatHasNoDeadLetters() throws IOException {
    Path file = write("day=d/a.json", "{\"id\":1}\nnothing\n");

    assertThatThrownBy(
            () -> format(false).createReader(new Configuration(), split(file, 0, 17)).readBatch())
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith(
            file + ": the record at byte 9 does not decode: Failed to deserialize JSON 'nothing'.")
        .hasMessageEndingWith("give the job a dead-letter sink to set such records aside");
  }

  @Test
  void aFileInNoFolderOfItsPartitionFailsTheJob() throws IOException {
    Path file = write("a.json", "{\"id\":1}\n");

    assertThatThrownBy(() -> format(true).createReader(new Configuration(), split(file, 0, 9)))
        .isInstanceOf(RecordFailureException.class)
        .hasMessage(
            file + ": in no folder 'day=…' (expected: one, as the source is partitioned-by: day)");
  }

  @Test
  void aFolderWhoseNameIsNoValueOfItsColumnIsNamed() throws IOException {
    Path file = write("day=tuesday/a.json", "{\"id\":1}\n");
    RowType days =
        RowType.of(new LogicalType[] {new IntType(), new BigIntType()}, new String[] {"day", "id"});

    assertThatThrownBy(
            () -> format(days, true).createReader(new Configuration(), split(file, 0, 9)))
        .isInstanceOf(RecordFailureException.class)
        .hasMessage(
            file + ": folder 'day=tuesday' (expected: a value of column 'day', which is INT)");
  }

  @ParameterizedTest
  @CsvSource({
    "gzip, a.json.GZ, 1f8b0800",
    "gzip, a.json, 1f8b0800",
    "zstd, a.json.zst, 28b52ffd0458",
    "xz, a.json, fd377a585a0000",
    "lz4, a.json.lz4, 04224d18",
    "snappy, a.json, ff060000734e6150",
    "zip, a.zip, 504b0304"
  })
  void aFileThatIsPackedInAnotherWayThanItsNameSaysIsNoText(
      String packing, String name, String bytes) throws IOException {
    Path file = write("day=d/" + name, "");
    Files.write(file, HexFormat.of().parseHex(bytes));

    assertThatThrownBy(() -> format(true).createReader(new Configuration(), split(file, 0, 8)))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith(file + ": is compressed as " + packing + " (expected: text, or");
  }

  @Test
  void aTextShorterThanAnyPackingsFirstBytesIsRead() throws IOException {
    Path file = write("day=d/a.json", "5\n");

    assertThat(read(split(file, 0, 2), null)).containsExactly("d null @0 5");
  }

  @Test
  void aLargeFileIsReadInRangesOfAboutOneLength() throws IOException {
    Path file = directory.resolve("large.json");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(10 * FileRanges.LONGEST + 5);
    }
    Path packed = Files.copy(write("small.gz", ""), directory.resolve("none.gz"));
    try (RandomAccessFile sparse = new RandomAccessFile(packed.toFile(), "rw")) {
      sparse.setLength(10 * FileRanges.LONGEST);
    }
    Files.delete(directory.resolve("small.gz"));

    List<FileSourceSplit> splits =
        new ArrayList<>(
            new FileRanges(".*")
                .enumerateSplits(
                    new org.apache.flink.core.fs.Path[] {
                      new org.apache.flink.core.fs.Path(directory.toUri())
                    },
                    2));

    assertThat(splits).extracting(FileSourceSplit::splitId).doesNotHaveDuplicates();
    assertThat(splits).filteredOn(split -> split.path().getName().equals("none.gz")).hasSize(1);
    splits.removeIf(split -> split.path().getName().equals("none.gz"));
    assertThat(splits).hasSize(10);
    long behind = 0;
    for (FileSourceSplit split : splits) {
      assertThat(split.offset()).isEqualTo(behind);
      assertThat(split.length()).isBetween(FileRanges.LONGEST / 2, FileRanges.LONGEST * 3 / 2);
      behind += split.length();
    }
    assertThat(behind).isEqualTo(Files.size(file));
  }

  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    try (OutputStream out = Files.newOutputStream(file);
        OutputStream packed = name.endsWith(".gz") ? new GZIPOutputStream(out) : out) {
      packed.write(text.getBytes(UTF_8));
    }
    return file;
  }

  private static FileSourceSplit split(Path file, long begin, long end) throws IOException {
    return new FileSourceSplit(
        "1",
        new org.apache.flink.core.fs.Path(file.toString()),
        begin,
        end - begin,
        0,
        Files.size(file));
  }

  private static TextFormat format(boolean deadLetters) throws IOException {
    return format(VALUES, deadLetters);
  }

  private static TextFormat format(RowType values, boolean deadLetters) throws IOException {
    JsonRowDataDeserializationSchema json =
        new JsonRowDataDeserializationSchema(
            IN_FILES, InternalTypeInfo.of(IN_FILES), false, false, TimestampFormat.SQL);
    return new TextFormat(
        new TextRows(
            new ValueDecoder(json, IN_FILES, false),
            new FolderColumns(values, List.of(values.getFieldNames().get(0)), "none"),
            deadLetters),
        Quoting.NONE);
  }

  /** Each row with its place and bytes; {@code places} gets where reading goes on behind it. */
  private static List<String> read(FileSourceSplit split, CheckpointedPosition @Nullable [] places)
      throws IOException {
    List<String> rows = new ArrayList<>();
    try (BulkFormat.Reader<RowData> reader =
        format(true).createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<RowData> batch;
      while ((batch = reader.readBatch()) != null) {
        RecordAndPosition<RowData> next;
        while ((next = batch.next()) != null) {
          RowData row = next.getRecord();
          Origin origin = Objects.requireNonNull(Origin.of(row, 2));
          assertThat(origin.string(Origin.TOPIC)).isEqualTo(split.path().toString());
          boolean failed = origin.string(Origin.ERROR_CLASS) != null;
          assertThat(row.isNullAt(0)).isEqualTo(failed);
          if (places != null) {
            places[rows.size()] =
                new CheckpointedPosition(next.getOffset(), next.getRecordSkipCount());
          }
          byte[] bytes = origin.bytes(Origin.VALUE);
          rows.add(
              "d %s @%s %s"
                  .formatted(
                      failed ? "null" : row.getLong(1),
                      origin.field(Origin.OFFSET),
                      bytes == null ? "" : new String(bytes, UTF_8)));
        }
      }
    }
    return rows;
  }
}
