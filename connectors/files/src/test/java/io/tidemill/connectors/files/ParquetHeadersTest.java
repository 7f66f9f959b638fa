package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.ParquetDecodingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the footer of a file and the headers of its pages say of what is not there. */
class ParquetHeadersTest {
  private static final int ROWS = 100;
  private static final RowType ID = type("ROW<id BIGINT>");
  private static final RowType LIST = type("ROW<list ARRAY<INT>>");
  private static final RowType BOTH = type("ROW<id BIGINT, list ARRAY<INT>>");
  private static final RowType WORD = type("ROW<word STRING NOT NULL>");

  @TempDir private Path directory;

  private static RowType type(String type) {
    return (RowType) LogicalTypeParser.parse(type, ParquetHeadersTest.class.getClassLoader());
  }

  private Path write(RowType type, String codec) throws IOException {
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    hadoop.set("parquet.compression", codec);
    hadoop.setBoolean("parquet.enable.dictionary", type.equals(WORD));
    Path file = directory.resolve("rows.parquet");
    var path = new org.apache.flink.core.fs.Path(file.toUri());
    try (FSDataOutputStream out =
        path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE)) {
      var writer = ParquetRowDataBuilder.createWriterFactory(type, hadoop, true).create(out);
      for (long id = 0; id < ROWS; id++) {
        writer.addElement(
            type.equals(WORD)
                ? GenericRowData.of(StringData.fromString("word " + id % 3))
                : type.equals(ID)
                    ? GenericRowData.of(id)
                    : GenericRowData.of(id, new GenericArrayData(new int[] {1, 2})));
      }
      writer.finish();
    }
    return file;
  }

  private static int footerAt(byte[] file) {
    int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(file.length - 8);
    return file.length - 8 - length;
  }

  private static FileMetaData footer(byte[] file) throws IOException {
    return Util.readFileMetaData(
        new ByteArrayInputStream(Arrays.copyOfRange(file, footerAt(file), file.length)));
  }

  private static void write(Path file, byte[] pages, FileMetaData footer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(pages);
    Util.writeFileMetaData(footer, out);
    out.write(
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(out.size() - pages.length)
            .array());
    out.write(pages, 0, 4);
    Files.write(file, out.toByteArray());
  }

  /** Changes what the footer says of the only row group. */
  private static void change(Path file, Consumer<RowGroup> change) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    FileMetaData footer = footer(bytes);
    change.accept(footer.getRow_groups().get(0));
    write(file, Arrays.copyOf(bytes, footerAt(bytes)), footer);
  }

  private static FileSourceSplit split(Path file) throws IOException {
    long bytes = Files.size(file);
    return new FileSourceSplit(
        "1", new org.apache.flink.core.fs.Path(file.toUri()), 0, bytes, 0, bytes);
  }

  private static OriginRows format(RowType columns, boolean checksums) {
    ParquetColumnFormat format =
        new ParquetColumnFormat(
            new DeclaredColumns(columns, false),
            TypeInformation.of(VectorizedColumnBatch.class),
            2_048,
            true,
            checksums);
    return new OriginRows(
        new ParquetRows(format, columns), new FolderColumns(columns, List.of(), "none"));
  }

  private static List<RowData> read(BulkFormat<RowData, FileSourceSplit> format, Path file)
      throws IOException {
    List<RowData> rows = new ArrayList<>();
    try (BulkFormat.Reader<RowData> reader =
        format.createReader(new Configuration(), split(file))) {
      BulkFormat.RecordIterator<RowData> batch;
      while ((batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          rows.add(next.getRecord());
        }
        batch.releaseBatch();
      }
    }
    return rows;
  }

  private static DeadLetterRecord letter(RowData row) {
    return requireNonNull(DeadLetterRecord.ofUndecoded(Origin.of(row, row.getArity() - 1)));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, ROWS - 1, ROWS + 1})
  void aRowGroupMustHaveAsManyRowsAsItsColumnsHaveValues(long rows) throws IOException {
    Path file = write(BOTH, "SNAPPY");
    change(file, group -> group.setNum_rows(rows));

    assertThatThrownBy(() -> read(format(BOTH, true), file))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessage(
            "file:%s: row group 0: column 'id': 100 values (expected: %d, the rows of the group; the file is damaged)",
            file, rows);
  }

  @Test
  void aColumnOfListsHasNoFewerValuesThanRows() throws IOException {
    Path file = write(BOTH, "SNAPPY");
    assertThat(read(format(LIST, true), file)).hasSize(ROWS);
    change(file, group -> group.setNum_rows(2 * ROWS + 1));

    assertThatThrownBy(() -> read(format(LIST, true), file))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessage(
            "file:%s: row group 0: column 'list': 200 values (expected: 201 or more, the rows of the group; the file is damaged)",
            file);
  }

  @ParameterizedTest
  @CsvSource({"0, id", "1, list"})
  void aColumnThatARowGroupLacksIsNamed(int column, String name) throws IOException {
    Path file = write(BOTH, "SNAPPY");
    change(file, group -> group.getColumns().remove(column));

    assertThatThrownBy(() -> read(format(BOTH, true), file))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessage(
            "file:%s: row group 0 has no column '%s' (the file is damaged)".formatted(file, name));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1L << 20, 1L << 40, Long.MAX_VALUE})
  void aColumnMustEndWithinTheFile(long size) throws IOException {
    Path file = write(ID, "SNAPPY");
    change(file, group -> group.getColumns().get(0).getMeta_data().setTotal_compressed_size(size));

    assertThatThrownBy(() -> read(format(ID, true), file))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessage(
            "file:%s: row group 0: column 'id': %d bytes from byte 4 on (expected: within the file's %d; the file is damaged)",
            file, size, Files.size(file));
  }

  /** A file whose only page says that it has far more than there is. */
  private Path oversized(String codec, Consumer<ColumnMetaData> column) throws IOException {
    Path file = write(ID, codec);
    byte[] bytes = Files.readAllBytes(file);
    ByteArrayInputStream in = new ByteArrayInputStream(bytes, 4, bytes.length - 4);
    PageHeader header = Util.readPageHeader(in);
    int page = bytes.length - in.available();
    ByteArrayOutputStream pages = new ByteArrayOutputStream();
    pages.write(bytes, 0, 4);
    Util.writePageHeader(header.setUncompressed_page_size(Integer.MAX_VALUE), pages);
    pages.write(bytes, page, header.getCompressed_page_size());
    FileMetaData footer = footer(bytes);
    ColumnMetaData only = footer.getRow_groups().get(0).getColumns().get(0).getMeta_data();
    only.setTotal_compressed_size(pages.size() - 4);
    column.accept(only);
    write(file, pages.toByteArray(), footer);
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"GZIP", "ZSTD", "LZ4"})
  void aPageThatSaysItHasMoreThanItsColumnIsDamage(String codec) throws IOException {
    Path file = oversized(codec, column -> {});

    assertThatThrownBy(() -> read(format(ID, true), file))
        .isInstanceOf(ParquetDecodingException.class)
        .hasMessageStartingWith("file:" + file + ": row group 0: column 'id': a page of 2147483647")
        .hasMessageContaining("memory");
    List<RowData> rows = read(new UpToDamage<>(format(ID, true), new CorruptRow(2)), file);
    assertThat(rows).hasSize(1);
    assertThat(letter(rows.get(0)).message())
        .startsWith("file:" + file + ": corrupt at row 0, in row group 0: ");
  }

  @Test
  void aPageThatItsFooterKnowsToBeLargerThanTheHeapIsNoDamage() throws IOException {
    Path file = oversized("GZIP", column -> column.setTotal_uncompressed_size(1L << 40));

    assertThatThrownBy(() -> read(new UpToDamage<>(format(ID, true), new CorruptRow(2)), file))
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith(
            "file:"
                + file
                + ": row group 0: column 'id': a page of 2147483647 bytes with its values does")
        .hasMessageEndingWith("(expected: more heap for the task; or smaller row groups)");
  }

  /** Values of a dictionary are looked up when the row is copied, by when its batch is read. */
  @Test
  void aLetterSaysWhichRowDoesNotDecode() throws IOException {
    Path file = write(WORD, "UNCOMPRESSED");
    byte[] bytes = Files.readAllBytes(file);
    int at =
        (int)
            footer(bytes)
                .getRow_groups()
                .get(0)
                .getColumns()
                .get(0)
                .getMeta_data()
                .getData_page_offset();
    ByteArrayInputStream in = new ByteArrayInputStream(bytes, at, bytes.length - at);
    Util.readPageHeader(in);
    int page = bytes.length - in.available();
    assertThat(bytes[page]).as("bits of an id").isEqualTo((byte) 2);
    // Behind these bits and the length of the run; four ids in a byte, and this is the second.
    bytes[page + 2 + 37 / 4] |= (byte) (3 << 2);
    Files.write(file, bytes);

    List<RowData> rows = read(new UpToDamage<>(format(WORD, false), new CorruptRow(2)), file);

    assertThat(rows).hasSize(38);
    DeadLetterRecord letter = letter(rows.get(37));
    assertThat(letter.message()).startsWith("file:" + file + ": corrupt at row 37: ");
    assertThat(letter.offset()).isEqualTo(37);
  }
}
