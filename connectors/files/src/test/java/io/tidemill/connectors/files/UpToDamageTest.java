package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.connector.file.src.util.IteratorResultIterator;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.io.LocalInputFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpToDamageTest {
  private static final int ROWS = 20_000;
  private static final RowType IDS =
      RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"});
  private static final int ARITY = 2;

  @TempDir private Path directory;
  private final Random random = new Random(7);

  /** What was read of a split, with the place behind each row. */
  private record Reading(
      List<Long> ids, List<CheckpointedPosition> places, List<DeadLetterRecord> letters) {
    Reading() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    DeadLetterRecord letter() {
      assertThat(letters).hasSize(1);
      return letters.get(0);
    }

    String message() {
      return requireNonNull(letter().message());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.json.gz", "a.json.bz2"})
  void rowsBeforeDamageAreReadOnceAndTheRestIsOneLetterWhereverReadingGoesOn(String name)
      throws IOException {
    Path file = texts(name);
    byte[] whole = Files.readAllBytes(file);
    for (int round = 0; round < 3; round++) {
      Files.write(file, Arrays.copyOf(whole, whole.length / 2 + random.nextInt(whole.length / 2)));
      FileSourceSplit split = split(file);

      Reading all = rows(text(), split);

      String letter = all.message();
      assertThat(letter)
          .startsWith("file:" + file + ": corrupt at byte " + all.letter().offset() + ": ")
          .endsWith(
              "; what stands before is read, and the rest of it is left out; replace the file by a"
                  + " whole one, and run for it again");
      assertThat(all.letter().context()).containsEntry("tidemill.cause", "corrupt-file");
      assertThat(all.letter().value()).isNull();
      assertThat(all.ids).isEqualTo(LongStream.range(0, all.ids.size()).boxed().toList());
      assertThat(all.ids).hasSizeLessThan(ROWS + 1);
      for (int i = 0; i < all.places.size(); i += 1 + random.nextInt(all.places.size() / 3)) {
        Reading rest = rows(text(), split.updateWithCheckpointedPosition(all.places.get(i)));
        long next = i == all.ids.size() ? i : i + 1;
        // What is left to unpack in one go may reach a little further than before.
        assertThat(rest.ids)
            .isEqualTo(LongStream.range(next, next + rest.ids.size()).boxed().toList());
        assertThat(rest.letters).hasSize(i == all.ids.size() ? 0 : 1);
      }
    }
  }

  @Test
  void whoGoesOnBehindTheLetterReadsNothing() throws IOException {
    Path file = texts("a.json.gz");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 500));
    Reading all = rows(text(), split(file));
    CheckpointedPosition last = all.places.get(all.ids.size());

    Reading rest = rows(text(), split(file).updateWithCheckpointedPosition(last));

    assertThat(all.letters).hasSize(1);
    assertThat(rest.ids).isEmpty();
    assertThat(rest.letters).isEmpty();
  }

  /** All rows are read before it is known. */
  @Test
  void aChecksumThatDoesNotMatchIsALetterBehindAllRows() throws IOException {
    Path file = texts("a.json.gz");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 7] ^= 1;
    Files.write(file, bytes);

    Reading all = rows(text(), split(file));

    assertThat(all.ids).hasSize(ROWS);
    assertThat(all.message()).contains("ZipException: Corrupt GZIP trailer");
  }

  /** The next member of a file of gzip may be there, and only its head be damaged. */
  @ParameterizedTest
  @ValueSource(strings = {"a.json.gz", "a.json.bz2", "a.json.deflate"})
  void whatStandsBehindAPackedTextIsALetter(String name) throws IOException {
    Path file = texts(name);
    byte[] whole = Files.readAllBytes(file);
    for (int garbage : new int[] {1, 9, 20, 5_000}) {
      byte[] more = Arrays.copyOf(whole, whole.length + garbage);
      Arrays.fill(more, whole.length, more.length, (byte) 'x');
      Files.write(file, more);

      Reading all = rows(text(), split(file));

      assertThat(all.ids).hasSize(ROWS);
      assertThat(all.message()).contains("Unexpected data after a valid ");
    }
    if (name.endsWith(".gz")) {
      byte[] twice = Arrays.copyOf(whole, 2 * whole.length);
      System.arraycopy(whole, 0, twice, whole.length, whole.length);
      Files.write(file, twice);
      assertThat(rows(text(), split(file)).ids).hasSize(2 * ROWS);
      twice[whole.length + 1] ^= 1;
      Files.write(file, twice);
      assertThat(rows(text(), split(file)).letters).hasSize(1);
      // As tapes and blocks of a device leave them, and gzip itself takes them.
      byte[] padded = Arrays.copyOf(whole, whole.length + 20_000);
      Files.write(file, padded);
      assertThat(rows(text(), split(file)).letters).isEmpty();
      padded[padded.length - 1] = 1;
      Files.write(file, padded);
      assertThat(rows(text(), split(file)).letters).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 2048})
  void columnsBeforeADamagedRowGroupAreReadAndTheLetterSaysWhereTheyEnd(int rowsAtOnce)
      throws IOException {
    Path file = parquet();
    List<BlockMetaData> groups = groups(file);
    BlockMetaData third = groups.get(2);
    Files.write(
        file,
        damaged(
            Files.readAllBytes(file),
            (int) (third.getStartingPos() + third.getCompressedSize() / 2)));
    long before = groups.get(0).getRowCount() + groups.get(1).getRowCount();

    Reading all = columns(rowsAtOnce, split(file));

    assertThat(all.ids).isEqualTo(LongStream.range(0, before).boxed().toList());
    assertThat(all.letter().offset()).isEqualTo(before);
    assertThat(all.letter().topic()).isEqualTo("file:" + file);
    assertThat(all.message())
        .startsWith("file:%s: corrupt at row %d, in row group 2: ".formatted(file, before));
    assertThat(all.letter().context()).containsEntry("tidemill.cause", "corrupt-file");
    for (CheckpointedPosition place : all.places) {
      Reading rest = columns(rowsAtOnce, split(file).updateWithCheckpointedPosition(place));
      boolean behind = place.equals(all.places.get(all.places.size() - 1));
      long done = behind ? before : place.getRecordsAfterOffset();
      assertThat(rest.ids).isEqualTo(LongStream.range(done, before).boxed().toList());
      assertThat(rest.letters).hasSize(behind ? 0 : 1);
    }
  }

  @Test
  void damageInOneRangeOfAFileLeavesTheOthers() throws IOException {
    Path file = parquet();
    List<BlockMetaData> groups = groups(file);
    BlockMetaData first = groups.get(0);
    Files.write(file, damaged(Files.readAllBytes(file), (int) first.getStartingPos() + 30));
    long end = groups.get(1).getStartingPos();
    long length = Files.size(file);

    Reading damaged = columns(100, split(file, 0, end));
    Reading other = columns(100, split(file, end, length));

    assertThat(damaged.ids).isEmpty();
    assertThat(damaged.message()).contains("the rest of its bytes 0 to " + end + " is left out");
    assertThat(other.letters).isEmpty();
    assertThat(other.ids).isEqualTo(LongStream.range(first.getRowCount(), ROWS).boxed().toList());
  }

  @Test
  void aFooterThatIsCutOffIsALetterInThePlaceOfAllColumns() throws IOException {
    Path file = parquet();
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) Files.size(file) / 2));

    Reading all = columns(100, split(file));

    assertThat(all.ids).isEmpty();
    assertThat(all.message())
        .startsWith("file:" + file + ": corrupt at its beginning: RuntimeException: ")
        .contains("is not a Parquet file");
  }

  @Test
  void aFileThatIsGoneIsNoLetter() throws IOException {
    Path file = texts("a.json.gz");
    FileSourceSplit split = split(file);
    Files.delete(file);

    assertThatThrownBy(() -> rows(text(), split)).hasMessageContaining(file.toString());
  }

  @Test
  void aFileThatIsShorterThanItWasWhenItWasFoundIsNoLetter() throws IOException {
    Path file = texts("a.json.gz");
    FileSourceSplit split = split(file);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 500));

    assertThatThrownBy(() -> rows(text(), split)).isInstanceOf(EOFException.class);
  }

  /** As a connection that is reset while the contents are as they should be. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aFailureThatDoesNotComeAgainIsNoLetter(int batch) throws IOException {
    Path file = texts("a.json");

    assertThatThrownBy(() -> rows(new Unsteady(List.of(batch, Unsteady.NEVER)), split(file)))
        .isInstanceOf(SocketException.class);
    assertThatThrownBy(() -> rows(new Unsteady(List.of(batch, batch + 1)), split(file)))
        .isInstanceOf(SocketException.class);
    assertThatThrownBy(() -> rows(new Unsteady(List.of(batch + 1, batch)), split(file)))
        .isInstanceOf(SocketException.class);
    Reading steady = rows(new Unsteady(List.of(batch, batch)), split(file));
    assertThat(steady.ids).hasSize(batch);
    assertThat(steady.letters).hasSize(1);
  }

  /** Also where the file can be read by the time it is looked at. */
  @Test
  void aFileThatMayNotBeReadIsNoLetter() throws IOException {
    Path file = texts("a.json");
    for (IOException denied :
        List.of(
            new AccessDeniedException(file.toString()),
            new FileNotFoundException(file + " (Permission denied)"),
            new IOException("Failed to get file status for " + file + " (HTTP 403: Forbidden)"),
            new IOException("open", new IOException("Access Denied (Service: S3, 403)")))) {
      assertThatThrownBy(() -> rows(new Unsteady(List.of(1, 1).iterator(), denied), split(file)))
          .isSameAs(denied);
      assertThat(new ReadFailure(new RuntimeException(denied)).told("a.json"))
          .isInstanceOf(FileFailureException.class)
          .hasMessageStartingWith("a.json: cannot be read: ")
          .hasMessageContaining(" (expected: the right to read it, ")
          .hasMessageNotContaining("a whole file of the source's format");
    }
  }

  /** As Flink's S3 fails where its client has no answer. */
  private static class SdkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SdkException(String message) {
      super(message);
    }
  }

  private static final class SdkClientException extends SdkException {
    private static final long serialVersionUID = 1L;

    SdkClientException(String message) {
      super(message);
    }
  }

  @Test
  void aStoreThatIsAwayIsNoDamageOfItsFile() {
    Exception away =
        new NamedFormat.UnreadException(
            new org.apache.flink.core.fs.Path("s3://lake/a.json"),
            new SdkClientException("Unable to execute HTTP request: Connection refused"));

    assertThat(new ReadFailure(away).told("a.json"))
        .isInstanceOf(FileFailureException.class)
        .hasMessageStartingWith("s3://lake/a.json: cannot be read: SdkClientException: Unable to ")
        .hasMessageNotContaining("replace the file");
  }

  @Test
  void whatTheJobsAuthorMustMendIsNoLetter() throws IOException {
    Path file = texts("a.json");
    Files.move(file, directory.resolve("b.json.zst"));
    Path packed = directory.resolve("b.json.zst");
    Files.write(packed, new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 4, 0x58});

    assertThatThrownBy(() -> rows(text(), split(packed)))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageContaining("is compressed as zstd");
  }

  /** A format whose readers fail at these batches, one after the other. */
  private record Unsteady(Iterator<Integer> failing, IOException failure)
      implements BulkFormat<RowData, FileSourceSplit> {
    static final int NEVER = 9;

    Unsteady(List<Integer> failing) {
      this(failing.iterator(), new SocketException("Connection reset"));
    }

    @Override
    public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split) {
      int fails = failing.next();
      return new BulkFormat.Reader<>() {
        private int batch;

        @Override
        public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
          if (batch == fails) {
            throw failure;
          }
          return batch == 5
              ? null
              : new IteratorResultIterator<>(
                  List.<RowData>of(GenericRowData.of((long) batch, null)).iterator(),
                  CheckpointedPosition.NO_OFFSET,
                  batch++);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split) {
      return createReader(config, split);
    }

    @Override
    public boolean isSplittable() {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return InternalTypeInfo.of(Origin.appendTo(IDS));
    }
  }

  private static byte[] damaged(byte[] whole, int from) {
    byte[] damaged = whole.clone();
    for (int i = from; i < Math.min(whole.length, from + 20); i++) {
      damaged[i] ^= 0x55;
    }
    return damaged;
  }

  private Path texts(String name) throws IOException {
    Path file = directory.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        OutputStream packed =
            name.endsWith(".gz")
                ? new GZIPOutputStream(out)
                : name.endsWith(".bz2")
                    ? new BZip2CompressorOutputStream(out, 1)
                    : name.endsWith(".deflate") ? new DeflaterOutputStream(out) : out) {
      for (int id = 0; id < ROWS; id++) {
        packed.write(
            "{\"id\":%d,\"noise\":\"%x\"}\n".formatted(id, random.nextLong()).getBytes(UTF_8));
      }
    }
    return file;
  }

  private Path parquet() throws IOException {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    hadoop.set("parquet.block.size", "8192");
    hadoop.set("parquet.page.size", "1024");
    hadoop.set("parquet.enable.dictionary", "false");
    Path file = directory.resolve("rows.parquet");
    var path = new org.apache.flink.core.fs.Path(file.toUri());
    try (FSDataOutputStream out =
        path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE)) {
      BulkWriter<RowData> writer =
          ParquetRowDataBuilder.createWriterFactory(IDS, hadoop, true).create(out);
      for (long id = 0; id < ROWS; id++) {
        writer.addElement(GenericRowData.of(id));
      }
      writer.finish();
    }
    return file;
  }

  private static List<BlockMetaData> groups(Path file) throws IOException {
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file))) {
      assertThat(reader.getRowGroups()).hasSizeGreaterThan(3);
      return reader.getRowGroups();
    }
  }

  private static FileSourceSplit split(Path file) throws IOException {
    return split(file, 0, Files.size(file));
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

  private static TextFormat text() throws IOException {
    JsonRowDataDeserializationSchema json =
        new JsonRowDataDeserializationSchema(
            IDS, InternalTypeInfo.of(IDS), false, false, TimestampFormat.SQL);
    return new TextFormat(
        new TextRows(
            new ValueDecoder(json, IDS, false), new FolderColumns(IDS, List.of(), "none"), true),
        Quoting.NONE);
  }

  private static <E> void read(
      BulkFormat<E, FileSourceSplit> format, FileSourceSplit split, Reading reading, Taker<E> taker)
      throws IOException {
    try (BulkFormat.Reader<E> reader =
        split.getReaderPosition().isPresent()
            ? format.restoreReader(new Configuration(), split)
            : format.createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<E> batch;
      while ((batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          taker.take(next.getRecord());
          reading.places.add(new CheckpointedPosition(next.getOffset(), next.getRecordSkipCount()));
        }
        batch.releaseBatch();
      }
    }
  }

  private interface Taker<E> {
    void take(E element);
  }

  private static Reading rows(BulkFormat<RowData, FileSourceSplit> format, FileSourceSplit split)
      throws IOException {
    Reading reading = new Reading();
    read(
        new UpToDamage<>(format, new CorruptRow(ARITY)), split, reading, row -> take(row, reading));
    return reading;
  }

  private static void take(RowData row, Reading reading) {
    DeadLetterRecord letter = DeadLetterRecord.ofUndecoded(Origin.of(row, ARITY - 1));
    if (letter == null) {
      reading.ids.add(row.getLong(0));
    } else {
      reading.letters.add(letter);
    }
  }

  private static Reading columns(int rowsAtOnce, FileSourceSplit split) throws IOException {
    ParquetColumnFormat format =
        new ParquetColumnFormat(
            new DeclaredColumns(IDS, false),
            TypeInformation.of(VectorizedColumnBatch.class),
            rowsAtOnce,
            true,
            true);
    Reading reading = new Reading();
    read(
        new UpToDamage<>(format, new CorruptColumns(ARITY)),
        split,
        reading,
        element -> {
          for (int i = 0; i < Math.max(1, element.getNumRows()); i++) {
            take(new ColumnarRowData(element, i), reading);
          }
        });
    return reading;
  }
}
