package io.tidemill.connectors.files;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.connectors.record.RecordFailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.CheckpointedPosition;
import org.apache.flink.orc.OrcColumnarRowInputFormat;
import org.apache.flink.orc.shim.OrcShim;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.hadoop.hive.ql.exec.vector.LongColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.orc.Writer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrcFilesTest {
  private static final int COUNT = 1_000;
  private static final int BATCH = 100;
  private static final RowType ID = row(new IntType(), "id");

  @TempDir private Path directory;

  private record Reading(List<Integer> ids, List<CheckpointedPosition> places) {}

  @Test
  void readingGoesOnBehindAnyRecordAndKnowsItsPlace() throws IOException {
    FileSourceSplit split = split("struct<id:int>", COUNT);
    Reading all = read(split);
    assertThat(all.ids).isEqualTo(ids(0));
    for (int i = 0; i < COUNT; i += 37) {
      Reading rest = read(split.updateWithCheckpointedPosition(all.places.get(i)));

      assertThat(rest.ids).isEqualTo(ids(i + 1));
    }
  }

  private static List<Integer> ids(int from) {
    return IntStream.range(from, COUNT).boxed().toList();
  }

  /** Each record has its number, and has its place by it. */
  private static Reading read(FileSourceSplit split) throws IOException {
    Reading read = new Reading(new ArrayList<>(), new ArrayList<>());
    OrcFiles files = files(ID, false);
    try (BulkFormat.Reader<RowData> reader =
        split.getReaderPosition().isPresent()
            ? files.restoreReader(new Configuration(), split)
            : files.createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<RowData> batch;
      while ((batch = reader.readBatch()) != null) {
        for (var next = batch.next(); next != null; next = batch.next()) {
          int id = next.getRecord().getInt(0);
          assertThat(((PlacesRecords) reader).offset(next)).isEqualTo(id);
          read.ids.add(id);
          read.places.add(new CheckpointedPosition(next.getOffset(), next.getRecordSkipCount()));
        }
        batch.releaseBatch();
      }
    }
    return read;
  }

  @Test
  void columnsBeyondThoseThatHiveHasNumberedAreNamedUnlessFilesMayLackSome() throws IOException {
    FileSourceSplit split = split("struct<_col0:int>", 1);
    for (boolean nullable : new boolean[] {true, false}) {
      RowType declared =
          RowType.of(
              new LogicalType[] {new IntType(), new IntType(nullable)},
              new String[] {"id", "later"});

      assertLacks(declared, !nullable, split, "column 'later': not in the file (there: _col0)");
    }
    files(
            RowType.of(
                new LogicalType[] {new IntType(), new IntType()}, new String[] {"id", "later"}),
            true)
        .createReader(new Configuration(), split)
        .close();
    files(ID, false).createReader(new Configuration(), split).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s", "array<%s>", "map<string,%s>"})
  void aColumnThatARowOfTheFileLacksIsNamedUnlessFilesMayLackSome(String type) throws IOException {
    RowType pay = row(new IntType(), "amount");
    LogicalType within =
        type.startsWith("array")
            ? new ArrayType(pay)
            : type.startsWith("map")
                ? new MapType(new VarCharType(VarCharType.MAX_LENGTH), pay)
                : pay;
    RowType declared = row(within, "pay");
    FileSourceSplit split = split("struct<pay:%s>".formatted(type.formatted("struct<sum:int>")), 0);

    assertLacks(declared, false, split, "column 'pay.amount': not in the file (there: pay.sum)");
    files(declared, true).createReader(new Configuration(), split).close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          string; INT; id
          bigint; INT; id
          int; STRING; id
          double; FLOAT; id
          bigint; DOUBLE; id
          string; CHAR(3); id
          varchar(20); VARCHAR(3); id
          timestamp; DATE; id
          decimal(10,2); DECIMAL(9, 2); id
          decimal(9,3); DECIMAL(20, 2); id
          array<bigint>; ARRAY<INT>; id
          map<int,int>; MAP<STRING, INT>; id
          map<string,string>; MAP<STRING, INT>; id
          struct<a:array<string>>; ROW<a ARRAY<DOUBLE>>; id.a
          struct<a:string>; ARRAY<STRING>; id
          """)
  void aColumnOfAnotherTypeIsNamedWithBoth(String inFile, String declared, String column)
      throws IOException {
    FileSourceSplit split = split("struct<id:%s>".formatted(inFile), 0);
    LogicalType type = type(declared);
    assertThatThrownBy(
            () -> files(row(type, "id"), true).createReader(new Configuration(), split).close())
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith("%s: column '%s': '", split.path(), column)
        .hasMessageContaining("' (expected: what is read as ")
        .hasMessageEndingWith(", as it is declared; declare it as it is in the file)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          tinyint; SMALLINT
          smallint; INT
          int; BIGINT
          tinyint; BIGINT
          float; DOUBLE
          int; DOUBLE
          smallint; FLOAT
          varchar(3); STRING
          char(3); VARCHAR(9)
          decimal(9,2); DECIMAL(11, 3)
          timestamp; TIMESTAMP(3)
          array<tinyint>; ARRAY<BIGINT>
          """)
  void aColumnOfAWiderTypeIsRead(String inFile, String declared) throws IOException {
    FileSourceSplit split = split("struct<id:%s>".formatted(inFile), 0);

    files(row(type(declared), "id"), false).createReader(new Configuration(), split).close();
  }

  @Test
  void numbersAreReadAsThoseOfAWiderType() throws IOException {
    FileSourceSplit split = split("struct<id:int>", 3);
    List<Long> read = new ArrayList<>();

    try (BulkFormat.Reader<RowData> reader =
        files(row(new BigIntType(), "id"), false).createReader(new Configuration(), split)) {
      BulkFormat.RecordIterator<RowData> batch = requireNonNull(reader.readBatch());
      for (var next = batch.next(); next != null; next = batch.next()) {
        read.add(next.getRecord().getLong(0));
      }
    }

    assertThat(read).containsExactly(0L, 1L, 2L);
  }

  private static LogicalType type(String type) {
    return LogicalTypeParser.parse(type, OrcFilesTest.class.getClassLoader());
  }

  private static void assertLacks(
      RowType declared, boolean mayLackColumns, FileSourceSplit split, String message) {
    assertThatThrownBy(
            () -> files(declared, mayLackColumns).createReader(new Configuration(), split).close())
        .isInstanceOf(RecordFailureException.class)
        .hasMessageStartingWith("%s: %s", split.path(), message);
  }

  private static OrcFiles files(RowType columns, boolean mayLackColumns) {
    return new OrcFiles(
        OrcColumnarRowInputFormat.createPartitionedFormat(
            OrcShim.defaultShim(),
            new org.apache.hadoop.conf.Configuration(),
            columns,
            List.of(),
            null,
            IntStream.range(0, columns.getFieldCount()).toArray(),
            List.of(),
            BATCH,
            InternalTypeInfo::of),
        columns,
        mayLackColumns);
  }

  private static RowType row(LogicalType type, String name) {
    return RowType.of(new LogicalType[] {type}, new String[] {name});
  }

  /** A whole file, whose first column has the numbers from 0. */
  private FileSourceSplit split(String schema, int count) throws IOException {
    Path file = directory.resolve("rows.orc");
    TypeDescription types = TypeDescription.fromString(schema);
    try (Writer writer =
        OrcFile.createWriter(
            new org.apache.hadoop.fs.Path(file.toUri()),
            OrcFile.writerOptions(new org.apache.hadoop.conf.Configuration()).setSchema(types))) {
      VectorizedRowBatch batch = types.createRowBatch();
      for (int i = 0; i < count; i++) {
        ((LongColumnVector) batch.cols[0]).vector[batch.size++] = i;
      }
      writer.addRowBatch(batch);
    }
    return new FileSourceSplit(
        "split",
        new org.apache.flink.core.fs.Path(file.toUri()),
        0,
        Files.size(file),
        0,
        Files.size(file));
  }
}
