package io.tidemill.connectors.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.ValueDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.FileSourceSplitSerializer;
import org.apache.flink.connector.file.src.FileSourceSplitState;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.formats.parquet.row.ParquetRowDataBuilder;
import org.apache.flink.orc.OrcColumnarRowInputFormat;
import org.apache.flink.orc.shim.OrcShim;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.ColumnarRowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hadoop.hive.ql.exec.vector.LongColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.orc.Writer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FilesSplitTest {
  private static final RowType IDS =
      RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"});
  private static final Schema AVRO_IDS =
      SchemaBuilder.record("r").fields().requiredLong("id").endRecord();
  private static final int ORIGIN = 1;

  @TempDir private Path directory;
  private final Random random = new Random();

  /** What is read of files, and in what it comes. */
  private enum Way {
    COLUMNS,
    ROWS_OF_COLUMNS,
    TEXTS,
    AVRO,
    ORC
  }

  /** Gives the records of an element, each with its file, until a number of elements was read. */
  private interface Reads {
    FileSourceSplit read(FileSourceSplit split, int elements, List<String> records)
        throws IOException;
  }

  /** Files with any number of rows, of which some are damaged, and any restarts between. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void whereverReadingIsBrokenOffItGoesOnBehindTheLastRecord(Way way) throws IOException {
    long seed = random.nextLong();
    random.setSeed(seed);
    for (int round = 0; round < 20; round++) {
      List<String> expected = new ArrayList<>();
      List<FileSourceSplit> splits = new ArrayList<>();
      int files = 1 + random.nextInt(8);
      for (int i = 0; i < files; i++) {
        splits.add(file(way, round + "-" + i, random.nextInt(40), expected));
      }
      Reads reads = reads(way, 1 + random.nextInt(60));
      List<String> records = new ArrayList<>();

      FileSourceSplit split = FilesSplit.of(splits);
      for (int restarts = random.nextInt(6); restarts > 0; restarts--) {
        split = restored(reads.read(split, random.nextInt(files + 2), records));
      }
      reads.read(split, Integer.MAX_VALUE, records);

      assertThat(records).as("seed %d, round %d", seed, round).isEqualTo(expected);
    }
  }

  @Test
  void aSplitOfOneFileIsWrittenAndReadAsItIsAlsoFromACheckpointOfFlinks() throws IOException {
    FileSourceSplit one =
        new FileSourceSplit(
            "7",
            new org.apache.flink.core.fs.Path("file:/in/a"),
            1,
            2,
            3,
            4,
            new String[] {"here"},
            new CheckpointedPosition(5, 6));
    FilesSplitSerializer serializer = new FilesSplitSerializer();
    FileSourceSplitSerializer flink = FileSourceSplitSerializer.INSTANCE;

    for (FileSourceSplit read :
        List.of(
            serializer.deserialize(serializer.getVersion(), serializer.serialize(one)),
            serializer.deserialize(flink.getVersion(), flink.serialize(one)))) {
      assertThat(read.getClass()).isEqualTo(FileSourceSplit.class);
      assertThat(read).usingRecursiveComparison().isEqualTo(one);
    }
    assertThatThrownBy(() -> serializer.deserialize(99, new byte[4]))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anOffsetThatNoSmallFileHasIsRefused() {
    assertThatThrownBy(() -> FilesSplit.offset(0, 1L << 40))
        .hasMessage("offset: 1099511627776 (expected: >= -1, < 1099511627774)");
    assertThatThrownBy(() -> FilesSplit.offset(0, -2)).hasMessageStartingWith("offset: -2 (");
  }

  /** As a checkpoint has it. */
  private static FileSourceSplit restored(FileSourceSplit split) throws IOException {
    FilesSplitSerializer serializer = new FilesSplitSerializer();
    return serializer.deserialize(serializer.getVersion(), serializer.serialize(split));
  }

  private FileSourceSplit file(Way way, String name, int rows, List<String> expected)
      throws IOException {
    String kind = way == Way.TEXTS ? ".json.gz" : way == Way.AVRO ? ".avro" : ".columns";
    Path file = directory.resolve(name + kind);
    var path = new org.apache.flink.core.fs.Path(file.toUri());
    if (way == Way.AVRO) {
      try (var records = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(AVRO_IDS))) {
        // So that a file has many blocks.
        records.setSyncInterval(32).create(AVRO_IDS, file.toFile());
        for (long id = 0; id < rows; id++) {
          records.append(new GenericRecordBuilder(AVRO_IDS).set("id", id).build());
          expected.add(path + " " + id);
        }
      }
    } else if (way == Way.TEXTS) {
      try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
        for (long i = 0; i < rows; i++) {
          // Two of a line, as they are told apart by more than its offset.
          out.write("[{\"id\":%d},{\"id\":%d}]\n".formatted(i, i).getBytes(UTF_8));
          expected.add(path + " " + i);
          expected.add(path + " " + i);
        }
      }
    } else {
      org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
      if (way == Way.ORC) {
        TypeDescription ids = TypeDescription.fromString("struct<id:bigint>");
        try (Writer writer =
            OrcFile.createWriter(
                new org.apache.hadoop.fs.Path(file.toUri()),
                OrcFile.writerOptions(hadoop).setSchema(ids))) {
          VectorizedRowBatch batch = ids.createRowBatch();
          for (int id = 0; id < rows; id++) {
            ((LongColumnVector) batch.cols[0]).vector[batch.size++] = id;
          }
          writer.addRowBatch(batch);
        }
      } else {
        try (FSDataOutputStream out =
            path.getFileSystem().create(path, FileSystem.WriteMode.OVERWRITE)) {
          BulkWriter<RowData> writer =
              ParquetRowDataBuilder.createWriterFactory(IDS, hadoop, true).create(out);
          for (long id = 0; id < rows; id++) {
            writer.addElement(GenericRowData.of(id));
          }
          writer.finish();
        }
      }
      if (random.nextInt(5) == 0) {
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        expected.add(path + " corrupt");
      } else {
        for (long id = 0; id < rows; id++) {
          expected.add(path + " " + id);
        }
      }
    }
    long bytes = Files.size(file);
    return new FileSourceSplit(name, path, 0, bytes, 0, bytes);
  }

  private static Reads reads(Way way, int rowsAtOnce) throws IOException {
    ParquetColumnFormat columns =
        new ParquetColumnFormat(
            new DeclaredColumns(IDS, false),
            TypeInformation.of(VectorizedColumnBatch.class),
            rowsAtOnce,
            true,
            true);
    FolderColumns all = new FolderColumns(IDS, List.of(), "none");
    return switch (way) {
      case COLUMNS ->
          (split, elements, records) ->
              read(
                  new JoinedColumns(
                      new FilesFormat<>(
                          new NamedFormat<>(
                              new UpToDamage<>(columns, new CorruptColumns(ORIGIN + 1))))),
                  split,
                  elements,
                  element -> take(element, records));
      case ROWS_OF_COLUMNS -> rows(new OriginRows(new ParquetRows(columns, IDS), all));
      case AVRO -> rows(new OriginRows(new AvroFiles(IDS, false), all));
      case ORC ->
          rows(
              new OriginRows(
                  new OrcFiles(
                      OrcColumnarRowInputFormat.createPartitionedFormat(
                          OrcShim.defaultShim(),
                          new org.apache.hadoop.conf.Configuration(),
                          IDS,
                          List.of(),
                          null,
                          new int[] {0},
                          List.of(),
                          rowsAtOnce,
                          InternalTypeInfo::of),
                      IDS,
                      false),
                  all));
      case TEXTS -> {
        var json =
            new JsonRowDataDeserializationSchema(
                IDS, InternalTypeInfo.of(IDS), false, false, TimestampFormat.SQL);
        yield rows(
            new TextFormat(
                new TextRows(new ValueDecoder(json, IDS, false), all, true), Quoting.NONE));
      }
    };
  }

  private static Reads rows(BulkFormat<RowData, FileSourceSplit> format) {
    return (split, elements, records) ->
        read(
            new FilesFormat<>(
                new NamedFormat<>(new UpToDamage<>(format, new CorruptRow(ORIGIN + 1)))),
            split,
            elements,
            row -> take(row, records));
  }

  private interface Taker<E> {
    void take(E element);
  }

  /** As Flink's source reads them, and keeps in its state where it is. */
  private static <E> FileSourceSplit read(
      BulkFormat<E, FileSourceSplit> format, FileSourceSplit split, int elements, Taker<E> taker)
      throws IOException {
    FileSourceSplitState<FileSourceSplit> state = new FileSourceSplitState<>(split);
    int left = elements;
    assertThat(split.getReaderPosition()).isEmpty();
    try (BulkFormat.Reader<E> reader = format.createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<E> batch = null;
      while (left > 0 && (batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = left > 0 ? batch.next() : null) {
          taker.take(next.getRecord());
          state.setPosition(next.getOffset(), next.getRecordSkipCount());
          left--;
        }
        batch.releaseBatch();
      }
    }
    return state.toFileSourceSplit();
  }

  private static void take(VectorizedColumnBatch element, List<String> records) {
    for (int i = 0; i < Math.max(1, element.getNumRows()); i++) {
      take(new ColumnarRowData(element, i), records);
    }
    FileOrigin.of(element).release();
  }

  private static void take(RowData row, List<String> records) {
    Origin origin = requireNonNull(Origin.of(row, ORIGIN));
    boolean corrupt = DeadLetterRecord.ofUndecoded(origin) != null;
    records.add(
        origin.string(Origin.TOPIC) + " " + (corrupt ? "corrupt" : String.valueOf(row.getLong(0))));
    // Of Avro it is that of the block.
    boolean numbered = !requireNonNull(origin.string(Origin.TOPIC)).endsWith(".avro");
    if (!corrupt && numbered && origin.bytes(Origin.VALUE) == null) {
      assertThat(origin.field(Origin.OFFSET)).isEqualTo(row.getLong(0));
    }
  }
}
